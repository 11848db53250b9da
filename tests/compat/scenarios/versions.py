"""Drafts, commits, branches and tags."""

from __future__ import annotations

from typing import Any

from tensorbay.client.struct import ROOT_COMMIT_ID
from tensorbay.exception import ForbiddenError, ResourceNotExistError, ResponseError, StatusError
from tests.compat.world import World, refused


def _commit(client: Any, title: str, *, branch: str | None = None, tag: str | None = None) -> str:
    client.create_draft(f"draft of {title}", branch_name=branch)
    client.get_or_create_segment(title)
    client.commit(title, f"about {title}", tag=tag)
    commit_id: str = client.status.commit_id
    return commit_id


def _stand(client: Any) -> tuple[str | None, str | None]:
    return client.status.branch_name, client.status.commit_id


def drafts(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    assert client.create_draft("one", "first draft") == 1
    assert (client.status.is_draft, client.status.draft_number, client.status.branch_name) == (True, 1, "main")
    draft = client.get_draft()
    assert (draft.number, draft.title, draft.description, draft.branch_name, draft.status, draft.parent_commit_id) == (
        *(1, "one", "first draft", "main", "OPEN", ROOT_COMMIT_ID),
    )
    assert draft.author.name
    assert draft.author.date <= draft.updated_at
    refused(StatusError, client.create_draft, "two")
    refused(ResponseError, client.create_draft, "two", branch_name="main")
    refused(ResourceNotExistError, client.create_draft, "two", branch_name="nothing")
    client.update_draft(title="new")
    client.update_draft(1, description="text")
    assert (client.get_draft(1).title, client.get_draft(1).description) == ("new", "text")
    refused(ResourceNotExistError, client.get_draft, 2)
    refused(StatusError, client.close_draft, 1)
    client.checkout("main")
    client.close_draft(1)
    refused(ResourceNotExistError, client.checkout, draft_number=1)
    refused(ForbiddenError, client.close_draft, 1)
    assert client.create_draft("two") == 2
    client.commit("two")
    assert client.create_draft("three") == 3
    assert [draft.number for draft in client.list_drafts()] == [3]
    for status, numbers in {"OPEN": [3], "CLOSED": [1], "COMMITTED": [2], "ALL": [1, 2, 3]}.items():
        assert [(draft.number, draft.status) for draft in client.list_drafts(status)] == [
            (number, {1: "CLOSED", 2: "COMMITTED", 3: "OPEN"}[number]) for number in numbers
        ]
    assert [draft.title for draft in client.list_drafts("ALL", "main")] == ["new", "two", "three"]


def commits(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    assert len(client.list_commits("main")) == 0
    refused(StatusError, client.commit, "no draft")
    first = _commit(client, "first")
    second = _commit(client, "second", tag="v2")
    assert client.status.branch_name == "main"
    assert [commit.commit_id for commit in client.list_commits()] == [second, first]
    commit = client.get_commit()
    assert (commit.commit_id, commit.parent_commit_id, commit.title, commit.description) == (
        *(second, first, "second", "about second"),
    )
    assert commit.committer.name == client.get_commit("v2").committer.name
    assert client.get_commit(first).parent_commit_id == ROOT_COMMIT_ID
    refused(ResourceNotExistError, client.get_commit, "nothing")
    assert list(client.list_segment_names()) == ["first", "second"]
    client.checkout(first)
    assert _stand(client) == (None, first)
    assert list(client.list_segment_names()) == ["first"]
    refused(StatusError, client.create_draft, "on no branch")
    refused(ResourceNotExistError, client.checkout, "nothing")
    refused(TypeError, client.checkout)
    refused(TypeError, client.checkout, "main", 1)
    client.create_draft("tag is taken", branch_name="main")
    refused(ResponseError, client.commit, "third", tag="v2")
    assert client.get_draft().status == "OPEN"
    client.commit("third", tag="v3")
    assert world.gas.get_dataset("DATASET").status.commit_id == client.status.commit_id


def branches(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    (root,) = client.list_branches()
    assert (root.name, root.commit_id) == ("main", ROOT_COMMIT_ID)
    assert not hasattr(root, "title")
    refused(ForbiddenError, client.create_branch, "early")
    first = _commit(client, "first")
    second = _commit(client, "second")
    client.create_branch("dev")
    assert _stand(client) == ("dev", second)
    client.create_branch("old", first)
    assert _stand(client) == ("old", first)
    assert [(branch.name, branch.commit_id) for branch in client.list_branches()] == [
        *(("dev", second), ("main", second), ("old", first)),
    ]
    third = _commit(client, "third")
    assert [commit.commit_id for commit in client.list_commits("old")] == [third, first]
    branch = client.get_branch("old")
    assert (branch.commit_id, branch.title, branch.parent_commit_id) == (third, "third", first)
    refused(StatusError, client.delete_branch, "old")
    refused(ResourceNotExistError, client.get_branch, "nothing")
    refused(ResponseError, client.create_branch, "dev")
    client.checkout("main")
    assert list(client.list_segment_names()) == ["first", "second"]
    client.delete_branch("old")
    refused(ResourceNotExistError, client.get_branch, "old")
    client.checkout(third)
    assert list(client.list_segment_names()) == ["first", "third"]


def tags(world: World) -> None:
    client = world.gas.create_dataset("DATASET")
    first = _commit(client, "first")
    second = _commit(client, "second")
    client.create_tag("b")
    client.create_tag("a", first)
    client.create_tag("main copy", "main")
    assert [(tag.name, tag.commit_id) for tag in client.list_tags()] == [
        *(("a", first), ("b", second), ("main copy", second)),
    ]
    tag = client.get_tag("a")
    assert (tag.name, tag.commit_id, tag.title, tag.description) == ("a", first, "first", "about first")
    refused(ResponseError, client.create_tag, "a")
    refused(ResourceNotExistError, client.get_tag, "nothing")
    refused(TypeError, client.get_tag, "")
    client.checkout("a")
    assert _stand(client) == (None, first)
    client.delete_tag("a")
    assert [tag.name for tag in client.list_tags()] == ["b", "main copy"]
    refused(ResourceNotExistError, client.checkout, "a")
    client.create_draft("a draft has no tag", branch_name="main")
    refused(StatusError, client.create_tag, "c")
