from __future__ import annotations

from fastapi import Response

from tensorbay.server.dependencies import CurrentCaller, CurrentServices
from tensorbay.server.replies import reply
from tensorbay.server.routes._routers import v2_router
from tensorbay.server.vending import lend
from tensorbay.storage import S3Options, Vended
from tensorbay.wire import CredentialsBody, Lent, LentCredentials

router_v2 = v2_router("/storage-configs", "storage configs")


@router_v2.post("/{name:path}/credentials")
async def lend_credentials(
    services: CurrentServices, caller: CurrentCaller, name: str, body: CredentialsBody
) -> Response:
    """Credentials for what lies below the config's path, to read or with `write` also to write, until `expireAt`.

    Settled here: only the role that a config of S3 takes on is lent, cut down to the path by a policy of its session,
    and never the config's own key. Where none is lent `credentials` is null and `reason` says why; signed URLs are
    there all the same. An unknown config is `ResourceNotExist`.
    """
    config = await services.configs.find(caller.team_id, name)
    access = await services.storages.access(config)
    options, lent = access.options, await lend(access, services.settings, write=body.write)
    if not isinstance(lent, Vended) or not isinstance(options, S3Options):
        return reply(Lent(credentials=None, reason=str(lent)))
    return reply(
        Lent(
            credentials=LentCredentials(
                endpoint=options.endpoint,
                region=options.region,
                bucket_name=options.bucket,
                prefix=lent.prefix,
                access_key_id=lent.key.key_id,
                secret_access_key=lent.key.secret,
                session_token=lent.key.token,
                expire_at=lent.expire_at,
            )
        )
    )
