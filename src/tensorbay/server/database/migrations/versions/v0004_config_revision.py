"""Revisions of storage configs; their options as in the bodies of `v2/storage-configs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("storage_config") as batch:
        batch.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    connection = op.get_bind()
    config = sa.table("storage_config", sa.column("id"), sa.column("kind"), sa.column("options"))
    for row in connection.execute(sa.select(config)).all():
        options = _options(row.kind, json.loads(row.options))
        connection.execute(config.update().where(config.c.id == row.id).values(options=json.dumps(options)))


def _options(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    if kind == "local":
        return {"endpoint": Path(options["folder"]).as_uri()}
    if kind == "s3":
        return {
            "endpoint": options["endpoint"],
            "bucketName": options["bucket"],
            "credentials": {"type": "accessKey", "keyId": options["access_key_id"]},
        }
    return options
