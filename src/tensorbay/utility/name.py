from tensorbay._util.named import NameList, NameMixin, SortedNameList

__all__ = ["NameList", "NameMixin", "SortedNameList"]
