"""The OpenAPI document, and what schemathesis makes of it: any request gets an answer that the document describes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import anyio
import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tensorbay.server import ServerSettings, create_app, create_key
from tensorbay.wire import SEXTANT_V1, SEXTANT_V2, V1, V2
from tests.server.running import running_server

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
# Where "abort" is a 500, as the protocol has it.
ABORTING = {f"/{V1}datasets/{{dataset_id}}/segments", f"/{V1}datasets/{{dataset_id}}/data"}
# Two routes have the name of a config in the path: the one that is not in the document takes slashes.
CONFIGS = ("folder", "in/folder")
FRAME = "01FQ4RWNF4EXBRK7RT7DXB7JC8"
WITHOUT_BODY = ("/abort", "/retry", "/check")


DOCUMENT = create_app(ServerSettings(home=Path("unused"))).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [SCHEMA[path][method] for path, methods in DOCUMENT["paths"].items() for method in methods]


def test_the_document_is_one() -> None:
    SCHEMA.validate()
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    for reference in _references(DOCUMENT):
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]  # leads somewhere


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield member
            else:
                yield from _references(member)
    elif isinstance(value, list):
        for member in value:
            yield from _references(member)


def test_every_body_and_error_is_described() -> None:
    assert "What 1.x left open is settled here" in DOCUMENT["info"]["description"]
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if method in ("post", "put", "patch") and not path.endswith(WITHOUT_BODY):
                assert "requestBody" in operation, (method, path)
            assert "422" not in operation["responses"]
            assert "Settled here" in operation["description"] or f"/{V1}" not in path, (method, path)
            assert path == "/healthz" or {"400", "403", "404", "500"} <= operation["responses"].keys()


# --- any request ------------------------------------------------------------------------------------------------------


class Site:
    def __init__(self, url: str, key: str, folder: Path) -> None:
        self.url = url
        self.key = key
        self.folder = folder
        self.session = requests.Session()
        self._client = httpx.Client(base_url=url, headers={"X-Token": key})
        self._scenes = 0
        for name in CONFIGS:
            self.call("POST", "storage-configs/local", json={"name": name, "filePath": "", "endpoint": folder.as_uri()})

    def call(self, method: str, path: str, *, root: str = V1, **options: Any) -> Any:
        response = self._client.request(method, f"/{root}{path}", **options)
        assert response.status_code == 200, response.text
        return response.json()

    def close(self) -> None:
        self.session.close()
        self._client.close()

    def scene(self, *, is_fusion: bool) -> dict[str, Any]:
        """By the names that parameters and members of bodies have, what there is."""
        self._scenes += 1
        name = f"scene-{self._scenes}"
        body = {"name": name, "type": int(is_fusion), "configName": CONFIGS[is_fusion]}
        dataset_id = self.call("POST", "datasets", json=body)["id"]
        path = f"datasets/{dataset_id}"
        self.call("POST", f"{path}/drafts", json={"branchName": "main", "title": "t"})
        self.call("POST", f"{path}/segments", json={"name": "train", "draftNumber": 1})
        where = {"segmentName": "train", "draftNumber": 1}
        label = {"BOX2D": [{"category": "cat", "box2d": {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}}]}
        item = {"cloudPath": "images/a.png", "remotePath": "a.png", "label": label}
        if is_fusion:
            self.call("POST", f"{path}/sensors", json={**where, "name": "camera", "type": "CAMERA"})
            item |= {"frameId": FRAME, "sensorName": "camera"}
        self.call("PUT", f"{path}/multi/cloud-callback", json={**where, "objects": [item]})
        self.call("POST", f"{path}/commits", json={"draftNumber": 1, "title": "t", "tag": "v1"})
        self.call("POST", f"{path}/branches", json={"name": "dev", "commit": "main"})
        self.call("POST", f"{path}/drafts", json={"branchName": "main", "title": "t"})
        search = {"commit": "main", "filters": [{"key": "withLabel", "operator": "=", "value": True}]}
        job = {"title": "t", "jobType": "basicSearch", "arguments": search}
        benchmark = {"benchmark_id": "unknown", "evaluation_id": "unknown"}
        if not is_fusion:
            versions = {"datasetId": dataset_id, "commitId": "main"}
            made = self.call("POST", "benchmarks", root=SEXTANT_V2, json={"name": name, **versions})
            benchmark["benchmark_id"] = made["benchmarkId"]
            evaluations = f"benchmarks/{made['benchmarkId']}/evaluations"
            benchmark["evaluation_id"] = self.call("POST", evaluations, root=SEXTANT_V1, json=versions)["evaluationId"]
        return {
            **where,
            **benchmark,
            "draftNumber": 2,
            "number": 2,
            "dataset_id": dataset_id,
            "datasetId": dataset_id,
            "id": dataset_id,
            "commit": "v1",
            "commitId": "v1",
            "basehead": "commit-main",
            "segment_name": "train",
            "remotePath": "a.png",
            "remotePaths": ["a.png"],
            "cloudPath": "images/b.png",
            "branchName": "dev",
            "sourceBranchName": "dev",
            "targetBranchName": "main",
            "sensorName": "camera",
            "frameId": FRAME,
            "config": CONFIGS[is_fusion],
            "filePath": "images/a.png",
            "name": "dev",
            "job_id": self.call("POST", f"{path}/jobs", json=job)["jobId"],
            "jobType": "basicSearch",
            "arguments": search,
            "endpoint": self.folder.as_uri(),
        }

    def signed(self, method: str, known: dict[str, Any]) -> dict[str, Any]:
        """The parts of a signed URL of a file."""
        path, where = f"datasets/{known['dataset_id']}", {"segmentName": "train", "draftNumber": 2}
        checksum = hashlib.sha1(b"").hexdigest()
        if method == "post":
            policy = self.call("GET", f"{path}/policies", params={**where, "expired": 60})["extra"]
            return {**parts(policy["host"]), "key": policy["objectPrefix"] + checksum}
        if method == "put":
            body = {**where, "checksums": [checksum]}
            return parts(self.call("POST", f"{path}/uploads", root=V2, json=body)["urls"][0])
        return parts(self.call("GET", f"{path}/data/urls", params=where)["urls"][0]["url"])


def parts(url: str) -> dict[str, Any]:
    split = urlsplit(url)
    _, _, config_id, *path = split.path.split("/", 3)
    query = dict(parse_qsl(split.query))
    return {"config_id": config_id, "path": unquote("".join(path)), **query, "expires": int(query["expires"])}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("folder")
    (folder / "images").mkdir()
    for name in "ab":
        (folder / "images" / f"{name}.png").write_bytes(name.encode())
    with running_server(ServerSettings(home=home, allow_folders=(folder,))) as url:
        site = Site(url, anyio.run(create_key, ServerSettings(home=home), "maria", "team"), folder)
        yield site
        site.close()


@pytest.fixture(scope="module")
def read_only(site: Site) -> list[dict[str, Any]]:
    return [site.scene(is_fusion=is_fusion) for is_fusion in (False, True)]


def at_home(value: Any, known: dict[str, Any]) -> Any:
    """With what exists in the place of what was made up, where it is of the same type."""
    if isinstance(value, dict):
        return {
            name: known[name] if name in known and type(known[name]) is type(member) else at_home(member, known)
            for name, member in value.items()
        }
    return [at_home(member, known) for member in value] if isinstance(value, list) else value


def cases(operation: Any) -> st.SearchStrategy[Any]:
    return st.one_of(
        *(operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_any_request(operation: Any, site: Site, read_only: list[dict[str, Any]]) -> None:
    scenes = read_only
    if operation.method != "get":
        scenes = [site.scene(is_fusion=is_fusion) for is_fusion in (False, True)]
    if operation.path.startswith("/objects"):
        scenes = [{**scene, **site.signed(operation.method, scenes[0])} for scene in scenes]
    query = {parameter.name for parameter in operation.query}

    @settings(
        max_examples=20,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=cases(operation),
        known=st.sampled_from([scenes[0], scenes[0], scenes[1], None]),
        version=st.sampled_from([["draftNumber"], ["commit"], ["draftNumber", "commit"]]),
        flag=st.sampled_from(["copy", "move", "multipleCopy", "multipleMove"]),
    )
    def check(case: Any, known: dict[str, Any] | None, version: list[str], flag: str) -> None:
        if known is not None:
            case.path_parameters = at_home(case.path_parameters, known)
            case.body = at_home(case.body, known)
            case.query = at_home(case.query, known)
            if "draftNumber" in query:
                case.query.pop("commit", None)
                case.query.pop("draftNumber", None)
                case.query |= {name: known[name] for name in version}
            if flag in query:
                case.query[flag] = ""
        check_answer(case, case.call(base_url=site.url, session=site.session, headers={"X-Token": site.key}))

    check()


def check_answer(case: Any, response: Any) -> None:
    case.validate_response(response, checks=CHECKS)
    if response.status_code < 400:
        return
    error = response.json()
    assert error.keys() == {"code", "message"}
    assert error["code"]
    assert error["message"]
    if response.status_code >= 500:
        assert case.operation.path in ABORTING
        assert (response.status_code, error["code"], case.body["strategy"]) == (500, "InternalServerError", "abort")
