"""The SQL database: schema, transactions, migrations. SQLite or PostgreSQL, one code path."""

from tensorbay.server.database._database import Database
from tensorbay.server.database._tables import (
    access_key,
    branch,
    commit,
    content,
    dataset,
    dataset_config,
    draft,
    job,
    metadata,
    page,
    page_statistics,
    run,
    segment,
    storage_config,
    tag,
    team,
    tree,
)
from tensorbay.server.database._upsert import upsert, upsert_rows

__all__ = [
    "Database",
    "access_key",
    "branch",
    "commit",
    "content",
    "dataset",
    "dataset_config",
    "draft",
    "job",
    "metadata",
    "page",
    "page_statistics",
    "run",
    "segment",
    "storage_config",
    "tag",
    "team",
    "tree",
    "upsert",
    "upsert_rows",
]
