from __future__ import annotations

from fastapi import APIRouter, Response

from tensorbay.server.dependencies import CurrentServices
from tensorbay.server.replies import reply
from tensorbay.wire import V2

# Not `v2_router`, which asks who it is.
router_v2 = APIRouter(tags=["storage configs"])


@router_v2.get(f"/{V2}storage-service-key")
async def get_key(services: CurrentServices) -> Response:
    """What local storage services verify this server's tokens with: an Ed25519 public key, in PEM.

    Settled here: no access key is needed, for nothing of it is secret.
    """
    signer = await services.service_key.signer()
    return reply({"publicKey": signer.public_key})
