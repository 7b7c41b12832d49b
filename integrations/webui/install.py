"""
Run by the web UI when it starts: installs Node.js if necessary, builds the clone that contains this file, and prints what
else is missing. Never fails.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps_animation_webui.package_path import add_package_path  # noqa: E402

try:
    add_package_path()
    from steps_animation import build_clone, find_command, install_node

    install_node()
    build_clone()
    find_command()
except Exception as error:  # the web UI works without movies
    print(f"Steps animation: {error}")
    print("Until then the steps are saved as images, and the command that makes the movie is shown.")
