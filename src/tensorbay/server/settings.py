from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["ServerSettings"]


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run a user id that has no name
        return "user"


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


_Absolute = Annotated[Path, AfterValidator(_absolute)]


class ServerSettings(BaseSettings):
    """Everything a server can be told, in one place.

    A value comes from the constructor, else from the environment variable `TENSORBAY_<NAME>`, else it is the default.
    """

    model_config = SettingsConfigDict(
        env_prefix="TENSORBAY_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    home: _Absolute = Field(
        default_factory=lambda: platformdirs.user_data_path("tensorbay", appauthor=False), validate_default=True
    )
    """Folder with the index, the managed objects, the secret key and the certificates; made when absent."""

    embedded: bool = False
    """The server lives inside the program that calls it: no access keys, every local folder is allowed."""

    user_name: str = Field(default_factory=_user_name)
    """Who commits in embedded mode; in served mode that is the name of the access key."""

    allow_folders: tuple[_Absolute, ...] = ()
    """Local folders that storage configs may name in served mode (a JSON list in the environment)."""

    public_url: str | None = None
    """Base of the URLs the server gives out, where a proxy hides the one that was asked for."""

    url_lifetime: Annotated[float, Field(gt=0, le=7 * 86400)] = 3600
    """Seconds until a signed URL expires."""

    ca_bundle: _Absolute | None = None
    """PEM file of an authority to trust, beside the system's: that of local storage services."""

    body_limit: Annotated[int, Field(gt=0)] = 32 << 20
    """Largest JSON body in bytes."""

    store_concurrency: Annotated[int, Field(gt=0)] = 32
    """Requests that one call makes to a store side by side."""

    secret_key: SecretStr | None = None
    """Fernet keys, separated by commas, that encrypt credentials: the first encrypts, all decrypt.

    Without it the keys are those in `secret.key` of the home, which is made on first use.
    """

    @property
    def objects_folder(self) -> Path:
        return self.home / "objects"

    @property
    def secret_key_file(self) -> Path:
        return self.home / "secret.key"

    def allows_folder(self, folder: Path) -> bool:
        """Compares resolved paths: neither `..` nor a symbolic link leads out of an allowed folder.

        The home is never opened, nor a folder around it: the server's secrets and everybody's files are there.
        """
        if self.embedded:
            return True
        resolved, home = folder.resolve(), self.home.resolve()
        if resolved.is_relative_to(home) or home.is_relative_to(resolved):
            return False
        return any(resolved.is_relative_to(allowed.resolve()) for allowed in self.allow_folders)
