from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentCaller, CurrentDataset, CurrentServices
from tensorbay.server.jobs import VerifyArguments
from tensorbay.server.replies import reply
from tensorbay.server.routes._routers import v2_router
from tensorbay.wire import VerifyBody, encode

router_v2 = v2_router("/datasets/{dataset_id}/verify", "jobs")


@router_v2.post("")
async def create_verification(
    services: CurrentServices, caller: CurrentCaller, dataset: CurrentDataset, body: VerifyBody
) -> Response:
    """Start a job (`jobType=verify` of `jobs`) that asks the stores whether a commit's files are still the same.

    Settled here: data and the masks of their labels are compared by size and by the etag that was indexed, or the time
    where there is none; nothing is read. A file is unchanged, changed, missing, or unreadable where the store refuses
    to tell; the counts are exact, and `drifts` has the first hundred of each. While it runs, the job has `progress`.
    It is the store's current file that counts: where another is current and the version that was indexed can still be
    read (a byte of it is), and so is what URLs lead to, that is the drift's `version`.
    An aborted or failed job that is tried again goes on where it was.
    """
    commit_id = await services.index.versions.resolve(dataset.id, body.commit)
    job = await services.index.jobs.create(
        dataset.id,
        type_="verify",
        title=f"verify {commit_id[:7]}",
        description="",
        arguments=encode(VerifyArguments(commit_id)).decode(),
        author=caller.name,
    )
    services.worker.wake()
    return reply({"jobId": job.id, "createdAt": int(job.created)})
