from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from tensorbay.exception import (
    ForbiddenError,
    InternalServerError,
    InvalidParamsError,
    NameConflictError,
    ResourceNotExistError,
)
from tensorbay.server.configs import StorageConfigs
from tensorbay.server.database import Database, branch
from tensorbay.server.index import ROOT_COMMIT_ID, CommitRef, DraftRef, Index, SegmentChange
from tests.server.index.datasets import CONFIG, Work, make, raw, work_on


@pytest.fixture
async def work(index: Index) -> Work:
    return await work_on(index)


async def test_a_new_dataset_is_at_the_root(work: Work) -> None:
    versions, contents = work.index.versions, work.index.contents
    (main,) = (await versions.list_branches(work.dataset)).items
    assert (main.name, main.commit_id, main.commit) == ("main", ROOT_COMMIT_ID, None)
    root = CommitRef(await versions.resolve(work.dataset, "main"))
    assert root == CommitRef(ROOT_COMMIT_ID)
    assert await contents.list_segments(work.dataset, root) == ([], 0)
    assert await contents.get_catalog(work.dataset, root) == b"{}"
    assert await contents.get_notes(work.dataset, root) == {"isContinuous": False, "binPointCloudFields": None}
    assert await contents.total_size(work.dataset, root) == 0
    assert await versions.list_commits(work.dataset, "main") == ([], 0)
    with pytest.raises(ResourceNotExistError, match="segment: train"):
        await contents.list(work.dataset, root, "train")


async def test_draft_numbers_are_never_reused(work: Work) -> None:
    versions = work.index.versions
    assert await work.draft() == 1
    await versions.close_draft(work.dataset, 1)
    assert await work.draft() == 2
    await work.commit(2)
    assert await work.draft() == 3
    states = [(row.number, row.status) for row in (await versions.list_drafts(work.dataset, status=None)).items]
    assert states == [(1, "CLOSED"), (2, "COMMITTED"), (3, "OPEN")]
    assert [row.number for row in (await versions.list_drafts(work.dataset)).items] == [3]
    assert (await versions.list_drafts(work.dataset, branch="dev")).total == 0


async def test_a_branch_has_one_open_draft(work: Work) -> None:
    await work.draft()
    with pytest.raises(InvalidParamsError, match=r"main.*open draft 1"):
        await work.draft()
    with pytest.raises(ResourceNotExistError, match=r'branch: mian.*"main"'):
        await work.draft("mian")


async def test_a_draft_changes_its_texts_and_only_while_open(work: Work) -> None:
    versions, draft = work.index.versions, await work.draft()
    await versions.update_draft(work.dataset, draft, title="new", description="long")
    row = await versions.get_draft(work.dataset, draft)
    assert (row.title, row.description, row.author, row.parent_id) == ("new", "long", "maria", ROOT_COMMIT_ID)
    await work.commit(draft)
    with pytest.raises(ForbiddenError, match="committed"):
        await versions.update_draft(work.dataset, draft, title="x")
    with pytest.raises(ResourceNotExistError, match="draft: 7"):
        await versions.get_draft(work.dataset, 7)


async def test_only_open_drafts_are_written(work: Work) -> None:
    contents, draft = work.index.contents, await work.draft()
    await work.segment(draft, "train", [make("a")])
    await work.commit(draft)
    for call in (
        contents.put(work.dataset, draft, "train", [make("b")]),
        contents.put_labels(work.dataset, draft, "train", [("a", raw({}))]),
        contents.delete(work.dataset, draft, "train", ["a"]),
        contents.create_segment(work.dataset, draft, "more"),
        contents.delete_segment(work.dataset, draft, "train"),
        contents.put_catalog(work.dataset, draft, b"{}"),
        contents.patch_notes(work.dataset, draft, {}),
        contents.put_sensor(work.dataset, draft, "train", "cam", b"{}"),
    ):
        with pytest.raises(ForbiddenError, match="Draft 1 is committed"):
            await call
    assert await work.entries(DraftRef(draft), "train") == [make("a")]


async def test_a_closed_draft_has_no_content(work: Work) -> None:
    draft = await work.draft()
    await work.segment(draft, "train", [make("a")])
    await work.index.versions.close_draft(work.dataset, draft)
    with pytest.raises(ForbiddenError, match="Draft 1 is closed"):
        await work.index.contents.list_segments(work.dataset, DraftRef(draft))


async def test_commits_of_nothing_are_commits(work: Work) -> None:
    versions = work.index.versions
    ids = [await work.commit(await work.draft()) for _ in range(3)]
    assert len({*ids, ROOT_COMMIT_ID}) == 4
    assert all(len(id_) == 32 and int(id_, 16) for id_ in ids)
    rows, total = await versions.list_commits(work.dataset, "main")
    assert [row.commit_id for row in rows] == ids[::-1]
    assert [row.parent_id for row in rows] == [*ids[1::-1], ROOT_COMMIT_ID]
    assert total == 3
    middle = await versions.list_commits(work.dataset, ids[2], offset=1, limit=1)
    assert ([row.commit_id for row in middle.items], middle.total) == ([ids[1]], 3)


