"""By hand: the package needs it before the rest, also when that has to be written anew."""

from tensorbay._util.profile import Profile, format_size, profile

__all__ = ["Profile", "format_size", "profile"]
