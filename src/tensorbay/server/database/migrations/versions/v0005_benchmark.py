"""Benchmarks and their evaluations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "benchmark",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("name", name, nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=True),
        sa.Column("iou_threshold", sa.Float(precision=53), nullable=False),
        sa.Column("created", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_benchmark_team_id_team", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_benchmark"),
        sa.UniqueConstraint("team_id", "name", name="uq_benchmark_team_id_name"),
    )
    op.create_table(
        "evaluation",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("benchmark_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_evaluation_job_id_job", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmark.id"], name="fk_evaluation_benchmark_id_benchmark", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_evaluation"),
    )
    op.create_index("ix_evaluation_benchmark_id", "evaluation", ["benchmark_id"], unique=False)
