from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentServices
from tensorbay.server.replies import reply
from tensorbay.server.routes._routers import v2_router

router_v2 = v2_router("", "storage configs")


@router_v2.get("/storage-service-key")
async def get_key(services: CurrentServices) -> Response:
    """What local storage services verify this server's tokens with: an Ed25519 public key, in PEM.

    Settled here: no access key is needed, for nothing of it is secret.
    """
    signer = await services.service_key.signer()
    return reply({"publicKey": signer.public_key})
