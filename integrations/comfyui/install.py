"""Run by ComfyUI-Manager: installs Node.js if necessary, and prints what else is missing. Never fails."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from package_path import add_package_path  # noqa: E402

try:
    add_package_path()
    from steps_animation import find_command, install_node

    install_node()
    find_command()
except Exception as error:  # ComfyUI works without movies
    print(f"Steps Animation: {error}")
    print("Until then the steps are saved as images, and the command that makes the movie is shown.")
