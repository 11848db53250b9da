"""Transcribed speech."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorbay._util.codec import ANY, BOOLEAN, INTEGER, NUMBER, STRING, list_of
from tensorbay._util.record import ABSENT, Field, Record, records
from tensorbay.label.basic import SubcatalogBase
from tensorbay.label.supports import AttributesMixin

__all__ = ["LabeledSentence", "SentenceSubcatalog", "Word"]


class SentenceSubcatalog(SubcatalogBase, AttributesMixin):
    """`is_sample`: times are in samples at `sample_rate`. `lexicon`: words, each followed by its phones."""

    is_sample = Field(BOOLEAN, default=False)
    sample_rate = Field(INTEGER, default=ABSENT)
    lexicon = Field(list_of(list_of(STRING)), default=ABSENT)

    def __init__(
        self,
        is_sample: bool = False,
        sample_rate: int | None = None,
        lexicon: list[list[str]] | None = None,
    ) -> None:
        super().__init__()
        if is_sample and sample_rate is None:
            raise TypeError("Require 'sample_rate' to init SentenceSubcatalog when is_sample is True")
        self.is_sample = is_sample
        if sample_rate is not None:
            self.sample_rate = sample_rate
        if lexicon:
            self.lexicon = lexicon

    def append_lexicon(self, lexemes: list[str]) -> None:
        if not hasattr(self, "lexicon"):
            self.lexicon = []
        self.lexicon.append(lexemes)


class Word(Record):
    """A word (or letter, or phone), and if known when it begins and ends."""

    __slots__ = ("_begin", "_end", "_text")

    _repr_attrs = ("text", "begin", "end")

    text = Field(STRING)
    begin = Field(NUMBER, default=ABSENT)
    end = Field(NUMBER, default=ABSENT)

    def __init__(self, text: str, begin: float | None = None, end: float | None = None) -> None:
        self._text = text
        self._begin = ABSENT if begin is None else begin
        self._end = ABSENT if end is None else end


_WORDS = records(Word)


class LabeledSentence(Record):
    """The words, and if known the letters and the phones, of one utterance."""

    __slots__ = ("_attributes", "_category", "_instance", "_phone", "_sentence", "_spell")

    _repr_attrs = ("sentence", "spell", "phone", "attributes")
    _repr_maxlevel = 3

    category = Field(STRING, default=ABSENT)
    attributes: Field[dict[str, Any]] = Field(ANY, default=ABSENT)
    instance = Field(STRING, default=ABSENT)
    sentence = Field(_WORDS, default=ABSENT)
    spell = Field(_WORDS, default=ABSENT)
    phone = Field(_WORDS, default=ABSENT)

    def __init__(
        self,
        sentence: Iterable[Word] | None = None,
        spell: Iterable[Word] | None = None,
        phone: Iterable[Word] | None = None,
        *,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        self._sentence = list(sentence or ()) or ABSENT
        self._spell = list(spell or ()) or ABSENT
        self._phone = list(phone or ()) or ABSENT
        self._attributes = attributes or ABSENT

    @staticmethod
    def _load_word(contents: Any) -> list[Word]:
        return _WORDS.load(contents)
