from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tensorbay.client import _generate
from tensorbay.client._generate import GenerateError, Layout, check, generate

ROOT = Path(__file__).parents[2]
SAMPLE = Layout("tests.client.sample_core", "tests.client.sample_facade", ROOT)
REAL = _generate.LAYOUT


def twin(source: str) -> str:
    """The facade's text for a core of one module."""
    layout = Layout("core", "facade", ROOT)
    return generate(layout, {"thing": f'from tensorbay.aio.lazy import AsyncPager\n__all__ = ["AsyncX"]\n{source}'})[
        "thing.py"
    ]


@pytest.fixture
def copy(tmp_path: Path) -> Layout:
    """The sample and its facade in a folder that a test may spoil."""
    shutil.copytree(ROOT / "tests" / "client", tmp_path / "tests" / "client")
    return Layout(SAMPLE.core, SAMPLE.facade, tmp_path)


def test_the_sample_is_translated_as_committed() -> None:
    assert check(SAMPLE) == []


def test_the_facade_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(REAL) == []
    assert _generate.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_writing_again_changes_nothing(copy: Layout) -> None:
    folder = copy.folder(copy.facade)
    before = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    _generate.write(copy)
    assert {path.name: path.read_bytes() for path in folder.glob("*.py")} == before


def test_check_finds_a_truncated_file(copy: Layout) -> None:
    path = copy.folder(copy.facade) / "shelf.py"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    assert check(copy) == [f"{path} is not what the generator writes"]


def test_check_finds_a_hand_edit(copy: Layout) -> None:
    path = copy.folder(copy.facade) / "shelf.py"
    path.write_text(path.read_text() + "\n")
    assert check(copy) == [f"{path} is not what the generator writes"]


def test_check_finds_a_missing_file(copy: Layout) -> None:
    path = copy.folder(copy.facade) / "values.py"
    path.unlink()
    assert check(copy) == [f"{path} is missing"]


def test_check_finds_a_stray_file_but_leaves_hand_written_ones_alone(copy: Layout) -> None:
    path = copy.folder(copy.facade) / "gone.py"
    shutil.copy(path.with_name("values.py"), path)
    path.with_name("own.py").write_text("own = 1\n")
    assert check(copy) == [f"{path} says it is generated, but has no source"]


def test_check_finds_a_core_that_moved_on(copy: Layout) -> None:
    path = copy.folder(copy.core) / "shelf.py"
    path.write_text(path.read_text().replace("async def get_blob(self, path:", "async def fetch_blob(self, path:"))
    assert check(copy) == [f"{copy.folder(copy.facade) / 'shelf.py'} is not what the generator writes"]


def test_a_signature_and_a_call_are_laid_out_like_ruff_does() -> None:
    parameters = ", ".join(f"long_parameter_number_{number}: int = {number}" for number in range(3))
    lines = twin(f"class AsyncX:\n    async def do(self, {parameters}) -> None: ...").splitlines()
    start = lines.index("    def do(")
    assert lines[start + 1].startswith("        self, long_parameter_number_0: int = 0, ")
    assert lines[start + 2] == "    ) -> None:"

    parameters = ", ".join(f"parameter_number_{number}: int = {number}" for number in range(9))
    lines = twin(f"class AsyncX:\n    async def do(self, {parameters}) -> None: ...").splitlines()
    start = lines.index("    def do(")
    assert lines[start + 1] == "        self,"
    assert lines[start + 10] == "        parameter_number_8: int = 8,"
    assert lines[start + 11] == "    ) -> None:"
    assert lines[start + 12] == "        self._call("
    assert lines[start + 13] == "            self._core.do,"


def test_strings_keep_their_value() -> None:
    source = """
class AsyncX:
    async def do(self, a: str = 'it\\'s "x"', b: str = '', c: str = "\\\\n'", d: bytes = b'x') -> None: ...
"""
    (original,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.AsyncFunctionDef)]
    (written,) = [node for node in ast.walk(ast.parse(twin(source))) if isinstance(node, ast.FunctionDef)]
    assert ast.unparse(written.args) == ast.unparse(original.args)


def test_docstrings_speak_of_the_facade() -> None:
    text = twin(
        '''
class AsyncX:
    """An AsyncX.

    `async with AsyncX() as x: await x.do()`; an AsyncIterator is no client.
    """
'''
    )
    assert '"""An X.\n\n    `with X() as x: x.do()`; an AsyncIterator is no client.\n    """' in text


def test_quoted_annotations_are_read() -> None:
    assert "def do(self) -> PagingList[X]:" in twin(
        'class AsyncX:\n    def do(self) -> "AsyncPager[AsyncX]": return self.pager'
    )


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("async def items(self) -> AsyncIterator[int]: yield 1", "thing.AsyncX.items: return an AsyncPager"),
        ("async def do(self): pass", "thing.AsyncX.do: it has no return annotation"),
        ("def __aiter__(self) -> int: return 1", "thing.AsyncX.__aiter__: this special method has no sync twin"),
        ("@cache\n    def do(self) -> int: return 1", "thing.AsyncX.do: the decorator cache is unknown"),
        ("@property\n    async def do(self) -> int: return 1", "thing.AsyncX.do: a property can't be awaited"),
        ("@staticmethod\n    async def do() -> int: return 1", "thing.AsyncX.do: make it a classmethod"),
        ("async def do(self) -> Unknown: pass", "thing: the name Unknown comes from nowhere"),
        ("do = 1", "thing.AsyncX.line 4: only methods and annotated attributes"),
    ],
)
def test_what_can_not_be_translated_is_an_error(member: str, message: str) -> None:
    with pytest.raises(GenerateError, match=f"^{message}"):
        twin(f"class AsyncX:\n    {member}")


def test_what_is_internal_to_the_core_is_kept_out_of_the_interface() -> None:
    source = "from core._session import Session\nclass AsyncX:\n    async def do(self, session: Session) -> None: ..."
    with pytest.raises(GenerateError, match="Session is internal to the core"):
        twin(source)
    made_by_the_core = source.replace("async def do", "def __init__")
    assert "def __init__" not in twin(made_by_the_core)


def test_a_module_without_all_is_an_error() -> None:
    with pytest.raises(GenerateError, match=r"core\.thing has no __all__"):
        generate(Layout("core", "facade", ROOT), {"thing": "x = 1"})


def test_the_generator_runs_when_the_facade_is_broken() -> None:
    script = """
import sys
for name in ("tensorbay.aio", "tensorbay.client.gas", "tensorbay.client._facade"):
    sys.modules[name] = None
from tensorbay.client._generate import main
sys.exit(main(["--check"]))
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
