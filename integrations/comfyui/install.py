"""Run by ComfyUI-Manager: sees to a Node.js, and says what is missing. Images are made whatever is."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps_animation import MissingCommand, find_command, install_node  # noqa: E402

try:
    install_node()
    find_command()
except (MissingCommand, OSError, subprocess.CalledProcessError) as error:
    print(f"Steps Animation: {error}")
    print("Until then the steps are saved, and the command that makes the movie is shown.")
