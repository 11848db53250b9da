from tensorbay._util.type_enum import TypeEnum, TypeMixin, TypeRegister

__all__ = ["TypeEnum", "TypeMixin", "TypeRegister"]