async def test_a_commit_that_fails_leaves_the_draft_open(work: Work) -> None:
    versions = work.index.versions
    await work.commit(await work.draft(), tag="v1")
    draft = await work.draft()
    await work.segment(draft, "train", [make("a")])
    with pytest.raises(NameConflictError, match="v1"):
        await work.commit(draft, tag="v1")
    assert (await versions.list_commits(work.dataset, "main")).total == 1
    second = await work.commit(draft, tag="v2")
    assert await versions.resolve(work.dataset, "v2") == second
    assert await versions.resolve(work.dataset, "main") == second


async def test_a_commit_on_a_branch_that_moved_is_refused(work: Work, database: Database) -> None:
    """Open drafts keep branches where they are: this one is moved behind their back."""
    versions = work.index.versions
    await work.commit(await work.draft())
    await versions.create_branch(work.dataset, "dev", "main")
    draft = await work.draft("dev")
    newer = await work.commit(await work.draft())
    moved = update(branch).where(branch.c.name == "dev").values(commit_id=newer)
    await database.write(lambda connection: connection.execute(moved))
    with pytest.raises(ForbiddenError, match=f'branch "dev" has moved to {newer}'):
        await work.commit(draft)
    assert (await versions.get_draft(work.dataset, draft)).status == "OPEN"
    assert await versions.resolve(work.dataset, "dev") == newer


async def test_branches_move_alone(work: Work) -> None:
    versions = work.index.versions
    first = await work.commit(await work.draft())
    await versions.create_branch(work.dataset, "dev", "main")
    second = await work.commit(await work.draft("dev"))
    assert await versions.resolve(work.dataset, "main") == first
    assert await versions.resolve(work.dataset, "dev") == second
    rows = (await versions.list_commits(work.dataset, "dev")).items
    assert [row.commit_id for row in rows] == [second, first]
    names = [(row.name, row.commit_id) for row in (await versions.list_branches(work.dataset)).items]
    assert names == [("dev", second), ("main", first)]
    await versions.delete_branch(work.dataset, "dev")
    assert (await versions.get_commit(work.dataset, second)).parent_id == first
    assert await work.index.contents.list_segments(work.dataset, CommitRef(second)) == ([], 0)


async def test_what_branches_and_tags_refuse(work: Work) -> None:
    versions = work.index.versions
    for create in (versions.create_branch, versions.create_tag):
        with pytest.raises(ForbiddenError, match="commit first"):
            await create(work.dataset, "early", "main")
    first = await work.commit(await work.draft())
    for create in (versions.create_branch, versions.create_tag):
        await create(work.dataset, "x", first)
        with pytest.raises(NameConflictError, match="x"):
            await create(work.dataset, "x", first)
        with pytest.raises(ResourceNotExistError, match=r'revision: mian.*"main"'):
            await create(work.dataset, "y", "mian")
    with pytest.raises(ForbiddenError, match="default branch"):
        await versions.delete_branch(work.dataset, "main")
    await work.draft("x")
    with pytest.raises(ForbiddenError, match="open draft 2"):
        await versions.delete_branch(work.dataset, "x")
    await versions.delete_tag(work.dataset, "x")
    with pytest.raises(ResourceNotExistError, match="tag: x"):
        await versions.delete_tag(work.dataset, "x")
    with pytest.raises(ResourceNotExistError, match="branch: gone"):
        await versions.delete_branch(work.dataset, "gone")


async def test_a_name_means_the_branch_then_the_tag_then_the_commit(work: Work) -> None:
    versions = work.index.versions
    first = await work.commit(await work.draft())
    second = await work.commit(await work.draft())
    await versions.create_tag(work.dataset, "same", first)
    assert await versions.resolve(work.dataset, "same") == first
    await versions.create_branch(work.dataset, "same", second)
    assert await versions.resolve(work.dataset, "same") == second
    assert await versions.resolve(work.dataset, first) == first


