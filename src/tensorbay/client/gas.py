# Generated from tensorbay.aio.gas by `python -m tensorbay.client._generate`. Do not edit.

from __future__ import annotations

from types import TracebackType
from typing import Literal, overload

from typing_extensions import Self

from tensorbay.aio.gas import DEFAULT_BRANCH, AsyncGAS
from tensorbay.client.dataset import DatasetClient, FusionDatasetClient
from tensorbay.client.lazy import PagingList
from tensorbay.client.requests import Client
from tensorbay.client.settings import ClientSettings
from tensorbay.client.storage_configs import StorageConfigMixin
from tensorbay.client.struct import UserInfo
from tensorbay.dataset import Dataset, FusionDataset
from tensorbay.importing import ImportProgress, ImportReport, ImportSpec, LabelParser

__all__ = ["DEFAULT_BRANCH", "GAS", "Client", "DatasetClient", "DatasetClientType", "FusionDatasetClient"]

DatasetClientType = DatasetClient | FusionDatasetClient


class GAS(StorageConfigMixin, core=AsyncGAS):
    """The way in: storage configs, datasets, imports.

    `GAS()` works on the embedded index in a local folder; `GAS(access_key, url)` on a server;
    `url="file:///folder"` names an embedded folder. What is not given comes from the environment (`TENSORBAY_URL`,
    `TENSORBAY_ACCESS_KEY`, `TENSORBAY_HOME`, ...: see `ClientSettings`). Nothing is opened before the first call.
    """

    _core: AsyncGAS

    def __init__(self, access_key: str = "", url: str = "", *, settings: ClientSettings | None = None) -> None:
        self._construct(AsyncGAS, access_key, url, settings=settings)

    def __enter__(self) -> Self:
        self._call(self._core.__aenter__)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._call(self._core.__aexit__, exc_type, exc_value, traceback)

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._call(self._core.aclose)

    def get_user(self) -> UserInfo:
        """The user the access key belongs to."""
        return self._call(self._core.get_user)

    @overload
    def create_dataset(
        self,
        name: str,
        is_fusion: Literal[False] = False,
        *,
        config_name: str | None = None,
        alias: str = "",
        is_public: bool = False,
    ) -> DatasetClient: ...
    @overload
    def create_dataset(
        self,
        name: str,
        is_fusion: Literal[True],
        *,
        config_name: str | None = None,
        alias: str = "",
        is_public: bool = False,
    ) -> FusionDatasetClient: ...
    @overload
    def create_dataset(
        self,
        name: str,
        is_fusion: bool = False,
        *,
        config_name: str | None = None,
        alias: str = "",
        is_public: bool = False,
    ) -> DatasetClient | FusionDatasetClient: ...
    def create_dataset(
        self,
        name: str,
        is_fusion: bool = False,
        *,
        config_name: str | None = None,
        alias: str = "",
        is_public: bool = False,
    ) -> DatasetClient | FusionDatasetClient:
        """Create an empty dataset, in managed storage or in the storage config `config_name`."""
        return self._call(
            self._core.create_dataset, name, is_fusion, config_name=config_name, alias=alias, is_public=is_public
        )

    @overload
    def get_dataset(self, name: str, is_fusion: Literal[False] = False) -> DatasetClient: ...
    @overload
    def get_dataset(self, name: str, is_fusion: Literal[True]) -> FusionDatasetClient: ...
    @overload
    def get_dataset(self, name: str, is_fusion: bool = False) -> DatasetClient | FusionDatasetClient: ...
    def get_dataset(self, name: str, is_fusion: bool = False) -> DatasetClient | FusionDatasetClient:
        """The dataset, on the newest commit of its default branch. DatasetTypeError if it is of the other kind."""
        return self._call(self._core.get_dataset, name, is_fusion)

    def list_dataset_names(self) -> PagingList[str]:
        """The names of the datasets of the team, in order."""
        return self._get(self._core.list_dataset_names)

    def update_dataset(self, name: str, *, alias: str | None = None, is_public: bool | None = None) -> None:
        """Change what is given. ResourceNotExistError if there is no such dataset."""
        self._call(self._core.update_dataset, name, alias=alias, is_public=is_public)

    def rename_dataset(self, name: str, new_name: str) -> None:
        """Versions and clients stay as they are. NameConflictError if the new name is taken."""
        self._call(self._core.rename_dataset, name, new_name)

    def delete_dataset(self, name: str) -> None:
        """Delete the dataset with all its versions. Files in authorized storage are not touched."""
        self._call(self._core.delete_dataset, name)

    @overload
    def upload_dataset(
        self,
        dataset: Dataset,
        draft_number: int | None = None,
        *,
        branch_name: str | None = None,
        jobs: int = 1,
        skip_uploaded_files: bool = False,
        quiet: bool = False,
    ) -> DatasetClient: ...
    @overload
    def upload_dataset(
        self,
        dataset: FusionDataset,
        draft_number: int | None = None,
        *,
        branch_name: str | None = None,
        jobs: int = 1,
        skip_uploaded_files: bool = False,
        quiet: bool = False,
    ) -> FusionDatasetClient: ...
    def upload_dataset(
        self,
        dataset: Dataset | FusionDataset,
        draft_number: int | None = None,
        *,
        branch_name: str | None = None,
        jobs: int = 1,
        skip_uploaded_files: bool = False,
        quiet: bool = False,
    ) -> DatasetClient | FusionDatasetClient:
        """Put a local dataset, with catalog and notes, into a draft of the dataset of the same name.

        The draft is `draft_number`, else the open draft of `branch_name` (by default the default branch), else a new
        one. AuthData are indexed in bulk; local Data are uploaded, `jobs` files at a time. The client that is returned
        stands on the draft: commit it. After a failure the draft keeps what was uploaded; the same call goes on there.
        Notes that nobody changed are not sent: the draft keeps its own.
        """
        return self._call(
            self._core.upload_dataset,
            dataset,
            draft_number,
            branch_name=branch_name,
            jobs=jobs,
            skip_uploaded_files=skip_uploaded_files,
            quiet=quiet,
        )

    def import_dataset(
        self,
        spec: ImportSpec,
        *,
        label_parser: LabelParser | None = None,
        commit: str | None = None,
        progress: ImportProgress | None = None,
    ) -> ImportReport:
        """List a bucket, pair data files with label files, and index the pairs in a draft of `spec.dataset`.

        The dataset is created where it does not exist, on the storage config `spec.config`, and that only when a
        file was found that is wanted: a misspelt prefix leaves nothing behind. Memory hardly grows with the number of
        files. `label_parser` (bytes of a label file in, Label out) goes before `spec.label_format`.
        With `commit`, a title, the draft is committed at the end; without it, review the report and commit it yourself.
        ImportDataError: a file stopped the import, or nothing was left to import; its `report` tells how far it came,
        and the draft keeps that. ResourceNotExistError: no file under `spec.data` or `spec.labels`. The same spec again
        repeats work, never entries.
        """
        return self._call(self._core.import_dataset, spec, label_parser=label_parser, commit=commit, progress=progress)
