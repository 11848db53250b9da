"""`nox -s lint quickstart tests` is what CI runs; `nox -l` lists the rest."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "tests"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)

IMPORT_ALL = """
import importlib, pkgutil, tensorbay
for module in pkgutil.walk_packages(tensorbay.__path__, "tensorbay."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def install(session: nox.Session, *groups: str, extras: str = "fast,numpy") -> None:
    """The package with its extras, as a user gets it, and the dependency groups of the session."""
    session.install(f".[{extras}]", *nox.project.dependency_groups(PYPROJECT, *groups))


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite, against real servers that it starts and stops."""
    install(session, "test")
    # A file of tests goes to one of two workers, each with servers of its own: half the time is spent waiting.
    session.run("pytest", "--numprocesses", "2", "--dist", "loadfile", *session.posargs)


@nox.session
def compat(session: nox.Session) -> None:
    """The unmodified tensorbay 1.24.2 from PyPI, in a virtualenv of its own, against our server; the same by ours."""
    install(session, "test")
    session.run("pytest", "tests/compat", *session.posargs)


@nox.session(python=PYTHONS, default=False)
def versions(session: nox.Session) -> None:
    """The test suite on each supported Python that is installed."""
    install(session, "test")
    session.run("pytest", *session.posargs)


@nox.session(python=[PYTHONS[0], PYTHONS[-1]], default=False)
def quickstart(session: nox.Session) -> None:
    """README's first command on the oldest and the newest Python that is supported; then every module is imported."""
    session.install(".")
    session.run("gas", "quickstart", env={"TENSORBAY_HOME": session.create_tmp()})
    session.run("python", "-c", IMPORT_ALL)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, import layers, and whether the generated facade is up to date."""
    install(session, "lint", "typing")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("python", "-m", "tensorbay.client._generate", "--check")


@nox.session(default=False)
def typing(session: nox.Session) -> None:
    """mypy, strict, over sources, tests and benchmarks; a part of `lint`."""
    install(session, "typing")
    session.run("mypy", *session.posargs)


@nox.session(default=False)
def facade(session: nox.Session) -> None:
    """Write src/tensorbay/client anew from src/tensorbay/aio."""
    install(session, "lint")
    session.run("python", "-m", "tensorbay.client._generate", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure against SeaweedFS on this machine; prints the table and writes benchmarks/results.md."""
    install(session, "bench")
    session.run("python", "-m", "benchmarks", *session.posargs)
