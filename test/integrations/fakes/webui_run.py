"""Base of the tests of the web UI's script: the script in a fake web UI, with a fake `Recording`."""

import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from fakes import webui

modules = webui.install()

import scripts.steps_animation_script as script_module  # noqa: E402
from steps_animation_webui import last_runs, movie, results, run  # noqa: E402

BRIEF = (True, "x264", "blend", 1)


class FakeRecording:
    """Records its calls, and returns a movie for each image once it may."""

    instances = []
    #: while `may_finish` is not set, `finish` waits
    is_finishing, may_finish = threading.Event(), threading.Event()

    def __init__(self, images, passes, folder, arguments):
        self.images, self.passes, self.folder, self.arguments = images, passes, folder, arguments
        self.steps, self.finished, self.trouble = {}, {}, None
        self.is_running = True
        FakeRecording.instances.append(self)

    def step(self, image, step, picture, pass_index=0):
        pixels, _ = picture() if callable(picture) else picture
        self.steps.setdefault(image, []).append((pass_index, step, pixels[0]))

    def image(self, image, picture, infotext=None, reason="finished"):
        self.finished[image] = (picture[0][0], infotext, reason)

    def give_up(self):
        self.is_running = False

    def finish(self):
        self.is_finishing.set()
        self.may_finish.wait(60)
        self.is_running = False
        return [{"type": "animation", "path": f"/movies/{image}.mp4"} for image in self.finished]


class Base(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        recording = mock.patch.object(movie, "Recording", FakeRecording)
        recording.start()
        self.addCleanup(recording.stop)
        self.addCleanup(setattr, modules.shared.state, "interrupted", False)
        FakeRecording.instances.clear()
        self.addCleanup(self.assert_that_none_is_running)
        FakeRecording.is_finishing.clear()
        FakeRecording.may_finish.set()
        webui.reported.clear()
        results._shown.clear()
        last_runs._runs.clear()
        run.RING._runs.clear()
        modules.shared.opts.outdir_samples = str(self.folder)
        self.script = script_module.StepsAnimationScript()

    def assert_that_none_is_running(self):
        """Runs after every test."""
        for thread in _own_threads():
            thread.join(60)
        self.assertEqual([one for one in FakeRecording.instances if one.is_running], [])

    def generate(self, arguments=BRIEF, during=lambda number: None, **attributes):
        """`attributes` are those of `Processing`; it is a request of the API unless `is_api` is False."""
        p = webui.Processing(self.folder, **attributes)
        return p, webui.generate(self.script, p, arguments, during)

    def recorded(self, arguments=BRIEF, **attributes):
        p, _ = self.generate(arguments, **attributes)
        self.assertEqual(webui.reported, [])
        (recording,) = FakeRecording.instances
        return p, recording

    def settled(self, work=None):
        """Waits for `work`, or for all threads. Returns the paths and the trouble that the panel shows."""
        for thread in [work[0]] if work else _own_threads():
            thread.join(60)
        result = results.shown("txt2img")
        self.assertFalse(result.is_pending)
        return result.paths, result.trouble


def _own_threads():
    return [one for one in threading.enumerate() if one.name.startswith("steps animation")]
