"""The whole schema. `migrations/` leads older databases to it; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "Id",
    "Name",
    "access_key",
    "benchmark",
    "branch",
    "commit",
    "content",
    "dataset",
    "dataset_config",
    "draft",
    "evaluation",
    "job",
    "metadata",
    "page",
    "page_statistics",
    "run",
    "segment",
    "server_secret",
    "storage_config",
    "tag",
    "team",
    "tree",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Compared and sorted by code point everywhere: SQLite does so by itself, PostgreSQL would ask the locale.
Name = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite numbers rows by itself only where the type is exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

# --- accounts and storage -------------------------------------------------------------------------------------

team = Table(
    "team",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
)

access_key = Table(
    "access_key",
    metadata,
    Column("key_hash", Text, primary_key=True),  # SHA-256 of the key, hex; the key itself is never stored
    Column("name", Name, nullable=False),
    Column("team_id", ForeignKey("team.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", Float(53), nullable=False),
)

storage_config = Table(
    "storage_config",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", ForeignKey("team.id", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("kind", Text, nullable=False),
    Column("file_path", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON, nothing secret
    Column("secrets", LargeBinary),  # encrypted
    Column("is_managed", Boolean, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),  # grows with each update
    UniqueConstraint("team_id", "name"),
)

# What all servers of this database share and nobody else may know.
server_secret = Table(
    "server_secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # encrypted
)

# --- datasets and their history -------------------------------------------------------------------------------

dataset = Table(
    "dataset",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("name", Name, nullable=False),
    Column("type", Integer, nullable=False),
    Column("alias", Text, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("default_branch", Name, nullable=False),
    Column("config_id", Text),
    Column("draft_count", Integer, nullable=False),  # the number of the newest draft; numbers are never reused
    Column("created", Float(53), nullable=False),
    Column("updated", BigInteger, nullable=False),
    UniqueConstraint("team_id", "name"),
)

# Storage configs that entries of any version refer to: grows with posts and copies, shrinks never.
dataset_config = Table(
    "dataset_config",
    metadata,
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("config_id", Text, primary_key=True, index=True),
)

# What a commit or a draft holds. Committing hands the draft's row to the commit as it is.
content = Table(
    "content",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("catalog", LargeBinary, nullable=False),  # JSON, byte-exact
    Column("notes", Text, nullable=False),  # JSON
    sqlite_autoincrement=True,
)

segment = Table(
    "segment",
    metadata,
    Column("content_id", ForeignKey("content.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("description", Text, nullable=False),
    Column("sensors", LargeBinary, nullable=False),  # JSON object: sensor name -> sensor, each byte-exact
    Column("tree", ForeignKey("tree.hash"), index=True),  # null: no entries
)

# Entries posted to a draft and not merged into its tree yet, one row a batch, in arrival order.
run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("content_id", Id, nullable=False),
    Column("segment", Name, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first", Name, nullable=False),
    Column("last", Name, nullable=False),
    Column("removes", Boolean, nullable=False),  # has entries to be removed
    Column("data", LargeBinary, nullable=False),
    ForeignKeyConstraint(["content_id", "segment"], ["segment.content_id", "segment.name"], ondelete="CASCADE"),
    Index(None, "content_id", "segment"),
    sqlite_autoincrement=True,  # ids are never reused: a merge deletes exactly the runs it has read
)

commit = Table(
    "commit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("parent_id", Text, nullable=False),
    Column("height", Integer, nullable=False),  # the number of commits from the root to this one
    Column("content_id", ForeignKey("content.id"), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("committer", Text, nullable=False),
    Column("created", Float(53), nullable=False),
)

branch = Table(
    "branch",
    metadata,
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("commit_id", Text, nullable=False),
)

tag = Table(
    "tag",
    metadata,
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("commit_id", Text, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("branch", Name, nullable=False),
    Column("parent_id", Text, nullable=False),  # the head of the branch when the draft was made
    Column("status", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("updated", Float(53), nullable=False),
    Column("content_id", ForeignKey("content.id"), index=True),  # null once closed
)

Index(
    "uq_draft_open",
    draft.c.dataset_id,
    draft.c.branch,
    unique=True,
    sqlite_where=text("status = 'OPEN'"),
    postgresql_where=text("status = 'OPEN'"),
)

# --- immutable, content addressed, shared by all versions of all datasets -------------------------------------

tree = Table(
    "tree",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),  # of the files its entries point at, bytes
    Column("touched", Float(53), nullable=False),
    Column("data", LargeBinary, nullable=False),
)

page = Table(
    "page",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("touched", Float(53), nullable=False),  # last time a merge wrote it, or found it written already
    Column("data", LargeBinary, nullable=False),
)

# Counted from a page once, when they are first asked for.
page_statistics = Table(
    "page_statistics",
    metadata,
    Column("hash", ForeignKey("page.hash", ondelete="CASCADE"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# --- work that outlives a request -----------------------------------------------------------------------------

job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("dataset_id", ForeignKey("dataset.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("author", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("created", Float(53), nullable=False),
    Column("started", Float(53)),
    Column("finished", Float(53)),
    Column("error", Text, nullable=False),
    Column("result", Text),  # JSON
    Column("progress", Text),  # JSON: what is to be cleared away when the work begins anew
    Column("owner", Text),  # who works on it ...
    Column("lease", Float(53), nullable=False),  # ... until then
)

# --- benchmarks -----------------------------------------------------------------------------------------------

# It outlives its ground truth: what was evaluated stays true.
benchmark = Table(
    "benchmark",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", ForeignKey("team.id", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("dataset_id", Text, nullable=False),
    Column("commit_id", Text, nullable=False),
    Column("categories", Text),  # JSON; null: those that the ground truth has
    Column("iou_threshold", Float(53), nullable=False),
    Column("created", Float(53), nullable=False),
    UniqueConstraint("team_id", "name"),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("job_id", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("benchmark_id", ForeignKey("benchmark.id", ondelete="CASCADE"), nullable=False, index=True),
)
