"""Statistics of pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "page_statistics",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["page.hash"], name="fk_page_statistics_hash_page", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name="pk_page_statistics"),
    )
