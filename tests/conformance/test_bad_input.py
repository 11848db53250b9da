"""What goes wrong is named, with what exists nearby and what to do; nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tensorbay import AsyncGAS, ImportSpec
from tensorbay.dataset import AuthData, Data, Dataset
from tensorbay.exception import (
    ForbiddenError,
    ImportDataError,
    InvalidParamsError,
    NameConflictError,
    ResourceNotExistError,
    ResponseError,
    StatusError,
)
from tensorbay.label import Classification


async def test_unknown_names_are_named_with_their_neighbours(
    async_gas: AsyncGAS, folder_config: str, folder: Path
) -> None:
    gas = async_gas
    client = await gas.create_dataset("Digits", config_name=folder_config)
    await client.create_draft("d")
    segment = await client.create_segment("train")
    await segment.import_auth_data(AuthData("images/a.png"))

    with pytest.raises(ResourceNotExistError, match=r'The dataset: digits does not exist\. Nearby: "Digits"'):
        await gas.get_dataset("digits")
    with pytest.raises(ResourceNotExistError, match=r'The segment: tain does not exist\. Nearby: "train"'):
        await client.get_segment("tain")
    with pytest.raises(
        ResourceNotExistError, match=rf'storage config: foldr does not exist\. Nearby: .*"{folder_config}"'
    ):
        await gas.get_cloud_client("foldr")
    with pytest.raises(ResourceNotExistError, match=rf'foldr.*"{folder_config}"'):
        await gas.create_dataset("Other", config_name="foldr")
    with pytest.raises(ResourceNotExistError, match=r"b\.png"):
        await segment.get_data("b.png")
    with pytest.raises(ResourceNotExistError, match=r"images/b\.png.*images/a\.png"):
        await segment.import_auth_data(AuthData("images/b.png"))
    with pytest.raises(ResourceNotExistError, match=r'begins with "imags/".*"images/"'):
        await (await gas.get_cloud_client(folder_config)).list_auth_data("imags/")
    with pytest.raises(ResourceNotExistError, match=r'The revision: nowhere does not exist\. Nearby: "main"'):
        await client.checkout("nowhere")
    with pytest.raises(ResourceNotExistError, match=r'The draft: 9 does not exist\. Nearby: "1"'):
        await client.checkout(draft_number=9)


async def test_names_that_are_taken(async_gas: AsyncGAS, folder_config: str, folder: Path) -> None:
    client = await async_gas.create_dataset("Digits")
    with pytest.raises(NameConflictError, match="The dataset: Digits already exists"):
        await async_gas.create_dataset("Digits")
    with pytest.raises(NameConflictError, match=folder_config):
        await async_gas.create_local_storage_config(folder_config, "", folder.as_uri())
    await client.create_draft("d")
    await client.create_segment("s")
    with pytest.raises(NameConflictError, match="The segment: s already exists"):
        await client.create_segment("s")


async def test_writing_needs_a_draft(async_gas: AsyncGAS) -> None:
    client = await async_gas.create_dataset("Digits")
    with pytest.raises(StatusError, match="The status is not draft"):
        await client.create_segment("s")
    with pytest.raises(StatusError, match="The status is not draft"):
        await client.commit("c")
    await client.create_draft("d")
    with pytest.raises(StatusError, match="The status is not commit"):
        await client.create_draft("e")


async def test_a_config_that_datasets_use_stays(async_gas: AsyncGAS, folder_config: str) -> None:
    await async_gas.create_dataset("Digits", config_name=folder_config)
    with pytest.raises(ForbiddenError, match="Digits"):
        await async_gas.delete_storage_config(folder_config)
    await async_gas.delete_dataset("Digits")
    await async_gas.delete_storage_config(folder_config)
    with pytest.raises(ResourceNotExistError):
        await async_gas.get_auth_storage_config(folder_config)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"accesskey_id": "nobody"}, "key id"),
        ({"accesskey_secret": "wrong"}, "secret"),
        ({"bucket_name": "no-such-bucket"}, "no-such-bucket"),
        ({"endpoint": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"endpoint": "http://no-such-host.invalid"}, "no-such-host.invalid"),
        ({"endpoint": "gopher://x"}, "gopher"),
    ],
)
async def test_a_config_that_does_not_work_is_refused_with_the_cause(
    async_gas: AsyncGAS, s3: dict[str, Any], change: dict[str, str], words: str
) -> None:
    with pytest.raises(ResponseError, match=rf"(?i){words}") as caught:
        await async_gas.create_s3_storage_config("broken", "", **{**s3, **change})
    assert not isinstance(caught.value, ResourceNotExistError) or "bucket" in words
    assert s3["accesskey_secret"] not in str(caught.value)
    assert "broken" not in [config.name async for config in async_gas.list_auth_storage_configs()]


async def test_a_broken_label_names_file_and_reason_and_keeps_what_was_posted(
    async_gas: AsyncGAS, folder_config: str, folder: Path
) -> None:
    for number in range(5):
        (folder / f"images/{number}.png").write_bytes(b"")
        (folder / f"labels/{number}.json").write_bytes(b'{"category": "x"}')
    (folder / "labels/3.json").write_bytes(b"{oops")
    spec = ImportSpec(dataset="D", config=folder_config, data="images", labels="labels", batch_size=1, concurrency=1)
    with pytest.raises(ImportDataError, match=r"labels/3\.json: LabelFormatError: not JSON") as caught:
        await async_gas.import_dataset(spec)
    client = await async_gas.get_dataset("D")
    await client.checkout(draft_number=caught.value.report.draft_number)
    kept = [path async for path in (await client.get_segment()).list_data_paths()]
    # A batch that was on its way may have arrived too.
    assert caught.value.report.indexed <= len(kept) < 6
    assert "3.png" not in kept

    report = await async_gas.import_dataset(spec.model_copy(update={"on_error": "skip"}), commit="all but one")
    assert [failure.path for failure in report.failures] == ["labels/3.json"]
    await client.checkout("main")
    assert "3.png" not in [path async for path in (await client.get_segment()).list_data_paths()]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"data": "imgaes"}, ResourceNotExistError, '"images/"'),
        ({"labels": "lables"}, ResourceNotExistError, '"labels/"'),
        ({"include": ["*.jpg"]}, ImportDataError, "2 of them were left out"),
    ],
)
async def test_an_import_of_nothing_leaves_nothing_behind(
    async_gas: AsyncGAS,
    folder_config: str,
    folder: Path,
    changes: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    (folder / "images/0.png").write_bytes(b"")
    (folder / "labels/0.json").write_bytes(b"{oops")
    spec = ImportSpec(**{"dataset": "D", "config": folder_config, "data": "images", "labels": "labels", **changes})
    with pytest.raises(error, match=words) as caught:
        await async_gas.import_dataset(spec)
    assert "D" not in [name async for name in async_gas.list_dataset_names()]
    if isinstance(caught.value, ImportDataError):
        assert caught.value.report.draft_number is None
    client = await async_gas.create_dataset("D")
    with pytest.raises(error):
        await async_gas.import_dataset(spec)
    assert [draft async for draft in client.list_drafts()] == []


@pytest.mark.parametrize("path", ["", "/absolute", "a/../b", "back\\slash", "nul\0", "x" * 2000])
async def test_remote_paths_that_can_not_be(async_gas: AsyncGAS, tmp_path: Path, path: str) -> None:
    client = await async_gas.create_dataset("D")
    await client.create_draft("d")
    segment = await client.create_segment()
    (tmp_path / "file").write_bytes(b"x")
    data = Data(tmp_path / "file", target_remote_path=path)
    with pytest.raises(InvalidParamsError):
        await segment.upload_data(data)
    assert await segment.list_data_paths().collect() == []


ODD = ["with space", "what?", "#1", "a%20b", "100%", "é中文", "+&=", "a:b@c", "'\"", "~", "*", "x" * 255]


@pytest.mark.parametrize("name", [*ODD, "a/b"])
async def test_odd_names_come_back_as_they_were(async_gas: AsyncGAS, folder: Path, name: str) -> None:
    gas = async_gas
    await gas.create_local_storage_config(name, "images", folder.as_uri())
    assert (await gas.get_auth_storage_config(name)).name == name
    client = await gas.create_dataset(name, config_name=name)
    await client.create_draft(name, name)
    segment = await client.create_segment(name)
    data = AuthData("images/a.png", target_remote_path=f"{name}/{name}" if name != "x" * 255 else name)
    data.label.classification = Classification(name, {name: name})
    await segment.import_auth_data(data)
    await client.commit(name, tag=name)

    client = await gas.get_dataset(name)
    assert await gas.list_dataset_names().collect() == [name]
    assert await client.list_segment_names().collect() == [name]
    assert (await client.get_tag(name)).title == name
    await client.checkout(name)
    segment = await client.get_segment(name)
    found = await segment.get_data(data.target_remote_path)
    assert found.label == data.label
    assert await found.aread() == b"a"
    await gas.delete_dataset(name)
    await gas.delete_storage_config(name)


@pytest.mark.parametrize("name", ODD[:-1])
async def test_odd_file_names_in_a_bucket(async_gas: AsyncGAS, s3: dict[str, Any], s3_put: Any, name: str) -> None:
    await s3_put(f"data/{name}.png", name.encode())
    cloud = await async_gas.create_s3_storage_config("s3", "data", **s3)
    (data,) = await cloud.list_auth_data("data/").collect()
    assert data.path == f"data/{name}.png"
    assert await data.aread() == name.encode()

    dataset = Dataset("D")
    dataset.create_segment().append(data)
    await async_gas.create_dataset("D", config_name="s3")
    client = await async_gas.upload_dataset(dataset, quiet=True)
    (found,) = await (await client.get_segment()).list_data().collect()
    assert (found.path, await found.aread()) == (f"{name}.png", name.encode())


@pytest.mark.parametrize("name", ["", "x" * 256, "line\nbreak"])
async def test_names_that_can_not_be(async_gas: AsyncGAS, folder: Path, name: str) -> None:
    with pytest.raises(InvalidParamsError):
        await async_gas.create_dataset(name)
    with pytest.raises(InvalidParamsError):
        await async_gas.create_local_storage_config(name, "", folder.as_uri())


async def test_a_file_that_changed_is_uploaded_again(async_gas: AsyncGAS, tmp_path: Path) -> None:
    client = await async_gas.create_dataset("D")
    await client.create_draft("d")
    segment = await client.create_segment()
    data = Data(tmp_path / "file")
    for content in (b"old", b"new", b"longer"):
        data.path.write_bytes(content)
        await segment.upload_data(data)
        assert await (await segment.get_data("file")).aread() == content


@pytest.mark.parametrize("jobs", [0, -1])
async def test_no_jobs_are_refused(async_gas: AsyncGAS, tmp_path: Path, jobs: int) -> None:
    (tmp_path / "file").write_bytes(b"x")
    await async_gas.create_dataset("D")
    dataset = Dataset("D")
    dataset.create_segment().append(Data(tmp_path / "file"))
    with pytest.raises(ValueError, match="jobs must be 1 or more"):
        await async_gas.upload_dataset(dataset, jobs=jobs, quiet=True)
