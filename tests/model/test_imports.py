from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import tensorbay
from tensorbay.label import Label

PACKAGES = ("geometry", "label", "label.formats", "sensor", "dataset", "healthcheck", "utility")

# What the rest of the project needs and the model must not.
_BLOCKED = """
aiobotocore aiohttp aiosqlite alembic anyio asyncio click cryptography fastapi httpx ijson numpy obstore pydantic
sqlalchemy starlette tqdm typing_extensions ulid urllib.request uvicorn
"""

_SCRIPT = f"""
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if any(name == blocked or name.startswith(blocked + ".") for blocked in {_BLOCKED.split()!r}):
            raise ImportError(name)
sys.meta_path.insert(0, Block())
for package in {PACKAGES!r}:
    __import__("tensorbay." + package)
from tensorbay.dataset import Dataset, Data
from tensorbay.label import LabeledBox3D
data = Data("x.png")
data.label.box3d = [LabeledBox3D([1, 2, 3], [1, 2, 3], [0, 1, 0, 0])]
Dataset("d").create_segment().append(data)
print(data.label.dump_json().decode())
"""


def test_the_model_works_without_the_modules_of_the_rest() -> None:
    result = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.startswith('{"BOX3D":[{"box3d"')


@pytest.mark.parametrize("package", PACKAGES)
def test_all_names_exist_and_nothing_else_is_public(package: str) -> None:
    module = importlib.import_module(f"tensorbay.{package}")
    submodules = {name for _, name, _ in pkgutil.iter_modules(module.__path__)}
    public = {name for name in vars(module) if not name.startswith("_")} - submodules
    late = set(importlib.import_module("tensorbay.utility.requests").LATE) if package == "utility" else set()
    assert public - {"annotations", "Any", "TYPE_CHECKING"} | late == set(module.__all__) - submodules
    assert len(set(module.__all__)) == len(module.__all__)


def test_importing_the_package_runs_nothing() -> None:
    script = "import sys, tensorbay; print(*sorted(m for m in sys.modules if m.startswith('tensorbay')))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "tensorbay.server" not in output.split()
    assert tensorbay.__version__


def test_an_empty_label_is_small() -> None:
    label = Label()
    assert not hasattr(label, "__dict__")
    assert sys.getsizeof(label) < 200
