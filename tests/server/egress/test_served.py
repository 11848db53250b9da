from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync

from tensorbay._util.self_signed import ensure_self_signed
from tensorbay.server import ServerSettings, create_key, public_key
from tensorbay.wire import V2
from tests.local_storage.running import running_service
from tests.server.routes.scenes import make_scene
from tests.server.routes.test_s3_configs import config_body
from tests.server.running import embedded_api, running_server, served_api
from tests.servers import S3Server, free_ports
from tests.storage.filling import write_all


async def test_a_server_opens_no_private_endpoint(
    home: Path, s3_server: S3Server, s3_bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    (nobody,) = free_ports(1)
    key = await create_key(ServerSettings(home=home), "maria")
    with running_server(ServerSettings(home=home)) as url:
        async with served_api(url, key) as api:
            messages = set()
            for endpoint in (s3_server.endpoint, f"http://127.0.0.1:{nobody}", "https://10.0.0.1", "http://0x7f.1:80"):
                body = config_body(s3_server, s3_bucket, endpoint=endpoint)
                status, code, message = await api.refusal("POST", "storage-configs/s3", json=body)
                assert (status, code) == (403, "Forbidden")
                messages.add(message.replace(endpoint, "ENDPOINT"))
            assert messages == {
                "ENDPOINT is at an address that is not public, and this server does not open it. Its operator can "
                "allow it: `gas serve --allow-network` (TENSORBAY_ALLOW_NETWORKS), or --allow-private-endpoints."
            }
            assert (await api.call("GET", "storage-configs"))["totalCount"] == 1
    assert "egress refused: '10.0.0.1' is 10.0.0.1, a private address" in caplog.text


async def test_a_config_that_was_made_before_is_refused_too(home: Path, s3_server: S3Server, s3_bucket: str) -> None:
    async with embedded_api(home) as api:
        await api.call("POST", "storage-configs/s3", json=config_body(s3_server, s3_bucket))
    key = await create_key(ServerSettings(home=home), "maria")
    with running_server(ServerSettings(home=home)) as url:
        async with served_api(url, key) as api:
            with anyio.fail_after(60):
                refused = await api.refusal("GET", "cloud/s3/files")
            assert refused[:2] == (403, "Forbidden")
            assert s3_server.endpoint in refused[2]
    with running_server(ServerSettings(home=home, allow_networks=(ip_network("127.0.0.1"),))) as url:
        async with served_api(url, key) as api:
            assert (await api.call("GET", "cloud/s3/files"))["cloudFiles"] == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_local_storage_services_are_guarded(scheme: str, home: Path, tmp_path: Path) -> None:
    """Https goes through CONNECT, with the authority of the settings."""
    settings, root = ServerSettings(home=home), tmp_path / "disks"
    key, public = await create_key(settings, "maria"), await public_key(settings)
    write_all(root, ["data/1.png", "other/1.png"])
    certificate, secret = await run_sync(ensure_self_signed, tmp_path, "127.0.0.1")
    options = {"ssl_certfile": certificate, "ssl_keyfile": secret} if scheme == "https" else {}
    allowed = {"allow_networks": (ip_network("127.0.0.1"),), "ca_bundle": tmp_path / "tls/ca.pem"}
    with running_service(**options) as service:
        service.serve(root, public_key=public)
        body = {"name": "disks", "filePath": "data", "endpoint": service.url}
        with running_server(ServerSettings(home=home)) as url:
            async with served_api(url, key) as api:
                status, code, message = await api.refusal("POST", "storage-configs/local", json=body)
                assert (status, code) == (403, "Forbidden")
                assert message.startswith(f"{service.url} is at an address that is not public")
                # It need not answer yet, nor have a name that is known.
                later = {**body, "name": "later", "endpoint": "http://no-such-host.invalid:9000"}
                await api.call("POST", "storage-configs/local", json=later)
                moved = await api.refusal("PATCH", "storage-configs/later", root=V2, json={"endpoint": service.url})
                assert moved[:2] == (403, "Forbidden")
        async with embedded_api(home) as api:
            await api.call("POST", "storage-configs/local", json=body)
        with running_server(ServerSettings(home=home)) as url:
            async with served_api(url, key) as api:
                status, code, message = await api.refusal("GET", "cloud/disks/files", params={"prefix": "data/"})
                assert (status, code) == (403, "Forbidden")
                assert f"{service.url} is at an address that is not public" in message
                diagnosis = await api.call("POST", "storage-configs/disks/check", root=V2)
                failed = [step for step in diagnosis["steps"] if step["status"] == "failed"]
                assert [(step["name"], "not public" in step["words"]) for step in failed] == [("dns", True)]
        with running_server(ServerSettings(home=home, **allowed)) as url:  # type: ignore[arg-type]
            async with served_api(url, key) as api:
                listed = await api.call("GET", "cloud/disks/files", params={"prefix": "data/"})
                assert listed["cloudFiles"] == ["data/1.png"]
                diagnosis = await api.call("POST", "storage-configs/disks/check", root=V2)
                assert [step["name"] for step in diagnosis["steps"] if step["status"] == "failed"] == []
                assert {step["name"]: step["status"] for step in diagnosis["steps"]}["sign"] == "ok"
                scene = await make_scene(api, config="disks")
                await scene.import_paths("data/1.png", "other/1.png")
                assert {item["remotePath"] for item in await scene.details()} == {"data/1.png", "other/1.png"}
    with running_server(ServerSettings(home=home, **allowed)) as url:  # type: ignore[arg-type]
        async with served_api(url, key) as api:
            _, _, message = await api.refusal("GET", "cloud/disks/files", params={"prefix": "data/"})
            assert "Nothing listens at 127.0.0.1:" in message
