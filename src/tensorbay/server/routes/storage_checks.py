from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentCaller, CurrentServices
from tensorbay.server.replies import reply
from tensorbay.server.routes._routers import v2_router

router_v2 = v2_router("/storage-configs", "storage configs")


@router_v2.post("/{name:path}/check")
async def check_config(services: CurrentServices, caller: CurrentCaller, name: str) -> Response:
    """Diagnose a storage config step by step: what works, what was refused in whose words, and what to allow.

    Settled here: it is tried from this server, and takes up to a minute. A small object is written below the config's
    path, and deleted again. A storage that does not work is a diagnosis and no error: `canRead`, `canWrite`, `canCopy`
    and `canSign` tell what it can be used for. An unknown config is `ResourceNotExist`; a folder that this server may
    not open is `Forbidden`.
    """
    diagnosis = await services.storages.diagnose(caller.team_id, name)
    return reply(diagnosis.dumps())
