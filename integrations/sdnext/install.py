"""
Run by SD.Next when it starts: builds the clone that contains this file, with Node.js if necessary, and prints what else is
missing. Never fails.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from package_path import add_package_path  # noqa: E402

try:
    add_package_path()
    from steps_animation import build_clone, find_command

    build_clone()
    find_command()
except Exception as error:  # SD.Next works without movies
    print(f"Steps animation: {error}")
    print("Until then the steps are saved as images, and the command that makes the movie is shown.")
