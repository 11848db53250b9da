from __future__ import annotations

from functools import partial
from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["ClientSettings"]


class ClientSettings(BaseSettings):
    """Every setting of the client. Each is read from the environment variable `TENSORBAY_<NAME>`.

    Arguments of `GAS(...)` go before the environment.
    """

    model_config = SettingsConfigDict(env_prefix="TENSORBAY_", frozen=True, extra="ignore", env_ignore_empty=True)

    url: str = Field(default="", description="Server to use; `file:///folder` names an embedded home; empty: embedded.")
    access_key: SecretStr = Field(default=SecretStr(""), description="Access key for the server.")
    home: Path = Field(
        default_factory=partial(platformdirs.user_data_path, "tensorbay", appauthor=False),
        description="Folder of the embedded index and managed files.",
    )
    ca_bundle: Path | None = Field(
        default=None, description="PEM file of the certificate authority to trust, e.g. HOME/tls/ca.pem of a server."
    )
    timeout: float = Field(
        default=30.0, description="Seconds to wait for a connection or for the next bytes of an answer."
    )
    max_retries: int = Field(default=3, description="How often a request that is safe to repeat is sent again.")
    connections: int = Field(default=64, description="How many files are fetched or uploaded at the same time.")
    verify_reads: bool = Field(
        default=False, description="Listed files are read only while they are what was listed, by etag."
    )
