from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay.server.index._benchmarks import Benchmarks
from tensorbay.server.index._branches import Branches
from tensorbay.server.index._changes import Changes
from tensorbay.server.index._commits import Commits
from tensorbay.server.index._datasets import Datasets
from tensorbay.server.index._documents import Documents
from tensorbay.server.index._drafts import Drafts
from tensorbay.server.index._flush import Flusher
from tensorbay.server.index._frames import Frames
from tensorbay.server.index._jobs import Jobs
from tensorbay.server.index._pages import PageStore
from tensorbay.server.index._prune import Pruned, prune
from tensorbay.server.index._segments import Segments
from tensorbay.server.index._statistics import Statistics
from tensorbay.server.index._transfers import Transfers

if TYPE_CHECKING:
    from typing_extensions import Self

    from tensorbay.server.database import Database

DAY = 86400.0


class Contents(Segments, Frames, Transfers, Documents, Changes, Statistics):
    """What versions hold: segments and their entries, catalog, notes, sensors.

    A draft reads as a commit does: what was posted is merged into its pages first.
    """


class Versions(Drafts, Commits, Branches):
    """Drafts become commits; branches and tags point at commits, and a branch follows those made on it."""


class Index:
    """Datasets, their versions and what these hold, in one database that other processes may use too."""

    def __init__(self, database: Database) -> None:
        self._database = database
        pages = PageStore(database)
        flusher = Flusher(database, pages)
        self.datasets = Datasets(database)
        self.versions = Versions(database, flusher)
        self.jobs = Jobs(database)
        self.benchmarks = Benchmarks(database)
        self.contents = Contents(database, pages, flusher)

    @classmethod
    async def open(cls, database: Database) -> Self:
        """The database stays its owner's to close."""
        return cls(database)

    async def prune(self, *, grace: float = DAY) -> Pruned:
        """Deletes pages and trees that no version refers to and that nothing has used for `grace` seconds.

        The grace is for merges under way: their pages have no owner until they end.
        """
        return await prune(self._database, grace=grace)
