from __future__ import annotations

from typing import Any

from tensorbay.healthcheck.basic_check import check_basic
from tensorbay.healthcheck.catalog_check import check_catalog
from tensorbay.healthcheck.label_check import check_labels
from tensorbay.healthcheck.report import ErrorList, HealthReport

__all__ = ["healthcheck"]


def healthcheck(dataset: Any) -> HealthReport:
    """Look for empty parts, a catalog that contradicts itself, and labels that it does not allow; print the result.

    All data of a remote dataset are listed; no file is opened.
    """
    report = HealthReport()
    report.basic_reports = ErrorList(check_basic(dataset))
    found: dict[str, list[Any]] = {}
    for name, error in check_catalog(dataset.catalog):
        found.setdefault(name, []).append(error)
    for name, errors in found.items():
        report.subcatalog_reports[name] = ErrorList(errors)
    report.label_reports = ErrorList(check_labels(dataset))
    print("\n".join(report.lines()))  # noqa: T201  (what it is for)
    return report
