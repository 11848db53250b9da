"""What a server writes down: never what opens a file or a storage."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tensorbay.server import ServerSettings, create_key
from tensorbay.server.urls import UrlSigner
from tensorbay.storage._folder import FolderStore
from tests.server.routes.scenes import local_config, make_files, make_scene
from tests.server.routes.test_s3_configs import SECRET, config_body
from tests.server.running import running_server, served_api
from tests.servers import S3Server


async def broken(*_: Any, **__: Any) -> AsyncIterator[bytes]:
    yield b"0"
    raise RuntimeError("the disk broke")


async def test_no_signature_key_or_secret(
    home: Path, tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = await make_files(tmp_path / "b", "0123456789")
    key, wrong = await create_key(ServerSettings(home=home), "maria"), "Accesskey-" + "planted" * 4 + "abcd"
    settings = ServerSettings(home=home, allow_folders=(tmp_path,), allow_private_endpoints=True)
    # The options of `serve`, but for the level; and to the root's handlers, which the test reads.
    with running_server(settings, log_config=None) as url:
        logging.getLogger("uvicorn").setLevel(logging.DEBUG)
        async with served_api(url, key) as api, served_api(url, wrong) as stranger:
            await local_config(api, "b", folder)
            file = (await api.call("GET", "cloud/b/files/urls", params={"filePath": "0123456789"}))["url"]
            scene = await make_scene(api)
            form = (await scene.call("GET", "policies", params=scene.query()))["extra"]["host"]
            await stranger.refusal("GET", "users")
            body = config_body(s3_server, "bucket", accesskeySecret=SECRET)
            await api.refusal("POST", "storage-configs/s3", json=body)
            async with httpx.AsyncClient() as client:
                assert (await client.get(file)).status_code == 200
                assert (await client.put(file, content=b"x")).status_code == 403
                assert (await client.post(form, content=b"x")).status_code == 400
                with monkeypatch.context() as patch:
                    patch.setattr(FolderStore, "stream", broken)
                    with pytest.raises(httpx.RemoteProtocolError):
                        await client.get(file)
                    patch.setattr(UrlSigner, "verify", lambda *_, **__: 1 / 0)
                    assert (await client.get(file)).status_code == 500
    assert "the disk broke" in caplog.text
    assert re.search(r"request [0-9a-f]{32} failed: GET /objects/\w+/0123456789\n", caplog.text)
    signatures = [parse_qs(urlsplit(one).query)["signature"][0] for one in (file, form)]
    # Of the server's records: those of the clients of this test are theirs.
    shown = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    text = "\n".join(logging.Formatter("%(name)s: %(message)s").format(record) for record in shown)
    for secret in (*signatures, key, wrong, SECRET):
        assert secret not in text
