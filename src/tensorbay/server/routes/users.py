from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentCaller
from tensorbay.server.replies import reply
from tensorbay.server.routes._routers import v1_router

router = v1_router("", "users")


@router.get("/users")
async def get_user(caller: CurrentCaller) -> Response:
    """The user the access key belongs to: the name of the key, and its team.

    Settled here: the id is the team's and the key's name; a team has no address and no description.
    """
    return reply(
        {
            "id": f"{caller.team_id}/{caller.name}",
            "nickname": caller.name,
            "email": "",
            "mobile": "",
            "description": "",
            "team": {"id": caller.team_id, "name": caller.team_name, "email": None, "description": ""},
        }
    )
