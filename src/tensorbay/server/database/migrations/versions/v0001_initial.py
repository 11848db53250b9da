"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("default_branch", NAME, nullable=False),
        sa.Column("config_id", sa.Text(), nullable=True),
        sa.Column("draft_count", sa.Integer(), nullable=False),
        sa.Column("created", sa.Float(precision=53), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dataset"),
        sa.UniqueConstraint("team_id", "name", name="uq_dataset_team_id_name"),
    )
    op.create_table(
        "page",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("touched", sa.Float(precision=53), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_page"),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
        sa.UniqueConstraint("name", name="uq_team_name"),
    )
    op.create_table(
        "tree",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("touched", sa.Float(precision=53), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_tree"),
    )
    op.create_table(
        "access_key",
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_access_key_team_id_team", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_hash", name="pk_access_key"),
    )
    op.create_index("ix_access_key_team_id", "access_key", ["team_id"], unique=False)
    op.create_table(
        "branch",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name="fk_branch_dataset_id_dataset", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "name", name="pk_branch"),
    )
    op.create_table(
        "content",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("catalog", sa.LargeBinary(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name="fk_content_dataset_id_dataset", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_content"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_content_dataset_id", "content", ["dataset_id"], unique=False)
    op.create_table(
        "dataset_config",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("config_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name="fk_dataset_config_dataset_id_dataset", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "config_id", name="pk_dataset_config"),
    )
    op.create_index("ix_dataset_config_config_id", "dataset_config", ["config_id"], unique=False)
    op.create_table(
        "storage_config",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_path", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("is_managed", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_storage_config_team_id_team", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_storage_config"),
        sa.UniqueConstraint("team_id", "name", name="uq_storage_config_team_id_name"),
    )
    op.create_table(
        "tag",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name="fk_tag_dataset_id_dataset", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "name", name="pk_tag"),
    )
    op.create_table(
        "commit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content_id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("committer", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name="fk_commit_content_id_content"),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name="fk_commit_dataset_id_dataset", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_commit"),
        sa.UniqueConstraint("content_id", name="uq_commit_content_id"),
    )
    op.create_index("ix_commit_dataset_id", "commit", ["dataset_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("branch", NAME, nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(precision=53), nullable=False),
        sa.Column("updated", sa.Float(precision=53), nullable=False),
        sa.Column("content_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name="fk_draft_content_id_content"),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name="fk_draft_dataset_id_dataset", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dataset_id", "number", name="pk_draft"),
    )
    op.create_index("ix_draft_content_id", "draft", ["content_id"], unique=False)
    op.create_index(
        "uq_draft_open",
        "draft",
        ["dataset_id", "branch"],
        unique=True,
        sqlite_where=sa.text("status = 'OPEN'"),
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_table(
        "segment",
        sa.Column("content_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sensors", sa.LargeBinary(), nullable=False),
        sa.Column("tree", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name="fk_segment_content_id_content", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tree"], ["tree.hash"], name="fk_segment_tree_tree"),
        sa.PrimaryKeyConstraint("content_id", "name", name="pk_segment"),
    )
    op.create_index("ix_segment_tree", "segment", ["tree"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("content_id", ID, nullable=False),
        sa.Column("segment", NAME, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first", NAME, nullable=False),
        sa.Column("last", NAME, nullable=False),
        sa.Column("removes", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id", "segment"],
            ["segment.content_id", "segment.name"],
            name="fk_run_content_id_segment_segment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_run_content_id_segment", "run", ["content_id", "segment"], unique=False)
