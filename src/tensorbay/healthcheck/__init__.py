"""Whether a dataset is in order."""

from tensorbay.healthcheck.healthcheck import healthcheck
from tensorbay.healthcheck.label_check import LabelError, check_label, check_labels
from tensorbay.healthcheck.report import HealthReport

__all__ = ["HealthReport", "LabelError", "check_label", "check_labels", "healthcheck"]
