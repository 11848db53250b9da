"""What is wrong with a storage: tried step by step, told in words, with the permission to ask for."""

from tensorbay.storage.diagnosis._examine import examine
from tensorbay.storage.diagnosis._judge import Finding, Kind, judge, kind_of
from tensorbay.storage.diagnosis._network import Resolve
from tensorbay.storage.diagnosis._policy import policy_for

__all__ = ["Finding", "Kind", "Resolve", "examine", "judge", "kind_of", "policy_for"]
