from tensorbay._util.config import Config, config

__all__ = ["Config", "config"]
