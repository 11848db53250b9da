from __future__ import annotations

from pathlib import Path

import pytest

from tensorbay import AsyncGAS
from tensorbay.aio.sextant import AsyncSextant
from tensorbay.dataset import Data
from tensorbay.exception import InvalidParamsError, NameConflictError, ResourceNotExistError
from tensorbay.label import LabeledBox2D


async def test_a_benchmark_from_its_making_to_its_end(tmp_path: Path) -> None:
    url = (tmp_path / "home").as_uri()
    image = tmp_path / "a"
    image.write_bytes(b"a")
    async with AsyncGAS(url=url) as gas, AsyncSextant(url=url) as sextant:
        client = await gas.create_dataset("Dogs")
        await client.create_draft("draft")
        data = Data(str(image))
        data.label.box2d = [LabeledBox2D(0, 0, 1, 1, category="dog")]
        await (await client.create_segment("train")).upload_data(data)
        await client.commit("boxes")

        made = await sextant.create_benchmark("dogs", client.dataset_id, "main", categories=["dog"], iou_threshold=0.9)
        found = await sextant.get_benchmark("dogs")
        assert found.benchmark_id == made.benchmark_id
        assert (found.dataset_id, found.commit_id) == (client.dataset_id, client.status.commit_id)
        assert (found.categories, found.iou_threshold) == (["dog"], 0.9)
        assert [each.name async for each in sextant.list_benchmarks()] == ["dogs"]
        with pytest.raises(NameConflictError):
            await sextant.create_benchmark("dogs", client.dataset_id, "main")
        with pytest.raises(InvalidParamsError, match="iouThreshold"):
            await sextant.create_benchmark("other", client.dataset_id, "main", iou_threshold=2)
        with pytest.raises(ResourceNotExistError, match='"dogs"'):
            await sextant.get_benchmark("dog")

        evaluation = await found.create_evaluation(client.dataset_id, "main")
        assert (await evaluation.get_result())["result"]["overall"]["mAP"] == 1.0
        (listed,) = await found.list_evaluations().collect()
        assert (listed.evaluation_id, listed.created_at) == (evaluation.evaluation_id, evaluation.created_at)
        assert listed.benchmark is found

        await sextant.delete_benchmark("dogs")
        assert [each.name async for each in sextant.list_benchmarks()] == []
        with pytest.raises(ResourceNotExistError):
            await evaluation.get_result()
