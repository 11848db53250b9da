"""What a team may have the server's machine open. An embedded server is its user's own: it may open everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorbay import wire
from tensorbay.exception import ForbiddenError, InvalidParamsError
from tensorbay.server.config_options import folder_of

if TYPE_CHECKING:
    from tensorbay.server.config_options import Body
    from tensorbay.server.settings import ServerSettings

__all__ = ["authorized", "external_id", "server_identity"]

_IDENTITIES = (wire.AwsIdentity, wire.ManagedIdentity, wire.GoogleIdentity)


def external_id(team_id: str) -> str:
    """What a role's owner requires of this team when the server takes the role on.

    Any team may name any role, and to AWS they are all the server. The id tells them apart because no team chooses
    it; it need not be secret. It outlives rotations of the secret key: it stands in trust policies.
    """
    return f"tensorbay-{team_id}"


def authorized(settings: ServerSettings, team_id: str, body: Body) -> Body:
    """`body` as the team may use it. ForbiddenError says what the operator would have to allow.

    Blocking: it looks at folders.
    """
    if settings.embedded:
        return body
    if isinstance(body, wire.LocalConfig):
        if not body.is_service and not settings.allows_folder(folder := folder_of(body.endpoint)):
            raise ForbiddenError(
                f"This server may not open the folder {folder}: its operator allows folders with the setting "
                "`allow_folders` (TENSORBAY_ALLOW_FOLDERS), and never its own home or a folder around that."
            )
        return body
    if (identity := server_identity(body)) is None:
        return body
    if not settings.allow_server_identity:
        raise ForbiddenError(
            f"This server may not use its own identity (`{identity.type}`) for storage configs: its operator allows "
            "that with `gas serve --allow-server-identity` (TENSORBAY_ALLOW_SERVER_IDENTITY). Give credentials "
            "of your own instead."
        )
    if isinstance(identity, wire.AwsIdentity) and identity.profile is not None:
        raise ForbiddenError(
            f"The profile {identity.profile!r} of the server's machine is its operator's: leave `profile` out."
        )
    given = body.credentials
    return body if not isinstance(given, wire.AssumeRole) else _with_external_id(body, given, external_id(team_id))


def server_identity(body: Body) -> wire.AwsIdentity | wire.ManagedIdentity | wire.GoogleIdentity | None:
    """As what of this machine's own the store is asked; None where the config has a key."""
    identity = body.credentials.source if isinstance(body.credentials, wire.AssumeRole) else body.credentials
    return identity if isinstance(identity, _IDENTITIES) else None


def _with_external_id(body: Body, given: wire.AssumeRole, team_external_id: str) -> Body:
    if given.external_id not in (None, team_external_id):
        raise InvalidParamsError(
            f"When this server takes on a role, the external id is {team_external_id!r} and cannot be chosen: "
            "leave it out, and require it in the role's trust policy."
        )
    return body.model_copy(update={"credentials": given.model_copy(update={"external_id": team_external_id})})