async def test_a_draft_starts_with_all_of_its_branch(work: Work) -> None:
    contents, draft = work.index.contents, await work.draft()
    await work.segment(draft, "train", [make("a")])
    await contents.put_catalog(work.dataset, draft, b'{ "BOX2D": {} }')
    await contents.patch_notes(work.dataset, draft, {"isContinuous": True})
    await contents.put_sensor(work.dataset, draft, "train", "cam", b'{"name": "cam",  "type": "CAMERA"}')
    first = CommitRef(await work.commit(draft))

    draft = await work.draft()
    await contents.patch_notes(work.dataset, draft, {"binPointCloudFields": ["x"]})
    await contents.put_catalog(work.dataset, draft, b'{"CLASSIFICATION": {}}')
    await contents.put_sensor(work.dataset, draft, "train", "cam2", b"{}")
    await contents.delete_sensor(work.dataset, draft, "train", "cam")
    await contents.delete(work.dataset, draft, "train", ["a"])
    ref = DraftRef(draft)
    assert await contents.get_notes(work.dataset, ref) == {"isContinuous": True, "binPointCloudFields": ["x"]}
    assert [*await contents.get_sensors(work.dataset, ref, "train")] == ["cam2"]

    assert await contents.get_catalog(work.dataset, first) == b'{ "BOX2D": {} }'
    assert await contents.get_notes(work.dataset, first) == {"isContinuous": True, "binPointCloudFields": None}
    sensors = await contents.get_sensors(work.dataset, first, "train")
    assert {name: bytes(sensor) for name, sensor in sensors.items()} == {"cam": b'{"name": "cam",  "type": "CAMERA"}'}
    assert await work.entries(first, "train") == [make("a")]
    change = SegmentChange("train", "modify", has_data_changes=True, has_sensor_changes=True)
    assert await contents.diff_segments(work.dataset, first, ref) == [change]
    with pytest.raises(ResourceNotExistError, match=r'sensor: cam .*"cam2"'):
        await contents.delete_sensor(work.dataset, draft, "train", "cam")


async def test_copying_a_segment(work: Work) -> None:
    contents, draft = work.index.contents, await work.draft()
    await work.segment(draft, "a", [make("1"), make("2")])
    await work.segment(draft, "b", [make("3")])
    with pytest.raises(InternalServerError, match="b already exists"):
        await contents.copy_segment(work.dataset, draft, "b", source="a")
    await contents.copy_segment(work.dataset, draft, "b", source="a", strategy="skip")
    assert await work.entries(DraftRef(draft), "b") == [make("3")]
    await contents.copy_segment(work.dataset, draft, "b", source="a", strategy="override")
    assert await work.entries(DraftRef(draft), "b") == [make("1"), make("2")]
    with pytest.raises(ResourceNotExistError, match="segment: zzz"):
        await contents.copy_segment(work.dataset, draft, "c", source="zzz")

    commit = await work.commit(draft)
    other = await work_on(work.index, "OTHER")
    target = await other.draft()
    await contents.copy_segment(
        other.dataset, target, "copy", source="a", source_dataset_id=work.dataset, source_ref=CommitRef(commit)
    )
    await work.index.datasets.delete("team", work.dataset)
    await work.index.prune(grace=-1)
    fresh = replace(other, index=Index(work.index._database))
    assert await fresh.entries(DraftRef(target), "copy") == [make("1"), make("2")]
    configs = StorageConfigs(work.index._database)
    assert await configs.users([CONFIG]) == {CONFIG: ["OTHER"]}


async def test_moving_a_segment(work: Work) -> None:
    contents, draft = work.index.contents, await work.draft()
    await work.segment(draft, "a", [make("1")])
    await work.segment(draft, "b", [make("3")])
    with pytest.raises(InternalServerError, match="nothing was changed"):
        await contents.move_segment(work.dataset, draft, "b", source="a")
    await contents.move_segment(work.dataset, draft, "c", source="a")
    await contents.move_segment(work.dataset, draft, "b", source="c", strategy="skip")
    assert await work.content(DraftRef(draft)) == {"b": {"3": make("3")}}


async def test_renaming_and_deleting_a_dataset(work: Work) -> None:
    datasets = work.index.datasets
    await work.commit(await work.draft())
    await work.draft()
    with pytest.raises(NameConflictError, match="DATASET"):
        await datasets.create("team", "DATASET")
    other = await datasets.create("other team", "DATASET", type=1, alias="alias", is_public=True, config_id=CONFIG)
    assert await datasets.find("other team", "DATASET") == other
    with pytest.raises(ResourceNotExistError):
        await datasets.get("team", other.id)
    await datasets.create("team", "SECOND")
    with pytest.raises(NameConflictError, match="SECOND"):
        await datasets.update("team", work.dataset, name="SECOND")
    await datasets.update("team", work.dataset, name="NEW", alias="a", is_public=True)
    row = await datasets.get("team", work.dataset)
    assert (row.name, row.alias, row.is_public) == ("NEW", "a", True)
    listed = await datasets.list("team", limit=1)
    assert ([row.name for row in listed.items], listed.total) == (["NEW"], 2)
    await datasets.delete("team", work.dataset)
    assert await datasets.find("team", "NEW") is None
    with pytest.raises(ResourceNotExistError, match=work.dataset):
        await work.index.versions.resolve(work.dataset, "main")
    await datasets.create("team", "NEW")
