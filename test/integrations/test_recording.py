"""Recording never blocks its caller, and loses no step when `record` fails."""

import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "integrations" / "python"))

from steps_animation import Record, Recording  # noqa: E402
from steps_animation.picture_store import PictureStore  # noqa: E402

SIZE = (64, 48)

#: a `record` that takes a tenth of a second for each message
SLOW = """
import json, sys, time
for line in sys.stdin.buffer:
    sys.stdin.buffer.read(json.loads(line).get("bytes", 0))
    time.sleep(0.1)
print('{"type": "animation", "path": "slow.mp4"}')
"""


def grey(value):
    return bytes([value]) * (SIZE[0] * SIZE[1] * 3), SIZE


class RecordingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def started(self, steps=6, exact=False, **options):
        images = [{"seed": 3, "prompt": "grey", "width": SIZE[0], "height": SIZE[1]}]
        arguments = ("--outdir", str(self.folder / "out"), "--duration", "1", "--look=classic")
        passes = [{"steps": steps, "exact": exact}]
        return Recording(images, passes, self.folder / "rescued", arguments, **options)

    def run_steps(self, steps=6, image=True, before_end=lambda recording: None, timeout_s=60, **options):
        recording = self.started(steps, exact=True, **options)
        for step in range(1, steps + 1):
            recording.step(0, step, lambda step=step: grey(step % 256))
        before_end(recording)
        if image:
            recording.image(0, grey((steps + 1) % 256))
        recording.finish(timeout_s)
        return recording

    def command(self, source):
        script = self.folder / "command.py"
        script.write_text(source)
        return (sys.executable, str(script))

    def rescued(self):
        return sorted(path.name for path in self.folder.glob("rescued/*/image-0/*.png"))

    def test_makes_the_movie(self):
        recording = self.run_steps()
        self.assertIsNone(recording.trouble)
        self.assertEqual([result["frames"] for result in recording.results], [30])
        self.assertEqual(self.rescued(), [])

    def test_does_not_block_when_record_does_not_read(self):
        # As many bytes as no pipe holds: handing them over would never return.
        recording = self.run_steps(steps=300, command=self.command("import time; time.sleep(600)"), timeout_s=1)
        self.assertIn("has not responded for 1 s", recording.trouble)
        self.assertEqual(len(self.rescued()), 301)

    def test_saves_every_step_when_record_is_killed(self):
        def kill(recording):
            while recording._record is None:
                pass
            recording._record.kill()

        recording = self.run_steps(steps=40, before_end=kill)
        self.assertIn('steps-animation render "', recording.trouble)
        self.assertEqual(len(self.rescued()), 41)

    def test_saves_every_step_when_there_is_no_command(self):
        with mock.patch.dict("os.environ", {"STEPS_ANIMATION": str(self.folder)}):
            recording = self.run_steps()
        self.assertIn("STEPS_ANIMATION", recording.trouble)
        self.assertEqual(self.rescued(), [f"0-{step:07}.png" for step in range(1, 7)] + ["finished.png"])

    def test_omits_a_step_that_cannot_be_decoded(self):
        def broken():
            raise ValueError("out of memory")

        recording = self.run_steps(before_end=lambda recording: recording.step(0, 7, broken))
        self.assertIn("out of memory", recording.trouble)
        self.assertEqual([result["steps"] for result in recording.results], [6])

    def test_ends_its_threads_and_record_when_the_wait_is_aborted(self):
        class Stop(Exception):
            pass

        def stop():
            raise Stop

        recording = Recording([{}], [{"steps": 1}], self.folder, (), self.command("import time; time.sleep(600)"))
        recording.step(0, 1, grey(1))
        with self.assertRaises(Stop):
            recording.finish(meanwhile=stop)
        self.assertEqual([recording._decoder.is_alive(), recording._sender.is_alive()], [False, False])
        self.assertNotEqual(recording._record._process.wait(10), 0)
        self.assertEqual(self.rescued(), [])

    def test_ends_when_given_up_at_once(self):
        recording = Recording([{}], [{"steps": 1}], self.folder, (), self.command("import time; time.sleep(600)"))
        recording.give_up()
        self.assertEqual([recording._decoder.is_alive(), recording._sender.is_alive()], [False, False])

    def test_stops_decoding_when_given_up(self):
        decoding, gate, decoded = threading.Event(), threading.Event(), []

        def slow():
            decoding.set()
            gate.wait()
            decoded.append(1)
            return grey(1)

        with mock.patch("steps_animation.recording.PictureStore", lambda: PictureStore(max_memory_bytes=0)):
            recording = self.started(command=self.command("import time; time.sleep(600)"))
        for step in range(1, 101):
            recording.step(0, step, slow)
        decoding.wait()
        with mock.patch("steps_animation.recording.SHUTDOWN_TIMEOUT_S", 0):
            recording.give_up()
        recording.step(0, 101, grey(1))
        gate.set()
        recording._sender.join()
        self.assertEqual((len(decoded), recording._stored), (1, []))
        self.assertFalse(Path(recording._store._folder.name).exists())

    def test_stops_saving_when_given_up(self):
        recording = self.started(command=self.command("raise SystemExit(1)"))
        written = []

        def png(*_):
            written.append(1)
            threading.Thread(target=recording.give_up).start()
            while not recording._is_given_up:
                pass
            return b""

        for step in range(1, 101):
            recording.step(0, step, grey(1))
        with mock.patch("steps_animation.recording.png", png):
            recording.close()
            recording._sender.join()
        self.assertEqual((len(written), self.rescued()), (1, []))

    def test_kills_the_processes_of_a_script_around_record(self):
        sleeper = """import time; print('{"type": "started"}', flush=True); time.sleep(60)"""
        wrapper = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleeper!r}])"
        recording = self.started(command=self.command(wrapper))
        while not (recording._record and recording._record.results):
            pass
        recording.give_up()
        # A process that is left would keep the output pipe open.
        self.assertFalse(recording._sender.is_alive())

    def test_saves_no_steps_when_all_movies_are_finished(self):
        images = [{"seed": seed, "prompt": "grey", "width": SIZE[0], "height": SIZE[1]} for seed in (3, 4)]
        arguments = ("--outdir", str(self.folder / "out"), "--duration", "1", "--look=classic", "--grid")
        recording = Recording(images, [{"steps": 1}], self.folder / "rescued", arguments)
        for image in (0, 1):
            recording.step(image, 1, grey(1))
            recording.image(image, grey(2))
        recording.step(0, 2, lambda: grey("broken"))
        self.assertEqual({result["seed"] for result in recording.finish()}, {3, 4, None})
        self.assertIn("A step has no picture", recording.trouble)
        self.assertEqual(list(self.folder.glob("rescued/*")), [])

    def test_reports_the_errors_of_record(self):
        recording = self.run_steps(before_end=lambda recording: recording.step(5, 1, grey(1)))
        self.assertIn("no image 5", recording.trouble)

    def test_releases_everything_without_a_call_of_finish(self):
        recording = self.started()
        recording.step(0, 1, grey(1))
        recording.image(0, grey(2))
        recording.close()
        recording._sender.join()
        self.assertEqual([result["steps"] for result in recording.results], [1])
        self.assertEqual((recording._stored, recording.is_over), ([], True))

    def test_saves_every_step_without_a_call_of_finish(self):
        recording = self.started(command=self.command("raise SystemExit(1)"))
        recording.step(0, 1, grey(1))
        recording.close()
        recording._sender.join()
        self.assertEqual(self.rescued(), ["0-0000001.png"])

    def test_waits_while_a_slow_record_makes_progress(self):
        # Each picture takes a while, and all together take longer than the timeout.
        recording = self.run_steps(steps=40, command=self.command(SLOW), timeout_s=2)
        self.assertIsNone(recording.trouble)
        self.assertEqual(recording.results, [{"type": "animation", "path": "slow.mp4"}])

    def test_ignores_other_output(self):
        source = f"print('Welcome!', flush=True)\nprint('[1]', flush=True)\n{SLOW.replace('0.1', '0')}"
        recording = self.run_steps(command=self.command(source))
        self.assertIsNone(recording.trouble)
        self.assertEqual(len(recording.results), 1)

    def test_saves_every_step_after_an_unexpected_error(self):
        with mock.patch("steps_animation.record.Record.start", side_effect=TypeError("not JSON serializable")):
            recording = self.run_steps()
        self.assertIn("not JSON serializable. The steps are saved", recording.trouble)
        self.assertEqual(len(self.rescued()), 7)

    def test_saves_every_step_when_the_movie_is_incomplete(self):
        send, count = Record.send_picture, iter(range(100))

        def broken(*arguments):
            if next(count) == 3:
                raise MemoryError("no memory")
            send(*arguments)

        with mock.patch.object(Record, "send_picture", broken):
            recording = self.run_steps()
        self.assertIn("no memory. The steps are saved", recording.trouble)
        self.assertEqual([result["steps"] for result in recording.results], [3])
        self.assertEqual(len(self.rescued()), 7)

    def test_limits_the_memory_of_pictures_while_decoding_is_slow(self):
        gate = threading.Event()
        size = len(grey(0)[0])
        with mock.patch("steps_animation.recording.PictureStore", lambda: PictureStore(max_memory_bytes=2 * size)):
            recording = self.started()
        recording.step(0, 1, lambda: gate.wait() and grey(1))
        for step in range(2, 8):
            recording.step(0, step, grey(step))
        self.assertEqual(len(list(Path(recording._store._folder.name).iterdir())), 4)
        gate.set()
        recording.image(0, grey(8))
        self.assertEqual([result["steps"] for result in recording.finish()], [7])

    def test_omits_a_step_that_cannot_be_stored(self):
        full = mock.Mock(side_effect=OSError("No space left on device"))
        recording = self.started()
        recording.step(0, 1, grey(1))
        with mock.patch.object(recording._store, "add", full):
            recording.step(0, 2, grey(2))
        recording.image(0, grey(3))
        recording.finish()
        self.assertIn("No space left", recording.trouble)
        self.assertEqual([result["steps"] for result in recording.results], [1])


class PictureStoreTest(unittest.TestCase):
    def test_reads_pictures_back_from_files(self):
        store = PictureStore(max_memory_bytes=10)
        pictures = [bytes([value]) * 6 for value in range(5)]
        kept = [store.add(picture) for picture in pictures]
        self.assertEqual([give() for give in kept], pictures)
        folder = Path(store._folder.name)
        self.assertEqual(len(list(folder.iterdir())), 4)
        store.clear()
        self.assertFalse(folder.exists())


if __name__ == "__main__":
    unittest.main()
