from __future__ import annotations

from pathlib import Path

from tests.server.routes.scenes import ODD_NAMES, Scene, local_config, make_files, make_scene
from tests.server.running import Api

ROOT = "0" * 32


async def committed(scene: Scene, **members: object) -> str:
    answer = await scene.call("POST", "commits", json={"draftNumber": scene.draft, "title": "first", **members})
    return str(answer["commitId"])


async def test_draft_to_commit(api: Api) -> None:
    scene = await make_scene(api)
    (draft,) = (await scene.call("GET", "drafts"))["drafts"]
    assert draft["author"].pop("date") > 0
    assert draft.pop("updatedAt") > 0
    user = (await api.call("GET", "users"))["nickname"]
    assert draft == {
        "number": 1,
        "title": "draft",
        "branchName": "main",
        "status": "OPEN",
        "parentCommitId": ROOT,
        "author": {"name": user},
        "description": "",
    }

    commit_id = await committed(scene, tag="v1")

    (commit,) = (await scene.call("GET", "commits", params={"commit": "main"}))["commits"]
    assert commit["committer"].pop("date") > 0
    assert commit == {
        "commitId": commit_id,
        "parentCommitId": ROOT,
        "title": "first",
        "description": "",
        "committer": {"name": user},
    }
    assert (await scene.call("GET", "drafts"))["drafts"] == []
    (draft,) = (await scene.call("GET", "drafts", params={"status": "ALL"}))["drafts"]
    assert draft["status"] == "COMMITTED"
    (tag,) = (await scene.call("GET", "tags", params={"name": "v1"}))["tags"]
    assert (tag["name"], tag["commitId"], tag["title"]) == ("v1", commit_id, "first")
    (branch,) = (await scene.call("GET", "branches"))["branches"]
    assert (branch["name"], branch["commitId"], branch["description"]) == ("main", commit_id, "")
    assert (await api.call("GET", f"datasets/{scene.dataset_id}"))["commitId"] == commit_id


async def test_any_revision_reads_a_version(api: Api, tmp_path: Path) -> None:
    await local_config(api, "b", await make_files(tmp_path / "b", "1.png"))
    scene = await make_scene(api, config="b")
    await scene.import_paths("1.png")
    commit_id = await committed(scene, tag="v 1/ä?#%")
    for revision in (commit_id, "main", "v 1/ä?#%"):
        query = {"commit": revision, "segmentName": scene.segment}
        assert (await scene.call("GET", "data", params=query))["data"] == [{"remotePath": "1.png"}]
    status, code, message = await scene.refusal("GET", "data", params={"commit": "mian", "segmentName": "train"})
    assert (status, code) == (404, "ResourceNotExist")
    assert '"main"' in message


async def test_an_empty_commit_is_another_commit(api: Api) -> None:
    scene = await make_scene(api)
    first = await committed(scene)
    body = {"branchName": "main", "title": "nothing"}
    scene.draft = (await scene.call("POST", "drafts", json=body))["draftNumber"]
    second = await committed(scene)
    listed = (await scene.call("GET", "commits", params={"commit": "main"}))["commits"]
    assert [commit["commitId"] for commit in listed] == [second, first]
    assert listed[0]["parentCommitId"] == first


async def test_drafts(api: Api) -> None:
    scene = await make_scene(api)
    again = {"branchName": "main", "title": "again"}
    status, code, message = await scene.refusal("POST", "drafts", json=again)
    assert (status, code) == (400, "InvalidParamsValue")
    assert "1" in message
    unknown = {"branchName": "mian", "title": "again"}
    assert (await scene.refusal("POST", "drafts", json=unknown))[:2] == (404, "ResourceNotExist")
    assert (await scene.refusal("POST", "drafts", json={"title": "x"}))[:2] == (400, "RequestParamsMissing")

    await scene.call("PATCH", "drafts/1", json={"title": "better", "description": "why"})
    (draft,) = (await scene.call("GET", "drafts", params={"branchName": "main"}))["drafts"]
    assert (draft["title"], draft["description"]) == ("better", "why")
    both = {"title": "x", "status": "CLOSED"}
    assert (await scene.refusal("PATCH", "drafts/1", json=both))[1] == "InvalidParamsValue"

    await scene.call("PATCH", "drafts/1", json={"status": "CLOSED"})
    assert (await scene.call("GET", "drafts"))["drafts"] == []
    assert (await scene.refusal("PATCH", "drafts/1", json={"title": "x"}))[:2] == (403, "Forbidden")
    assert (await scene.refusal("PATCH", "drafts/9", json={"title": "x"}))[:2] == (404, "ResourceNotExist")
    assert (await scene.refusal("PATCH", f"drafts/{10**30}", json={"title": "x"}))[1] == "InvalidParamsValue"
    assert (await scene.call("POST", "drafts", json=again))["draftNumber"] == 2


async def test_a_tag_that_exists_leaves_the_draft_open(api: Api) -> None:
    scene = await make_scene(api)
    await committed(scene, tag="v1")
    body = {"branchName": "main", "title": "t"}
    scene.draft = (await scene.call("POST", "drafts", json=body))["draftNumber"]
    taken = {"draftNumber": scene.draft, "title": "second", "tag": "v1"}
    assert (await scene.refusal("POST", "commits", json=taken))[:2] == (409, "NameConflict")
    await committed(scene, tag="v2")


async def test_branches_and_tags(api: Api) -> None:
    scene = await make_scene(api)
    for path in ("branches", "tags"):
        at_root = {"name": "dev", "commit": ROOT}
        assert (await scene.refusal("POST", path, json=at_root))[:2] == (403, "Forbidden")
    commit_id = await committed(scene)
    for path in ("branches", "tags"):
        for name in ODD_NAMES:
            await scene.call("POST", path, json={"name": name, "commit": commit_id})
            (item,) = (await scene.call("GET", path, params={"name": name}))[path]
            assert (item["name"], item["commitId"]) == (name, commit_id)
        taken = {"name": ODD_NAMES[0], "commit": "main"}
        assert (await scene.refusal("POST", path, json=taken))[:2] == (409, "NameConflict")
        names = [item["name"] for item in (await scene.call("GET", path))[path]]
        assert names == sorted(names)
        for name in ODD_NAMES:
            await scene.call("DELETE", path, json={"name": name})
            assert (await scene.call("GET", path, params={"name": name}))[path] == []
        assert (await scene.refusal("DELETE", path, json={"name": "dev"}))[:2] == (404, "ResourceNotExist")
    assert (await scene.refusal("DELETE", "branches", json={"name": "main"}))[:2] == (403, "Forbidden")


async def test_unknown_revision(api: Api) -> None:
    scene = await make_scene(api)
    assert (await scene.call("GET", "commits", params={"commit": "main"}))["commits"] == []
    assert (await scene.refusal("GET", "commits", params={"commit": "f" * 32}))[:2] == (404, "ResourceNotExist")
    assert (await scene.refusal("GET", "commits"))[:2] == (400, "RequestParamsMissing")
