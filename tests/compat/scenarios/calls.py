"""What programs use beside the clients: calls of their own, threads, lists, settings, the profile, views, the cache."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tensorbay.client import config, profile
from tensorbay.client.lazy import LazyPage, PagingList, ReturnGenerator
from tensorbay.client.requests import Client, MultiCallbackTask, Tqdm, multithread_upload
from tensorbay.dataset import Data, Dataset, Segment
from tensorbay.exception import ResourceNotExistError, ResponseError, StatusError
from tensorbay.label import SemanticMask
from tests.compat.world import World, refused


def _filled(world: World) -> Any:
    """A client on a commit of three texts, one with a mask."""
    client = world.gas.create_dataset("DATASET")
    client.create_draft("draft")
    segment = client.create_segment("train")
    for name in ("a.txt", "b.txt", "c.txt"):
        data = Data(world.file(name, name.encode()))
        if name == "a.txt":
            data.label.semantic_mask = SemanticMask(world.file("mask.png", b"mask"))
        segment.upload_data(data)
    client.commit("first", tag="v1")
    return client


def open_api(world: World) -> None:
    logging.disable(logging.ERROR)  # 1.x writes the access key into the log
    client = Client(world.access_key, world.url)
    answer = client.open_api_do("GET", "users")
    assert (answer.status_code, answer.json()["nickname"]) == (200, world.gas.get_user().name)
    assert json.loads(answer.content) == json.loads(answer.text) == answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.url.endswith("/gatewayv2/tensorbay-open-api/v1/users")

    body = {"name": "DATASET", "type": 0, "alias": "", "isPublic": False}
    identification = client.open_api_do("POST", "", json=body).json()["id"]
    found = client.open_api_do("GET", "", params={"name": "DATASET", "offset": 0, "limit": 1}).json()
    assert [item["id"] for item in found["datasets"]] == [identification]
    assert client.open_api_do("GET", "", identification).json()["defaultBranch"] == "main"
    draft = {"branchName": "main", "title": "draft"}
    number = client.open_api_do("POST", "drafts", identification, json=draft).json()["draftNumber"]
    for name, description in (("s", "first"), ("t", "")):
        body = {"name": name, "description": description, "draftNumber": number}
        client.open_api_do("POST", "segments", identification, json=body)
    body = {"strategy": "abort", "source": {"segmentName": "s"}, "segmentName": "u", "draftNumber": number}
    client.open_api_do("POST", "segments?copy", identification, json=body)
    client.open_api_do("DELETE", "segments", identification, json={"segmentName": "t", "draftNumber": number})
    client.open_api_do("POST", "commits", identification, json={"title": "first", "draftNumber": number})
    view = Dataset("DATASET", world.gas)
    segments = [(segment.name, segment.description) for segment in view]
    assert segments == [("s", "first"), ("u", "first")], segments

    if world.url.startswith("http"):
        answer = Client.do("GET", f"{world.url}healthz", params={"a": 1}, headers={"X-Any": "thing"})
        assert (answer.status_code, answer.json(), answer.url) == (200, {"status": "ok"}, f"{world.url}healthz?a=1")
        refused(ResponseError, Client.do, "GET", f"{world.url}none")
    error = refused(ResourceNotExistError, client.open_api_do, "GET", "", "none")
    assert (error.response.status_code, error.response.json()["code"]) == (404, "ResourceNotExist")
    logging.disable(logging.NOTSET)


def threads(world: World) -> None:
    batches: list[Any] = []
    with Tqdm(120, disable=True) as bar:
        multithread_upload(lambda n: n if n % 2 else None, range(120), callback=batches.append, jobs=4, pbar=bar)
    assert [len(batch) for batch in batches] == [50, 10]
    assert sorted(batches[0] + batches[1]) == list(range(1, 120, 2))

    def fail(number: int) -> int:
        if number == 3:
            raise KeyError(number)
        return number

    batches.clear()
    with Tqdm(1000, disable=True) as bar:
        refused(KeyError, multithread_upload, fail, range(1000), callback=batches.append, jobs=1, pbar=bar)
    assert batches[0][:3] == (0, 1, 2)
    task = MultiCallbackTask(function=str, callback=batches.append, size=2)
    batches.clear()
    for number in range(3):
        task.work(number)
    task.last_callback()
    assert batches == [("0", "1"), ("2",)]


def lists(world: World) -> None:
    asked: list[Any] = []

    def generate(offset: int, limit: int) -> Generator[int, None, int]:
        asked.append((offset, limit))
        yield from range(offset, min(offset + limit, 10))
        return 10

    numbers = PagingList(generate, 4)
    assert asked == []
    assert (numbers[5], asked) == (5, [(4, 4)])
    assert (len(numbers), numbers[6], asked) == (10, 6, [(4, 4)])
    assert (numbers[-1], asked) == (9, [(4, 4), (8, 2)])
    part = numbers[1:3]
    assert (list(part), asked[2:]) == ([1, 2], [(0, 4)])
    assert list(numbers) == list(range(10))
    assert len(asked) == 3
    refused(IndexError, numbers.__getitem__, 10)
    numbers.append(10)
    assert numbers.index(10) == 10

    generator = ReturnGenerator(generate(8, 4))
    assert (list(generator), generator.value) == ([8, 9], 10)
    page = LazyPage.from_items(0, 2, generate, (7, 8))
    assert [item.get() for item in page.items] == [7, 8]
    page.pull()
    assert [item.get() for item in page.items] == [0, 1]


def settings(world: World) -> None:
    segment = _filled(world).get_segment("train")
    config.is_internal = True
    try:
        assert len(segment.list_urls()) == 3
        assert segment.get_data("b.txt").open().read() == b"b.txt"
        assert [bool(url) for url in segment.list_mask_urls("SEMANTIC_MASK")] == [True, False, False]
    finally:
        config.is_internal = False


def profiles(world: World) -> None:
    own = vars(Client)["do"]  # 1.x forgets that it is static
    path = Path(world.file("profile.json", b""))
    try:
        profile.start()
        world.gas.get_user()
        profile.stop()
        profile.save(str(path), "json")
    finally:
        Client.do = own  # type: ignore[method-assign]
    (summary,) = json.loads(path.read_text()).items()
    assert (summary[0], summary[1]["callNumber"]) == ("[GET] users", 1)


def views(world: World) -> None:
    client = _filled(world)
    client.create_draft("second")
    client.create_segment("test")
    client.commit("second")
    assert Dataset("DATASET", world.gas).keys() == ("test", "train")
    view = Dataset("DATASET", world.gas, "v1")
    assert (view.keys(), [data.path for data in view["train"]]) == (("train",), ["a.txt", "b.txt", "c.txt"])
    assert Segment("train", client=client)[1].open().read() == b"b.txt"
    refused(ResourceNotExistError, Segment, "none", client)
    refused(ResourceNotExistError, Dataset, "DATASET", world.gas, "none")
    assert view.catalog.dumps() == {}
    assert not view.notes.is_continuous


def _read(file: Any) -> bytes:
    with file.open() as opened:
        content: bytes = opened.read()
    return content


def caches(world: World) -> None:
    client = _filled(world)
    assert not client.cache_enabled
    cache = Path(world.scratch, "cache")
    client.enable_cache(str(cache))
    assert client.cache_enabled
    data = client.get_segment("train").list_data()
    assert [_read(one) for one in data] == [b"a.txt", b"b.txt", b"c.txt"]
    assert _read(data[0].label.semantic_mask) == b"mask"
    folder = cache / client.dataset_id / client.status.commit_id / "train"
    kept = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert kept == ["a.txt", "b.txt", "c.txt", "semantic_mask/a.png"]
    (folder / "b.txt").write_bytes(b"from the cache")
    assert _read(client.get_segment("train").get_data("b.txt")) == b"from the cache"
    client.create_draft("second")
    assert not client.cache_enabled
    refused(StatusError, client.enable_cache, str(cache))


def expired_urls(world: World) -> None:
    data = list(_filled(world).get_segment("train").list_data())
    expires = parse_qs(urlsplit(data[0].get_url()).query).get("expires", [""])[0]
    if expires and int(expires) < time.time() + 5:  # where the server says so; elsewhere they are good for long
        time.sleep(max(0.0, int(expires) - time.time()) + 0.1)
    assert [one.open().read() for one in data] == [b"a.txt", b"b.txt", b"c.txt"]
    assert data[0].label.semantic_mask.open().read() == b"mask"
