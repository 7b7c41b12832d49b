"""Recording never holds up its caller, and loses no step whatever becomes of `record`."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "integrations" / "python"))

from steps_animation import Recording, find_command  # noqa: E402
from steps_animation.kept_pictures import KeptPictures  # noqa: E402

SIZE = (64, 48)


def grey(value):
    return bytes([value]) * (SIZE[0] * SIZE[1] * 3), SIZE


class RecordingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_steps(self, steps=6, image=True, before_end=lambda recording: None, patience=60, **options):
        images = [{"seed": 3, "prompt": "grey", "width": SIZE[0], "height": SIZE[1]}]
        arguments = ("--outdir", str(self.folder / "out"), "--duration", "1")
        passes = [{"steps": steps, "exact": True}]
        recording = Recording(images, passes, self.folder / "rescued", arguments, **options)
        for step in range(1, steps + 1):
            recording.step(0, step, lambda step=step: grey(step % 256))
        before_end(recording)
        if image:
            recording.image(0, grey((steps + 1) % 256))
        recording.finish(patience)
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

    def test_does_not_wait_for_a_record_that_reads_nothing(self):
        # As many bytes as no pipe holds: handing them over would never return.
        recording = self.run_steps(steps=300, command=self.command("import time; time.sleep(600)"), patience=1)
        self.assertIn("has not answered for 1 s", recording.trouble)
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

    def test_goes_on_without_a_step_that_cannot_be_decoded(self):
        def broken():
            raise ValueError("out of memory")

        recording = self.run_steps(before_end=lambda recording: recording.step(0, 7, broken))
        self.assertIn("out of memory", recording.trouble)
        self.assertEqual([result["steps"] for result in recording.results], [6])

    def test_leaves_nothing_at_work_when_it_is_waited_for_no_longer(self):
        class Stop(Exception):
            pass

        def stop():
            raise Stop

        recording = Recording([{}], [{"steps": 1}], self.folder, (), self.command("import time; time.sleep(600)"))
        recording.step(0, 1, grey(1))
        with self.assertRaises(Stop):
            recording.finish(meanwhile=stop)
        self.assertEqual([thread.is_alive() for thread in recording._threads], [False, False])
        self.assertNotEqual(recording._record._process.wait(10), 0)
        self.assertEqual(self.rescued(), [])

    def test_starts_nothing_that_stays_when_it_is_given_up_at_once(self):
        recording = Recording([{}], [{"steps": 1}], self.folder, (), self.command("import time; time.sleep(600)"))
        recording.give_up()
        self.assertEqual([thread.is_alive() for thread in recording._threads], [False, False])

    def test_tells_what_record_says_is_wrong(self):
        recording = self.run_steps(before_end=lambda recording: recording.step(5, 1, grey(1)))
        self.assertIn("no image 5", recording.trouble)


class KeptPicturesTest(unittest.TestCase):
    def test_gives_back_what_no_memory_had_room_for(self):
        store = KeptPictures(limit=10)
        pictures = [bytes([value]) * 6 for value in range(5)]
        kept = [store.keep(picture) for picture in pictures]
        self.assertEqual([give() for give in kept], pictures)
        folder = Path(store._spilled.name)
        self.assertEqual(len(list(folder.iterdir())), 4)
        store.forget()
        self.assertFalse(folder.exists())


class CommandTest(unittest.TestCase):
    def test_is_found_in_the_clone(self):
        self.assertEqual(Path(find_command()[1]), root / "dist" / "cli" / "main.js")


if __name__ == "__main__":
    unittest.main()
