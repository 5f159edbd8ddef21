# /// script
# dependencies = ["nox>=2025.2"]
# ///
"""What is run on this project: ``nox -s conformance`` is the main job, ``nox -s tests`` the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests", "conformance"]

PROJECT = nox.project.load_toml("pyproject.toml")
ARRAY_LIBRARIES = ("strict", "torch", "jax", "dask")
PEERS = ("chainer-7.8.1", "mindspore-2.10.0", "mxnet-1.9.1", "mxnet-2.0.0b1")


@nox.session
def conformance(session: nox.Session) -> None:
    """Check lbref against the published formulas on every array library that can be installed here."""
    session.install(".[conformance]")
    for library in ARRAY_LIBRARIES:
        _install_if_possible(session, *_group(library))
    if cuda := _cuda_version():
        _install_if_possible(session, f"cupy-cuda{cuda}x")
    session.run("python", "-m", "lbref_conformance", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test."""
    session.install(".[conformance]", *_group("test"))
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.11")  # the newest that all of them run on
@nox.parametrize("peer", [nox.param(peer, id=peer) for peer in PEERS])
def peers(session: nox.Session, peer: str) -> None:
    """Record anew what a real package computes, and compare that with the recording that is kept."""
    building = []
    if peer.startswith("chainer"):  # its setup.py does not run with newer ones
        session.install("setuptools<60", "wheel")
        building = ["--no-build-isolation"]
    session.install(*building, "-r", f"conformance/peers/requirements/{peer}.txt")
    new = f"{session.create_tmp()}/{peer}.json"
    session.run("python", "conformance/peers/record.py", peer, new)
    session.run("python", "conformance/peers/compare.py", f"conformance/peers/recorded/{peer}.json", new)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install(".[conformance]", *_group("types"))
    session.run("mypy")


def _group(name: str) -> tuple[str, ...]:
    return tuple(nox.project.dependency_groups(PROJECT, name))


def _install_if_possible(session: nox.Session, *requirements: str) -> None:
    """Install what a machine may lack: the run then says which backends were not there. In CI nothing may lack."""
    try:
        session.install(*requirements)
    except CommandFailed:
        if os.environ.get("CI"):
            raise
        session.warn(f"{', '.join(requirements)} cannot be installed here; the report will say so")


def _cuda_version() -> str:
    """Return the major version of CUDA that the driver speaks, or nothing where there is no NVIDIA GPU."""
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return ""
    said = subprocess.run([smi], capture_output=True, text=True, check=False)  # noqa: S603  found on the path
    found = re.search(r"CUDA Version: (\d+)\.", said.stdout)
    return found.group(1) if found else ""
