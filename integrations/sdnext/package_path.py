"""
Makes the Python package `steps_animation` importable: from the clone that contains this file, from the clone that the
environment variable STEPS_ANIMATION names, or installed.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def add_package_path(clone=None):
    """`clone` is the folder of a clone, in place of STEPS_ANIMATION. Raises ImportError with what to install."""
    named = clone or os.environ.get("STEPS_ANIMATION")
    folders = [*Path(__file__).resolve().parents, *([Path(named)] if named else [])]
    packages = [folder / "integrations" / "python" for folder in folders]
    found = next((str(package) for package in packages if (package / "steps_animation").is_dir()), None)
    if found is None and find_spec("steps_animation") is None:
        raise ImportError(
            "The Python package steps-animation was not found. Install it into the Python of this program "
            f'("{sys.executable}" -m pip install <clone>/integrations/python), or set the environment variable '
            "STEPS_ANIMATION to the folder of a clone."
        )
    if found is not None and found not in sys.path:
        sys.path.insert(0, found)
