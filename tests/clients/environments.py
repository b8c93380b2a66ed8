"""Each client in an environment of its own, under var/clients; made once, then without network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CLIENTS = HERE.parent.parent / "var/clients"
PATIENCE = 600  # seconds for an installation
CALLS = 240  # seconds for all calls of one client


def python_of(name: str) -> Path:
    """The interpreter of the client's environment, which is made where it is missing."""
    folder = CLIENTS / name
    python = folder / "bin/python"

    def install() -> None:
        bare = ["-m", "venv", "--clear", "--without-pip", folder]
        subprocess.run([sys.executable, *bare], check=True)
        pip = [sys.executable, "-m", "pip", "--python", python]  # ours fills it, too
        _run([*pip, "install", "--quiet", "-r", HERE / name / "requirements.txt"], PATIENCE)

    _once(folder, HERE / name / "requirements.txt", install)
    return python


def run_python(name: str, about: dict) -> Iterator[dict]:
    """The outcomes of tests/clients/NAME/calls.py, one for each call it made."""
    yield from _outcomes([python_of(name), HERE / name / "calls.py"], about)


def run_node(name: str, about: dict) -> Iterator[dict]:
    """The outcomes of tests/clients/NAME/calls.mjs; skipped where there is no Node, but not in
    CI.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        if os.getenv("CI") == "true":
            pytest.fail("Node is missing.")
        pytest.skip("Node is missing, so this client was not tried.")
    folder = CLIENTS / name

    def install() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(HERE / name / "package.json", folder)
        _run(
            [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"],
            PATIENCE,
            cwd=folder,
        )

    _once(folder, HERE / name / "package.json", install)
    shutil.copy(HERE / name / "calls.mjs", folder)
    yield from _outcomes([node, folder / "calls.mjs"], about)


def _once(folder: Path, wanted: Path, install) -> None:
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    mark = folder / ".installed"
    if not mark.exists() or mark.read_text() != digest:
        install()
        mark.write_text(digest)


def _run(command: list, seconds: int, cwd: Path | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=seconds
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")


def _outcomes(command: list, about: dict) -> Iterator[dict]:
    done = subprocess.run(
        [str(part) for part in command],
        input=json.dumps(about),
        capture_output=True,
        text=True,
        timeout=CALLS,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)
    if done.returncode:
        pytest.fail(f"The client ended badly:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
