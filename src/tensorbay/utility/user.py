from tensorbay._util.user import UserMapping, UserMutableMapping, UserMutableSequence, UserSequence

__all__ = ["UserMapping", "UserMutableMapping", "UserMutableSequence", "UserSequence"]
