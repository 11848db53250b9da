from __future__ import annotations

import getpass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from tensorbay.exception import ClientError
from tensorbay.wire import explain_settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from typing_extensions import Self

__all__ = ["ServerSettings"]


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run a user id that has no name
        return "user"


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


class _Environment(EnvSettingsSource):
    """Not for `embedded`: a stray variable would open a server to everybody."""

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__call__().items() if name != "embedded"}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            variable = f"TENSORBAY_{field_name.upper()}"
            raise ClientError(f'The setting `{field_name}` ({variable}): write a JSON list, ["...", "..."]') from None


_Absolute = Annotated[Path, AfterValidator(_absolute)]


class ServerSettings(BaseSettings):
    """Everything a server can be told, in one place.

    A value comes from the constructor, else from the environment variable `TENSORBAY_<NAME>`, else it is the default.
    """

    model_config = SettingsConfigDict(
        env_prefix="TENSORBAY_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _Environment(settings_cls)

    @classmethod
    def load(cls, **given: Any) -> Self:
        """As the constructor, with ClientError for a value that is none."""
        try:
            return cls(**given)
        except ValidationError as error:
            raise ClientError(explain_settings(error)) from None

    @model_validator(mode="before")
    @classmethod
    def _own_database(cls, values: dict[str, Any]) -> dict[str, Any]:
        """An embedded server has one of its own, whatever the environment is for."""
        return {**values, "database": None} if values.get("embedded") else values

    home: _Absolute = Field(
        default_factory=lambda: platformdirs.user_data_path("tensorbay", appauthor=False), validate_default=True
    )
    """Folder with the index, the managed objects, the secret key and the certificates; made when absent."""

    database: SecretStr | None = None
    """URL of a PostgreSQL database for the index, in served mode; without it, `index.sqlite` in the home.

    The servers of one database share `secret_key` and `managed_storage`, too.
    """

    embedded: bool = False
    """The server lives inside the program that calls it: no access keys, every folder and endpoint is allowed.

    Given to the constructor only, never by the environment.
    """

    user_name: str = Field(default_factory=_user_name)
    """Who commits in embedded mode; in served mode that is the name of the access key."""

    allow_folders: tuple[_Absolute, ...] = ()
    """Local folders that storage configs may name in served mode (a JSON list in the environment)."""

    allow_private_endpoints: bool = False
    """Storage configs may name endpoints on this machine and in private networks, in served mode."""

    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks whose addresses, whatever they are, storage configs may name in served mode (a JSON list)."""

    public_url: str | None = None
    """Base of the URLs the server gives out, where a proxy hides the one that was asked for."""

    url_lifetime: Annotated[float, Field(gt=0, le=7 * 86400)] = 3600
    """Seconds until a signed URL expires."""

    form_hosts: tuple[str, ...] = ("amazonaws.com", "amazonaws.com.cn")
    """Hosts, and all below them, of S3 services that clients of 1.x upload to straight, by form.

    The file in their forms has an empty file name. Some services take that for small files only, and answer in a way
    that makes the client send an empty file instead: uploads to a service that is not named here go through the server.
    """
    ca_bundle: _Absolute | None = None
    """PEM file of an authority to trust, beside the system's: that of local storage services."""

    body_limit: Annotated[int, Field(gt=0)] = 32 << 20
    """Largest JSON body in bytes."""

    vend_credentials: Literal["no", "read", "write"] = "read"
    """Whether clients that ask get credentials of a config's role, limited to its path, and what these may do."""

    store_concurrency: Annotated[int, Field(gt=0)] = 32
    """Requests that one call makes to a store side by side."""

    secret_key: SecretStr | None = None
    """Fernet keys, separated by commas, that encrypt credentials: the first encrypts, all decrypt.

    Without it the keys are those in `secret.key` of the home, which is made on first use.
    """

    allow_server_identity: bool = False
    """Teams may use what the server's machine is to AWS, Azure and Google, in served mode."""

    managed_storage: SecretStr | None = None
    """Where uploads of datasets without a storage config go: `objects/<team>` below the place.

    JSON as of `POST v2/storage-configs`; `file:///folder`, `s3://bucket/path` or `gs://bucket/path`, opened as what the
    server's machine is to the cloud; or the path of a file with one of these. Without it, the home.
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
