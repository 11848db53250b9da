# Generated from tensorbay.aio.storage_configs by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from typing import Literal

from tensorbay.aio.storage_configs import AsyncStorageConfigMixin
from tensorbay.client._facade import Facade
from tensorbay.client.cloud_storage import CloudClient
from tensorbay.client.lazy import PagingList
from tensorbay.client.struct import StorageConfig
from tensorbay.wire import AnyCredentials, AwsCredentials, AzureCredentials, Diagnosis, GoogleCredentials

__all__ = ["StorageConfigMixin"]


class StorageConfigMixin(Facade, core=AsyncStorageConfigMixin):
    """The storage configs of a team: made, looked at, checked, changed, deleted."""

    _core: AsyncStorageConfigMixin

    def list_auth_storage_configs(self) -> PagingList[StorageConfig]:
        """The storage configs of the team, the managed storage among them."""
        return self._get(self._core.list_auth_storage_configs)

    def get_auth_storage_config(self, name: str) -> StorageConfig:
        """Without its secrets. ResourceNotExistError if the team has none of this name."""
        return self._call(self._core.get_auth_storage_config, name)

    def update_storage_config(
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
        return self._call(
            self._core.update_storage_config,
            name,
            credentials=credentials,
            endpoint=endpoint,
            region=region,
            file_path=file_path,
            bucket_name=bucket_name,
            account_name=account_name,
            account_type=account_type,
            container_name=container_name,
        )

    def delete_storage_config(self, name: str) -> None:
        """Forget a storage config. ForbiddenError while a dataset uses it; the files are not touched."""
        self._call(self._core.delete_storage_config, name)

    def check_storage_config(self, name: str) -> Diagnosis:
        """Diagnose a storage config step by step, from where the index is; a minute at most.

        It is true when the storage can be read; `can_write`, `can_copy` and `can_sign` tell the rest, and printed it is
        a table with the words of the store, the permissions that are missing and a policy to paste.
        """
        return self._call(self._core.check_storage_config, name)

    def create_s3_storage_config(
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
    ) -> CloudClient:
        """Register a bucket of S3 or of any store that speaks its protocol.

        Without `endpoint` it is AWS's own, in `region`. An access key is given as `accesskey_id` and
        `accesskey_secret`, anything else as `credentials`: `AccessKey` with a session token, `AwsIdentity` or
        `AssumeRole` of `tensorbay.credentials`.

        Files below `file_path` are indexed where they lie; others of the bucket are copied there by the store when
        they are imported. The config is checked: InvalidParamsError or AccessDeniedError says what is wrong with the
        endpoint, the credentials or the bucket. The secret is stored encrypted and never comes back.
        """
        return self._call(
            self._core.create_s3_storage_config,
            name,
            file_path,
            endpoint=endpoint,
            accesskey_id=accesskey_id,
            accesskey_secret=accesskey_secret,
            bucket_name=bucket_name,
            region=region,
            credentials=credentials,
        )

    def create_oss_storage_config(
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
    ) -> CloudClient:
        """Register a bucket of Alibaba Cloud's OSS: as `create_s3_storage_config`, which see.

        `endpoint` is the region's, such as "https://oss-cn-hangzhou.aliyuncs.com".
        """
        return self._call(
            self._core.create_oss_storage_config,
            name,
            file_path,
            endpoint=endpoint,
            accesskey_id=accesskey_id,
            accesskey_secret=accesskey_secret,
            bucket_name=bucket_name,
            region=region,
            credentials=credentials,
        )

    def create_azure_storage_config(
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
    ) -> CloudClient:
        """Register a container of Azure Blob Storage; otherwise as `create_s3_storage_config`.

        `endpoint` is needed for accounts outside of the two clouds that `account_type` names. Instead of `account_key`,
        `credentials` takes `SasToken` or `ManagedIdentity` of `tensorbay.credentials`.
        """
        return self._call(
            self._core.create_azure_storage_config,
            name,
            file_path,
            account_type=account_type,
            account_name=account_name,
            account_key=account_key,
            container_name=container_name,
            endpoint=endpoint,
            credentials=credentials,
        )

    def create_gcs_storage_config(
        self,
        name: str,
        file_path: str,
        *,
        bucket_name: str,
        credentials: GoogleCredentials,
        endpoint: str | None = None,
    ) -> CloudClient:
        """Register a bucket of Google Cloud Storage; otherwise as `create_s3_storage_config`.

        `credentials` are `ServiceAccount` or `GoogleIdentity` of `tensorbay.credentials`.
        """
        return self._call(
            self._core.create_gcs_storage_config,
            name,
            file_path,
            bucket_name=bucket_name,
            credentials=credentials,
            endpoint=endpoint,
        )

    def create_local_storage_config(self, name: str, file_path: str, endpoint: str) -> CloudClient:
        """Register a folder of the machine that holds the index, `endpoint="file:///folder"`, or a storage service.

        `file_path` is a path inside the folder; files below it are indexed where they lie. A server opens only folders
        that its operator allows. A local storage service is `http(s)://host:port` and need not run yet.
        """
        return self._call(self._core.create_local_storage_config, name, file_path, endpoint)

    def get_cloud_client(self, name: str) -> CloudClient:
        """The files of a storage config. ResourceNotExistError if the team has none of this name."""
        return self._call(self._core.get_cloud_client, name)
