"""How extensions find the Python package, or report what to install."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

INTEGRATIONS = Path(__file__).resolve().parents[2] / "integrations"
COPIES = [
    INTEGRATIONS / "comfyui" / "package_path.py",
    INTEGRATIONS / "sdnext" / "package_path.py",
    INTEGRATIONS / "webui" / "steps_animation_webui" / "package_path.py",
]
SHOW = "from package_path import add_package_path; add_package_path(); import steps_animation; print(steps_animation.__file__)"


class PackagePathTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def found(self, module, **env):
        """The output of a Python process that imports the package through this module."""
        kept = {name: value for name, value in os.environ.items() if name not in ("STEPS_ANIMATION", "PYTHONPATH")}
        env = {**kept, "PYTHONPATH": str(module.parent), **env}
        return subprocess.run([sys.executable, "-B", "-c", SHOW], env=env, cwd=self.folder, capture_output=True, text=True)

    def copied(self):
        """The module in a copy of an extension outside of the clone."""
        return Path(shutil.copy(COPIES[0], self.folder))

    def test_in_the_clone_that_contains_the_extension(self):
        for module in COPIES:
            self.assertIn(str(INTEGRATIONS / "python"), self.found(module).stdout)

    def test_through_a_link(self):
        link = self.folder / "linked"
        link.symlink_to(INTEGRATIONS / "comfyui", target_is_directory=True)
        self.assertIn(str(INTEGRATIONS / "python"), self.found(link / "package_path.py").stdout)

    def test_in_the_clone_named_by_the_variable(self):
        found = self.found(self.copied(), STEPS_ANIMATION=str(INTEGRATIONS.parent))
        self.assertIn(str(INTEGRATIONS / "python"), found.stdout)

    def test_installed(self):
        installed = self.folder / "site-packages"
        shutil.copytree(INTEGRATIONS / "python" / "steps_animation", installed / "steps_animation")
        path = os.pathsep.join([str(self.copied().parent), str(installed)])
        self.assertIn(str(installed), self.found(self.folder / "package_path.py", PYTHONPATH=path).stdout)

    def test_error_says_what_to_install(self):
        self.assertIn("pip install", self.found(self.copied()).stderr)

    def test_is_the_same_in_each_extension(self):
        self.assertEqual(len({module.read_text("utf8") for module in COPIES}), 1)


if __name__ == "__main__":
    unittest.main()
