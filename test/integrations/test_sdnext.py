"""SD.Next's script animates each call of a pipeline, and restores it afterwards."""

import importlib.util
import os
import sys
import threading
import unittest
from pathlib import Path
from unittest import mock

script = Path(__file__).resolve().parents[2] / "integrations" / "sdnext" / "scripts" / "steps_animation_sdnext.py"

from fakes.diffusers import DecoderFake, PipelineFake  # noqa: E402
from fakes.recording import RecordingFake  # noqa: E402
from fakes.sdnext import SdNextFake  # noqa: E402


def wait_for_movies():
    for thread in threading.enumerate():
        if thread.name == "steps-animation":
            thread.join()


class SdNextTest(unittest.TestCase):
    def start(self, **pipes):
        """SD.Next with the script loaded."""
        sdnext = SdNextFake(**pipes)
        patch = sdnext.modules()
        patch.start()
        self.addCleanup(patch.stop)
        spec = importlib.util.spec_from_file_location("steps_animation_sdnext", script)
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        sdnext.callbacks["ui_settings"]()
        RecordingFake.instances = []
        for name, fake in (("animated_run.Recording", RecordingFake), ("pipeline.LatentDecoder", DecoderFake)):
            module, attribute = name.split(".")
            target = importlib.import_module(f"steps_animation.{module}")
            replaced = mock.patch.object(target, attribute, fake)
            replaced.start()
            self.addCleanup(replaced.stop)
        return sdnext

    def test_uses_the_package_of_the_clone(self):
        self.start()
        self.assertIn(os.path.join("integrations", "python"), sys.modules["steps_animation"].__file__)

    def test_makes_a_movie_of_each_call_of_each_stage(self):
        sdnext = self.start(base=PipelineFake(), hires=PipelineFake(), refiner=PipelineFake())
        result = sdnext.generate(["a cat", "a dog"])
        self.assertEqual([image.value for image in result.images], [250, 249])
        self.assertEqual(len(RecordingFake.instances), 4)
        prompts = [[image["prompt"] for image in recording.images] for recording in RecordingFake.instances]
        self.assertEqual(prompts, [["a cat", "a dog"], ["a cat", "a dog"], ["a cat"], ["a dog"]])
        for recording in RecordingFake.instances:
            self.assertEqual([step for image, step, _ in recording.steps if image == 0], [1, 2, 3, 4])
            self.assertEqual(recording.arguments[-3:], ["--folder", "outputs/text", "--no-save-images"])
        wait_for_movies()
        self.assertEqual(sum('movie="0.mp4" steps=4' in line for line in sdnext.log), 6)

    def test_sdnext_sees_the_original_class_of_the_pipeline(self):
        pipe = PipelineFake()
        sdnext = self.start(base=pipe, hires=pipe, refiner=pipe)
        for _ in range(2):
            sdnext.generate(["a cat", "a dog"])
            self.assertIs(type(pipe), PipelineFake)
        self.assertEqual(sdnext.classes, [PipelineFake] * 8)
        self.assertEqual(len(RecordingFake.instances), 8)

    def test_does_not_wait_for_movies(self):
        generated, waited = threading.Event(), []

        def finish(recording):
            waited.append(generated.wait(5))
            return []

        sdnext = self.start(base=PipelineFake())
        with mock.patch.object(RecordingFake, "finish", finish):
            sdnext.generate()
            generated.set()
            wait_for_movies()
        self.assertEqual(waited, [True])

    def test_restores_a_pipeline_that_fails(self):
        pipe = PipelineFake()
        pipe.on_step = mock.Mock(side_effect=[None, RuntimeError("out of memory")])
        sdnext = self.start(base=pipe)
        with self.assertRaises(RuntimeError):
            sdnext.generate()
        self.assertIs(type(pipe), PipelineFake)
        self.assertEqual(RecordingFake.instances[0].finished[0][2], "interrupted")

    def test_makes_no_movie_when_disabled(self):
        sdnext = self.start(base=PipelineFake())
        sdnext.opts.steps_animation = False
        self.assertEqual(len(sdnext.generate().images), 1)
        self.assertEqual(RecordingFake.instances, [])

    def test_uses_the_options_of_the_settings(self):
        sdnext = self.start(base=PipelineFake())
        sdnext.opts.steps_animation_options = '--duration 6 --image-path "a b"'
        sdnext.generate()
        self.assertEqual(RecordingFake.instances[0].arguments[-4:], ["--duration", "6", "--image-path", "a b"])

    def test_generates_when_no_movie_can_be_made(self):
        sdnext = self.start(base=PipelineFake())
        for options in ('--unclosed "', ""):
            sdnext.opts.steps_animation_options = options
            with mock.patch.object(DecoderFake, "__init__", side_effect=ValueError("no VAE")):
                self.assertEqual(len(sdnext.generate().images), 1)
        self.assertEqual([line.split(":")[1] for line in sdnext.log], [" No closing quotation", " no VAE"])


if __name__ == "__main__":
    unittest.main()
