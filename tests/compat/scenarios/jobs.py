"""Squash and merge."""

from __future__ import annotations

from typing import Any

from tensorbay.dataset import Data
from tensorbay.exception import InvalidParamsError, ResourceNotExistError, ResponseError, StatusError
from tensorbay.label import Classification
from tests.compat.world import World, refused


def _commit(world: World, client: Any, branch: str, names: str, category: str) -> None:
    client.create_draft(f"{category} draft", branch_name=branch)
    segment = client.get_or_create_segment("train")
    for name in names:
        data = Data(world.file(name, name.encode()))
        data.label.classification = Classification(category)
        segment.upload_data(data)
    client.commit(category)


def _branches(world: World) -> Any:
    """4 files with another label on "main" than on "dev", which has 6 more."""
    client = world.gas.create_dataset("DATASET")
    client.create_draft("first")
    client.commit("first")
    client.create_branch("dev")
    _commit(world, client, "dev", "abcdefghij", "L2")
    client.checkout("main")
    _commit(world, client, "main", "abcd", "L1")
    return client


def _labels(client: Any) -> str:
    data = client.get_segment("train").list_data()
    return " ".join(f"{item.path}{item.label.classification.category}" for item in data)


def merge(world: World) -> None:
    client = _branches(world)
    expected = {
        "abort": "aL1 bL1 cL1 dL1",
        "override": "aL2 bL2 cL2 dL2 eL2 fL2 gL2 hL2 iL2 jL2",
        "skip": "aL1 bL1 cL1 dL1 eL2 fL2 gL2 hL2 iL2 jL2",
    }
    for strategy, labels in expected.items():
        job = client.squash_and_merge.create_job(
            draft_title=f"merged {strategy}",
            source_branch_name="dev",
            target_branch_name="main",
            draft_description="text",
            strategy=strategy,
        )
        assert job.title == f"dev->main({strategy})"
        assert job.status == "QUEUING"
        job.update(until_complete=True)
        assert (job.status, job.error_message) == ("SUCCESS", "")
        assert job.created_at <= job.started_at <= job.finished_at
        draft = job.result
        assert draft is not None
        assert (draft.title, draft.description, draft.branch_name) == (f"merged {strategy}", "text", "main")
        client.checkout(draft_number=draft.number)
        assert _labels(client) == labels
        client.checkout("main")
        client.close_draft(draft.number)


def management(world: World) -> None:
    client = _branches(world)
    jobs = client.squash_and_merge
    first = jobs.create_job("title", "description", draft_title="merged", source_branch_name="dev")
    first.update(until_complete=True)
    found = jobs.get_job(first.job_id)
    assert (found.title, found.description, found.status) == ("title", "description", "SUCCESS")
    assert found.arguments["sourceBranchName"] == "dev"
    assert (found.arguments["title"], found.arguments["targetBranchName"]) == ("merged", "main")
    second = jobs.create_job(draft_title="merged", source_branch_name="dev")
    second.update(until_complete=True)
    assert second.status == "FAILED"  # the draft of the first is open
    assert second.error_message
    assert second.result is None
    assert [job.job_id for job in jobs.list_jobs()] == [second.job_id, first.job_id]
    for status in ("FAILED", "FAIL"):  # as it is, and as the documentation of 1.x has it
        assert [job.job_id for job in jobs.list_jobs(status)] == [second.job_id]
    assert [*jobs.list_jobs("ABORT")] == []
    refused(ResponseError, first.abort)
    assert first.result is not None
    client.close_draft(first.result.number)
    second.retry()
    second.update(until_complete=True)
    assert second.status == "SUCCESS"
    jobs.delete_job(first.job_id)
    refused(ResourceNotExistError, jobs.get_job, first.job_id)
    assert len(jobs.list_jobs()) == 1


def errors(world: World) -> None:
    client = _branches(world)
    jobs = client.squash_and_merge
    refused(ResourceNotExistError, jobs.create_job, draft_title="x", source_branch_name="nothing")
    refused(InvalidParamsError, jobs.create_job, draft_title="x", source_branch_name="dev", strategy="nothing")
    refused(ResourceNotExistError, jobs.get_job, "nothing")
    client.checkout(client.get_commit().commit_id)
    refused(StatusError, jobs.create_job, draft_title="x", source_branch_name="dev")
