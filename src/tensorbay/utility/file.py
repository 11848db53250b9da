from tensorbay._util.file import URL, FileMixin, RemoteFileMixin

__all__ = ["URL", "FileMixin", "RemoteFileMixin"]
