"""
Run by SD.Next when it starts: sees to a Node.js, has it build the clone that this lies in, and says what is missing.
Images are made whatever is.
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
except Exception as error:  # the program starts without movies, whatever is missing
    print(f"Steps animation: {error}")
    print("Until then the steps are saved, and the command that makes the movie is shown.")
