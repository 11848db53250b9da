"""Who we are to AWS: a key, what this machine is, or a role that is taken on. Also: keys made to be lent."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from tensorbay._util.apart import run_apart
from tensorbay.exception import StorageAccessError, StorageError
from tensorbay.storage._aws_client import OWN, client_config, foreign
from tensorbay.storage._aws_errors import role_refusal
from tensorbay.storage._aws_logs import hide_secrets
from tensorbay.storage._credentials import Lease, Refreshed
from tensorbay.storage._endpoint import parse_sts_endpoint
from tensorbay.storage._options import AccessKey, AssumeRole, AwsIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tensorbay.storage._options import AwsCredentials


def open_credentials(given: AwsCredentials, *, region: str, proxy: str | None) -> Refreshed[AccessKey]:
    """Nothing is asked of anyone until they are needed."""
    if isinstance(given, AccessKey):
        return Refreshed.fixed(given)
    ask = partial(_take_role, given, region, proxy) if isinstance(given, AssumeRole) else partial(_identify, given)
    # It reads files and the environment, and STS may take a minute and a half to be given up.
    return Refreshed(partial(run_apart, ask))


def _identify(identity: AwsIdentity) -> Lease[AccessKey]:
    import botocore.session

    hide_secrets()
    with foreign("AWS's metadata service"):
        credentials = botocore.session.Session(profile=identity.profile).get_credentials()
        if credentials is None:
            raise StorageAccessError(
                "This machine has no identity at AWS: none in the environment, no profile, no web identity, no role "
                "of a container or instance."
            )
        frozen = credentials.get_frozen_credentials()
    end = getattr(credentials, "_expiry_time", None)
    key = AccessKey(key_id=frozen.access_key, secret=frozen.secret_key, token=frozen.token)
    return Lease(key, end.timestamp() if end is not None else None)


def _take_role(role: AssumeRole, region: str, proxy: str | None, **limits: Any) -> Lease[AccessKey]:
    from botocore import exceptions

    external = {"ExternalId": role.external_id} if role.external_id else {}
    with _sts(role.source, role.sts_endpoint, region, proxy) as client:
        try:
            answer = client.assume_role(
                RoleArn=role.role_arn,
                RoleSessionName="tensorbay",
                **{"DurationSeconds": role.duration, **external, **limits},
            )
            return _lease(answer)
        except exceptions.ClientError as exc:
            raise role_refusal(exc.response, role.role_arn) from None
        except KeyError:  # botocore's own, too
            raise StorageError(f"{role.sts_endpoint or 'AWS STS'} does not answer as an AWS service should.") from None


async def mint(role: AssumeRole, policy: str, *, region: str, seconds: int, proxy: str | None) -> Lease[AccessKey]:
    """A key of the role that the policy limits further."""
    return await run_apart(partial(_take_role, role, region, proxy, Policy=policy, DurationSeconds=seconds))


@contextmanager
def _sts(source: AccessKey | AwsIdentity, endpoint: str | None, region: str, proxy: str | None) -> Iterator[Any]:
    import botocore.session

    hide_secrets()
    endpoint = endpoint and parse_sts_endpoint(endpoint)
    key = source if isinstance(source, AccessKey) else _identify(source).value
    with foreign(endpoint or "AWS STS"):
        client = botocore.session.Session(session_vars=OWN).create_client(
            "sts",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=key.key_id,
            aws_secret_access_key=key.secret,
            aws_session_token=key.token,
            config=client_config(proxy),
        )
        try:
            yield client
        finally:
            client.close()


def _lease(answer: Any) -> Lease[AccessKey]:
    made = answer["Credentials"]
    key = AccessKey(key_id=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"])
    return Lease(key, made["Expiration"].timestamp())
