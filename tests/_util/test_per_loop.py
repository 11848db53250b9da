from __future__ import annotations

import asyncio

import anyio
import pytest

from tensorbay._util.per_loop import PerLoop


class Resource:
    def __init__(self) -> None:
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


class Opening:
    def __init__(self) -> None:
        self.opened: list[Resource] = []
        self.fail = False

    async def __call__(self) -> Resource:
        await asyncio.sleep(0)
        if self.fail:
            raise OSError("no")
        self.opened.append(Resource())
        return self.opened[-1]


async def test_callers_at_the_same_time_share_one() -> None:
    opening = Opening()
    per_loop = PerLoop(opening)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(per_loop.get)
    assert len(opening.opened) == 1


async def test_after_closing_a_new_one_is_opened() -> None:
    opening = Opening()
    per_loop = PerLoop(opening)
    first = await per_loop.get()
    await per_loop.aclose()
    await per_loop.aclose()
    assert first.closed
    assert await per_loop.get() is not first


async def test_a_failure_to_open_is_not_remembered() -> None:
    opening = Opening()
    opening.fail = True
    per_loop = PerLoop(opening)
    with pytest.raises(OSError, match="no"):
        await per_loop.get()
    opening.fail = False
    assert await per_loop.get() is opening.opened[0]


def test_each_loop_has_its_own() -> None:
    opening = Opening()
    per_loop = PerLoop(opening)
    first, second = asyncio.run(per_loop.get()), asyncio.run(per_loop.get())
    assert first is not second
