"""
Run by SD.Next when it starts: sees to a Node.js, has it build the clone that this lies in, and says what is missing.
Images are made whatever is.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps_animation import MissingCommand, build_clone, find_command  # noqa: E402

try:
    build_clone()
    find_command()
except (MissingCommand, OSError, subprocess.CalledProcessError) as error:
    print(f"Steps animation: {error}")
    print("Until then the steps are saved, and the command that makes the movie is shown.")
