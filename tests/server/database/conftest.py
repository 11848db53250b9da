from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.databases import KINDS, fresh_url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    return fresh_url(request.param, tmp_path)
