from tensorbay._util.repr import ReprMixin, ReprType, repr_config

__all__ = ["ReprMixin", "ReprType", "repr_config"]
