from __future__ import annotations

from typing import Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from tensorbay.aio._paging import offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio.cloud_storage import AsyncCloudClient
from tensorbay.aio.lazy import AsyncPager
from tensorbay.aio.struct import StorageConfig
from tensorbay.exception import InvalidParamsError
from tensorbay.wire import (
    V2,
    AccessKey,
    AccountKey,
    AnyCredentials,
    AwsCredentials,
    AzureConfig,
    AzureCredentials,
    Body,
    Diagnosis,
    GcsConfig,
    GoogleCredentials,
    LocalConfig,
    OssConfig,
    S3Config,
    StorageConfigPatch,
    decode,
    explain,
)

__all__ = ["AsyncStorageConfigMixin"]

B = TypeVar("B", bound=Body)

_CHECK_SECONDS = 90


class AsyncStorageConfigMixin:
    """The storage configs of a team: made, looked at, checked, changed, deleted."""

    _session: Session

    def list_auth_storage_configs(self) -> AsyncPager[StorageConfig]:
        """The storage configs of the team, the managed storage among them."""
        return offset_pager(self._session.transport, "storage-configs", "configs", StorageConfig.loads, root=V2)

    async def get_auth_storage_config(self, name: str) -> StorageConfig:
        """Without its secrets. ResourceNotExistError if the team has none of this name."""
        if not name:
            raise TypeError("The name of a storage config must not be empty")
        response = await self._session.transport.request("GET", f"storage-configs/{_segment(name)}", root=V2)
        return StorageConfig.loads(response.json())

    async def update_storage_config(
        self,
        name: str,
        *,
        credentials: AnyCredentials | None = None,
        endpoint: str | None = None,
        region: str | None = None,
        file_path: str | None = None,
        bucket_name: str | None = None,
        account_name: str | None = None,
        account_type: Literal["Global", "China"] | None = None,
        container_name: str | None = None,
    ) -> StorageConfig:
        """Change what is given: rotate the credentials, say, or follow the storage to another endpoint.

        The config is checked as at its creation, and stays as it was where it is refused. What is being read goes on.
        With another endpoint a `SasToken` or `ServiceAccount` is given again: the endpoint gets to see it.
        ForbiddenError: `file_path`, bucket, account and container stay while datasets use the config.
        """
        patch = _make(
            StorageConfigPatch,
            credentials=credentials,
            endpoint=endpoint,
            region=region,
            file_path=file_path,
            bucket_name=bucket_name,
            account_name=account_name,
            account_type=account_type,
            container_name=container_name,
        )
        path = f"storage-configs/{_segment(name)}"
        response = await self._session.transport.request("PATCH", path, root=V2, json=patch)
        return StorageConfig.loads(response.json())

    async def delete_storage_config(self, name: str) -> None:
        """Forget a storage config. ForbiddenError while a dataset uses it; the files are not touched."""
        await self._session.transport.request("DELETE", f"storage-configs/{_segment(name)}")

    async def check_storage_config(self, name: str) -> Diagnosis:
        """Diagnose a storage config step by step, from where the index is; a minute at most.

        It is true when the storage can be read; `can_write`, `can_copy` and `can_sign` tell the rest, and printed it is
        a table with the words of the store, the permissions that are missing and a policy to paste.
        """
        path = f"storage-configs/{_segment(name)}/check"
        response = await self._session.transport.request("POST", path, root=V2, timeout=_CHECK_SECONDS)
        return decode(response.content, Diagnosis)

    async def create_s3_storage_config(
        self,
        name: str,
        file_path: str,
        *,
        endpoint: str | None = None,
        accesskey_id: str | None = None,
        accesskey_secret: str | None = None,
        bucket_name: str,
        region: str | None = None,
        credentials: AwsCredentials | None = None,
    ) -> AsyncCloudClient:
        """Register a bucket of S3 or of any store that speaks its protocol.

        Without `endpoint` it is AWS's own, in `region`. An access key is given as `accesskey_id` and
        `accesskey_secret`, anything else as `credentials`: `AccessKey` with a session token, `AwsIdentity` or
        `AssumeRole` of `tensorbay.credentials`.

        Files below `file_path` are indexed where they lie; others of the bucket are copied there by the store when
        they are imported. The config is checked: InvalidParamsError or AccessDeniedError says what is wrong with the
        endpoint, the credentials or the bucket. The secret is stored encrypted and never comes back.
        """
        return await self._create_config(
            S3Config,
            name=name,
            file_path=file_path,
            endpoint=endpoint,
            bucket_name=bucket_name,
            region=region,
            credentials=_aws_credentials(accesskey_id, accesskey_secret, credentials),
        )

    async def create_oss_storage_config(
        self,
        name: str,
        file_path: str,
        *,
        endpoint: str,
        accesskey_id: str | None = None,
        accesskey_secret: str | None = None,
        bucket_name: str,
        region: str | None = None,
        credentials: AwsCredentials | None = None,
    ) -> AsyncCloudClient:
        """Register a bucket of Alibaba Cloud's OSS: as `create_s3_storage_config`, which see.

        `endpoint` is the region's, such as "https://oss-cn-hangzhou.aliyuncs.com".
        """
        return await self._create_config(
            OssConfig,
            name=name,
            file_path=file_path,
            endpoint=endpoint,
            bucket_name=bucket_name,
            region=region,
            credentials=_aws_credentials(accesskey_id, accesskey_secret, credentials),
        )

    async def create_azure_storage_config(
        self,
        name: str,
        file_path: str,
        *,
        account_type: Literal["Global", "China"] = "Global",
        account_name: str,
        account_key: str | None = None,
        container_name: str,
        endpoint: str | None = None,
        credentials: AzureCredentials | None = None,
    ) -> AsyncCloudClient:
        """Register a container of Azure Blob Storage; otherwise as `create_s3_storage_config`.

        `endpoint` is needed for accounts outside of the two clouds that `account_type` names. Instead of `account_key`,
        `credentials` takes `SasToken` or `ManagedIdentity` of `tensorbay.credentials`.
        """
        if (account_key is None) == (credentials is None):
            raise TypeError("Give one of `account_key` and `credentials`")
        return await self._create_config(
            AzureConfig,
            name=name,
            file_path=file_path,
            account_type=account_type,
            account_name=account_name,
            container_name=container_name,
            endpoint=endpoint,
            credentials=credentials or _make(AccountKey, key=account_key),
        )

    async def create_gcs_storage_config(
        self,
        name: str,
        file_path: str,
        *,
        bucket_name: str,
        credentials: GoogleCredentials,
        endpoint: str | None = None,
    ) -> AsyncCloudClient:
        """Register a bucket of Google Cloud Storage; otherwise as `create_s3_storage_config`.

        `credentials` are `ServiceAccount` or `GoogleIdentity` of `tensorbay.credentials`.
        """
        return await self._create_config(
            GcsConfig,
            name=name,
            file_path=file_path,
            bucket_name=bucket_name,
            credentials=credentials,
            endpoint=endpoint,
        )

    async def create_local_storage_config(self, name: str, file_path: str, endpoint: str) -> AsyncCloudClient:
        """Register a folder of the machine that holds the index, `endpoint="file:///folder"`, or a storage service.

        `file_path` is a path inside the folder; files below it are indexed where they lie. A server opens only folders
        that its operator allows. A local storage service is `http(s)://host:port` and need not run yet.
        """
        return await self._create_config(LocalConfig, name=name, file_path=file_path, endpoint=endpoint)

    async def get_cloud_client(self, name: str) -> AsyncCloudClient:
        """The files of a storage config. ResourceNotExistError if the team has none of this name."""
        await self.get_auth_storage_config(name)
        return AsyncCloudClient(name, self._session)

    async def _create_config(self, kind: type[Body], **members: Any) -> AsyncCloudClient:
        config = _make(kind, **members)
        response = await self._session.transport.request("POST", "storage-configs", root=V2, json=config)
        return AsyncCloudClient(response.json()["name"], self._session)


def _aws_credentials(
    accesskey_id: str | None, accesskey_secret: str | None, credentials: AwsCredentials | None
) -> AwsCredentials:
    key = (accesskey_id, accesskey_secret)
    if credentials is not None and key == (None, None):
        return credentials
    if credentials is not None or None in key:
        raise TypeError("Give `accesskey_id` and `accesskey_secret`, or `credentials`")
    return _make(AccessKey, key_id=accesskey_id, secret=accesskey_secret)


def _make(kind: type[B], **members: Any) -> B:
    """Of what is given. InvalidParamsError, as from the server, for values that no server would take."""
    try:
        return kind(**{name: value for name, value in members.items() if value is not None})
    except ValidationError as error:
        # Without the cause: it has the values, which may be secret.
        raise InvalidParamsError(explain(error)) from None


def _segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")
