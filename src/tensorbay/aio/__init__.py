"""The asynchronous core: `AsyncGAS` and the clients it hands out."""

from tensorbay.aio.cloud_storage import AsyncCloudClient
from tensorbay.aio.dataset import AsyncDatasetClient
from tensorbay.aio.gas import DEFAULT_BRANCH, AsyncGAS
from tensorbay.aio.lazy import AsyncPager, Page
from tensorbay.aio.segment import AsyncSegmentClient
from tensorbay.aio.settings import ClientSettings
from tensorbay.aio.status import Status

__all__ = [
    "DEFAULT_BRANCH",
    "AsyncCloudClient",
    "AsyncDatasetClient",
    "AsyncGAS",
    "AsyncPager",
    "AsyncSegmentClient",
    "ClientSettings",
    "Page",
    "Status",
]
