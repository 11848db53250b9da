"""What the server does in its own time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import anyio

from tensorbay.aio._paging import offset_page, offset_pager
from tensorbay.aio._session import Session
from tensorbay.aio._transfer import checked_strategy
from tensorbay.aio.lazy import AsyncPager, Cursor, Page
from tensorbay.aio.search import AsyncFusionSearchResult, AsyncSearchResult
from tensorbay.aio.status import Status
from tensorbay.aio.struct import Draft
from tensorbay.exception import InvalidParamsError, StatusError
from tensorbay.wire import PAGE_LIMIT, V1

__all__ = [
    "AsyncBasicSearch",
    "AsyncBasicSearchJob",
    "AsyncJob",
    "AsyncJobMixin",
    "AsyncSquashAndMerge",
    "AsyncSquashAndMergeJob",
]

_RUNNING = ("QUEUING", "PROCESSING")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0

_TITLES = {
    "segment": "Segment",
    "withLabel": "With/Without Label",
    "frame": "Frame",
    "sensor": "Sensor",
    "size": "Size",
    "category": "Category",
    "attribute": "Attribute",
    "keyword": "Data Name",
}


class AsyncJob:
    """Times are Unix seconds; `status` is QUEUING, PROCESSING, SUCCESS, FAILED or ABORTED as of the last `update`."""

    _type: ClassVar[str] = ""
    _root: ClassVar[str] = V1

    def __init__(self, session: Session, dataset_id: str, body: dict[str, Any]) -> None:
        self._session = session
        self._dataset_id = dataset_id
        self._body = body

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r}, {self.job_id!r}, {self.status})"

    @property
    def job_id(self) -> str:
        return str(self._body["jobId"])

    @property
    def title(self) -> str:
        return str(self._body["title"])

    @property
    def description(self) -> str:
        return str(self._body.get("description", ""))

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self._body["arguments"])

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        return int(self._body["createdAt"])

    @property
    def started_at(self) -> int | None:
        """Unix seconds; None before somebody works on it."""
        return self._body.get("startedAt")

    @property
    def finished_at(self) -> int | None:
        """Unix seconds; None before it has ended."""
        return self._body.get("finishedAt")

    @property
    def status(self) -> str:
        """One of "QUEUING", "PROCESSING", "SUCCESS", "FAILED" and "ABORTED", as of the last `update`."""
        return str(self._body["status"])

    @property
    def error_message(self) -> str:
        """Why it failed; empty otherwise."""
        return str(self._body.get("errorMessage", ""))

    async def update(self, until_complete: bool = False) -> None:
        """Ask the server how far it is, with `until_complete` until it has ended, well or not."""
        wait = _FIRST_WAIT
        while True:
            response = await self._request("GET")
            self._body = {**self._body, **response.json()}
            if not until_complete or self.status not in _RUNNING:
                break
            await anyio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        await self._load()

    async def abort(self) -> None:
        """End a job that is not finished; `update` shows it."""
        await self._request("POST", "/abort")

    async def _load(self) -> None:
        """Fetch what the result needs."""

    async def _request(self, method: str, action: str = "") -> Any:
        path = f"datasets/{self._dataset_id}/jobs/{self.job_id}{action}"
        request = self._session.transport.request
        return await request(method, path, root=self._root, params={"jobType": self._type})


class AsyncSquashAndMergeJob(AsyncJob):
    """Makes a draft of the target branch with what the source branch has changed."""

    _type: ClassVar[str] = "squashAndMerge"
    _draft: Draft | None = None

    @property
    def result(self) -> Draft | None:
        """The draft as of the last `update`, also if it has been committed or closed; None while there is none."""
        return self._draft

    async def retry(self) -> None:
        """Start a failed or aborted job again."""
        await self._request("POST", "/retry")

    async def _load(self) -> None:
        result = self._body.get("result")
        if not result:
            self._draft = None
            return
        path = f"datasets/{self._dataset_id}/drafts"
        drafts = offset_pager(self._session.transport, path, "drafts", Draft.loads, params=lambda: {"status": "ALL"})
        async for draft in drafts:
            if draft.number == result["draftNumber"]:
                self._draft = draft
                return


class AsyncBasicSearchJob(AsyncJob):
    """Finds the data that pass filters."""

    _type: ClassVar[str] = "basicSearch"
    _is_fusion: bool = False

    @property
    def result(self) -> AsyncSearchResult | AsyncFusionSearchResult | None:
        """What was found, once the job has succeeded."""
        result = self._body.get("result")
        if self.status != "SUCCESS" or not result:
            return None
        kind = AsyncFusionSearchResult if self._is_fusion else AsyncSearchResult
        return kind(self.job_id, result["searchResultId"], result["searchResultCommitId"], self._session)

    async def create_dataset(self, name: str, alias: str = "", is_public: bool = False) -> None:
        """Make a dataset of what was found."""
        body = {"datasetName": name, "alias": alias, "isPublic": is_public}
        await self._session.transport.request("POST", f"searchResults/{self.job_id}/datasets", json=body)


class AsyncJobMixin:
    """Jobs of one type in one dataset."""

    _type: ClassVar[str] = ""
    _root: ClassVar[str] = V1

    def __init__(self, session: Session, dataset_id: str, status: Status) -> None:
        self._session = session
        self._dataset_id = dataset_id
        self._status = status

    async def delete_job(self, job_id: str) -> None:
        """Forget a job; one that has not ended is aborted."""
        request = self._session.transport.request
        await request("DELETE", f"{self._path()}/{job_id}", root=self._root, params={"jobType": self._type})

    async def _create(self, title: str, description: str, arguments: dict[str, Any]) -> dict[str, Any]:
        body = {"title": title, "jobType": self._type, "arguments": arguments}
        if description:
            body["description"] = description
        response = await self._session.transport.request("POST", self._path(), json=body)
        return {**body, "status": "QUEUING", **response.json()}

    async def _page(self, status: str | None, cursor: Cursor) -> Page[dict[str, Any]]:
        offset = int(cursor or 0)
        query = {"jobType": self._type, "status": status, "offset": offset, "limit": PAGE_LIMIT}
        response = await self._session.transport.request("GET", self._path(), root=self._root, params=query)
        body = response.json()
        return offset_page(body["jobs"], offset, body["totalCount"])

    def _path(self) -> str:
        return f"datasets/{self._dataset_id}/jobs"


class AsyncSquashAndMerge(AsyncJobMixin):
    """Brings what one branch has changed to another, as a draft."""

    _type: ClassVar[str] = "squashAndMerge"

    async def create_job(
        self,
        title: str = "",
        description: str = "",
        *,
        draft_title: str,
        source_branch_name: str,
        target_branch_name: str | None = None,
        draft_description: str = "",
        strategy: str = "abort",
    ) -> AsyncSquashAndMergeJob:
        """Start to merge into `target_branch_name`, by default the branch the client stands on.

        What both branches have changed is a conflict: with `strategy` "abort" the draft then is the target as it was,
        "override" takes the source's side, "skip" the target's.
        """
        if target_branch_name is None:
            self._status.check_authority_for_commit()
            target_branch_name = self._status.branch_name
            if target_branch_name is None:
                raise StatusError("Merging without `target_branch_name` needs a client that stands on a branch")
        arguments = {
            "title": draft_title,
            "sourceBranchName": source_branch_name,
            "targetBranchName": target_branch_name,
            "strategy": checked_strategy(strategy),
            **({"description": draft_description} if draft_description else {}),
        }
        title = title or f"{source_branch_name}->{target_branch_name}({strategy})"
        return self._job(await self._create(title, description, arguments))

    async def get_job(self, job_id: str) -> AsyncSquashAndMergeJob:
        """ResourceNotExistError if the dataset has no such merge."""
        job = self._job({"jobId": job_id})
        await job.update()
        return job

    def list_jobs(self, status: str | None = None) -> AsyncPager[AsyncSquashAndMergeJob]:
        """The newest first; `status` is one that a job can have."""

        async def fetch(cursor: Cursor) -> Page[AsyncSquashAndMergeJob]:
            page = await self._page(status, cursor)
            jobs = [self._job(body) for body in page.items]
            for job in jobs:
                await job._load()
            return Page(jobs, page.next, page.total)

        return AsyncPager(fetch, page_size=PAGE_LIMIT)

    def _job(self, body: dict[str, Any]) -> AsyncSquashAndMergeJob:
        return AsyncSquashAndMergeJob(self._session, self._dataset_id, body)


class AsyncBasicSearch(AsyncJobMixin):
    """Searches one commit."""

    _type: ClassVar[str] = "basicSearch"

    def __init__(self, session: Session, dataset_id: str, status: Status, *, is_fusion: bool) -> None:
        super().__init__(session, dataset_id, status)
        self._is_fusion = is_fusion

    async def create_job(
        self,
        title: str = "",
        description: str = "",
        *,
        conjunction: str,
        filters: Sequence[tuple[Any, ...]],
        unit: str = "file",
    ) -> AsyncBasicSearchJob:
        """Start to search the current commit.

        A filter is (key, operator, value), with the type of the label as a fourth item for "category" and "attribute".
        `conjunction` of the filters is "and" or "or". With `unit` "frame" a frame of a fusion dataset is kept whole.
        """
        self._status.check_authority_for_commit()
        commit_id = self._status.commit_id or ""
        arguments = {
            "commit": commit_id,
            "conjunction": conjunction,
            "filters": [_filter(*each) for each in filters],
            "unit": unit,
        }
        first = " ".join(map(str, filters[0][:2])) if filters else ""
        title = title or f"search({commit_id[:7]}): {first} ..."
        return self._job(await self._create(title, description, arguments))

    async def get_job(self, job_id: str) -> AsyncBasicSearchJob:
        """ResourceNotExistError if the dataset has no such search."""
        job = self._job({"jobId": job_id})
        await job.update()
        return job

    def list_jobs(self, status: str | None = None) -> AsyncPager[AsyncBasicSearchJob]:
        """The newest first; `status` is one that a job can have."""

        async def fetch(cursor: Cursor) -> Page[AsyncBasicSearchJob]:
            page = await self._page(status, cursor)
            return Page([self._job(body) for body in page.items], page.next, page.total)

        return AsyncPager(fetch, page_size=PAGE_LIMIT)

    def _job(self, body: dict[str, Any]) -> AsyncBasicSearchJob:
        job = AsyncBasicSearchJob(self._session, self._dataset_id, body)
        job._is_fusion = self._is_fusion
        return job


def _filter(key: str, operator: str, value: Any, label_type: str | None = None) -> dict[str, Any]:
    if key not in _TITLES:
        raise InvalidParamsError(f"Invalid search key {key!r}: one of {', '.join(_TITLES)} is needed")
    members = {"key": key, "operator": operator, "value": value, "title": _TITLES[key]}
    return members if label_type is None else {**members, "extraInfo": {"labelType": label_type}}
