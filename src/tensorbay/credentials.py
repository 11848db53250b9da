"""Who asks a store, for `credentials=` of the methods of `GAS` that create and update storage configs.

S3 and OSS: `AccessKey`, `AwsIdentity`, `AssumeRole`. Azure: `AccountKey`, `SasToken`, `ManagedIdentity`. Google:
`ServiceAccount`, `GoogleIdentity`. Secrets are left out when a value is printed.
"""

from tensorbay.wire import (
    AccessKey,
    AccountKey,
    AssumeRole,
    AwsIdentity,
    GoogleIdentity,
    ManagedIdentity,
    SasToken,
    ServiceAccount,
)

__all__ = [
    "AccessKey",
    "AccountKey",
    "AssumeRole",
    "AwsIdentity",
    "GoogleIdentity",
    "ManagedIdentity",
    "SasToken",
    "ServiceAccount",
]
