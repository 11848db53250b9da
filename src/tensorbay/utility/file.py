from typing import BinaryIO

from tensorbay._util.file import URL, FileMixin, RemoteFileMixin

__all__ = ["URL", "FileMixin", "RemoteFileMixin", "UserResponse"]

# For annotations: what `open()` of a remote file gives.
UserResponse = BinaryIO
