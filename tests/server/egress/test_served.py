from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import anyio
import pytest

from tensorbay.server import ServerSettings, create_key
from tests.server.routes.test_s3_configs import config_body
from tests.server.running import embedded_api, running_server, served_api
from tests.servers import S3Server, free_ports


async def test_a_server_opens_no_private_endpoint(
    home: Path, s3_server: S3Server, s3_bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    (nobody,) = free_ports(1)
    key = await create_key(home, "maria")
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
    key = await create_key(home, "maria")
    with running_server(ServerSettings(home=home)) as url:
        async with served_api(url, key) as api:
            with anyio.fail_after(5):
                refused = await api.refusal("GET", "cloud/s3/files")
            assert refused[:2] == (403, "Forbidden")
            assert s3_server.endpoint in refused[2]
    with running_server(ServerSettings(home=home, allow_networks=(ip_network("127.0.0.1"),))) as url:
        async with served_api(url, key) as api:
            assert (await api.call("GET", "cloud/s3/files"))["cloudFiles"] == []
