"""StepsAnimation sees what a pipeline does, and changes nothing about it."""

import copy
import inspect
import logging
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations" / "python"))

from fakes.diffusers import DecoderFake, PipelineFake  # noqa: E402
from steps_animation import StepsAnimation, animated_run  # noqa: E402
from steps_animation.generation_call import GenerationCall  # noqa: E402


class RecordingFake:
    """Notes what it is told."""

    made = []

    def __init__(self, images, passes, folder, arguments):
        self.images, self.passes, self.arguments = images, passes, list(arguments)
        self.steps, self.finished, self.trouble = [], [], None
        self.made.append(self)

    def step(self, image, step, picture):
        self.steps.append((image, step, (picture() if callable(picture) else picture)[0][0]))

    def image(self, image, picture, infotext, reason):
        self.finished.append((image, (picture() if callable(picture) else picture)[0][0], reason))

    def finish(self):
        return [{"type": "animation", "path": f"{image['seed']}.mp4"} for image in self.images]


class PipelineTest(unittest.TestCase):
    def setUp(self):
        RecordingFake.made = []
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        for target, name, fake in (
            (animated_run, "Recording", RecordingFake),
            (sys.modules["steps_animation.pipeline"], "LatentDecoder", DecoderFake),
        ):
            patch = mock.patch.object(target, name, fake)
            patch.start()
            self.addCleanup(patch.stop)
        self.pipe = PipelineFake()

    def animate(self, *args, during=lambda: None, settings=None, **kwargs):
        with StepsAnimation(self.pipe, **(settings or {})) as animation:
            during()
            self.result = self.pipe(*args, **kwargs)
        return animation

    def test_takes_each_step_once_and_ends_on_the_image_that_the_caller_gets(self):
        generator = SimpleNamespace(initial_seed=lambda: 42)
        animation = self.animate("a red apple", generator=generator, settings={"duration": 6, "grid": True})
        self.assertEqual(animation.trouble, [])
        (recording,) = RecordingFake.made
        # The sample is 80, 40, 20, 10 at the levels 8, 4, 2, 1 and its noise 10 times these: what is left is 0.
        self.assertEqual(recording.steps, [(0, 1, 100), (0, 2, 100), (0, 3, 100), (0, 4, 100)])
        self.assertEqual(recording.finished, [(0, 250, "finished")])
        self.assertEqual(recording.passes, [{"steps": 4, "exact": True}])
        self.assertEqual(recording.arguments, ["--outdir", "outputs", "--duration", "6", "--grid"])
        self.assertEqual(
            recording.images[0]["infotext"],
            "a red apple\nSteps: 4, Sampler: EulerFake, CFG scale: 7.5, Seed: 42, Size: 16x16, Model: owner/apples",
        )
        self.assertEqual(animation.results, [{"type": "animation", "path": "42.mp4"}])

    def test_shows_the_noisy_sample_if_asked(self):
        self.animate("x", settings={"content": "noisy"})
        self.assertEqual([grey for _, _, grey in RecordingFake.made[0].steps], [180, 140, 120, 110])

    def test_keeps_the_images_of_a_batch_apart(self):
        self.animate(["a cat", "a dog"], num_images_per_prompt=2)
        (recording,) = RecordingFake.made
        self.assertEqual([image["prompt"] for image in recording.images], ["a cat", "a cat", "a dog", "a dog"])
        self.assertEqual([image for image, _, grey in recording.finished], [0, 1, 2, 3])
        self.assertEqual([grey for _, grey, _ in recording.finished], [250, 249, 248, 247])

    def test_leaves_no_trace(self):
        kind, scheduler_state = type(self.pipe), set(vars(self.pipe.scheduler))
        seen = []
        self.pipe.on_step = lambda pipe, step: seen.append(list(inspect.signature(pipe.scheduler.step).parameters))
        self.animate("x")
        self.assertIs(type(self.pipe), kind)
        self.assertEqual(set(vars(self.pipe.scheduler)), scheduler_state)
        # Pipelines look for `eta` and `generator` there.
        self.assertEqual(seen[0], ["model_output", "timestep", "sample", "eta", "return_dict"])

    def test_puts_back_what_somebody_else_had_put_in_place_of_the_step(self):
        original = self.pipe.scheduler.step
        other = lambda *args, **kwargs: original(*args, **kwargs)  # noqa: E731
        self.pipe.scheduler.step = other
        self.animate("x")
        self.assertEqual(len(RecordingFake.made[0].steps), 4)
        self.assertIs(self.pipe.scheduler.step, other)

    def test_a_copy_of_the_scheduler_steps_by_itself(self):
        def step_copy(pipe, step):
            copied = copy.deepcopy(pipe.scheduler)
            copied.step_index = 0
            copied.step(*mock_arguments)
            self.assertEqual(pipe.scheduler.step_index, step)

        mock_arguments = (1, 1, 1)
        self.pipe.on_step = step_copy
        self.assertEqual(self.animate("x").trouble, [])
        self.assertEqual(len(RecordingFake.made[0].steps), 4)

    def test_a_pipeline_that_fails_has_a_movie_of_what_there_was(self):
        for error in (ValueError("broken"), KeyboardInterrupt()):
            RecordingFake.made = []
            self.pipe.on_step = mock.Mock(side_effect=[None, error])
            with self.assertRaises(type(error)):
                self.animate("x")
            (recording,) = RecordingFake.made
            self.assertEqual(recording.finished, [(0, 100, "interrupted")])
            self.assertEqual(len(recording.steps), 2)
            self.assertNotIn("step", vars(self.pipe.scheduler))
            self.assertIs(type(self.pipe), PipelineFake)

    def test_a_call_that_is_refused_has_none(self):
        with self.assertRaises(TypeError):
            self.animate(unknown=1)
        self.assertEqual(RecordingFake.made, [])

    def test_an_interrupted_pipeline_ends_on_the_image_that_it_returns(self):
        self.pipe.on_step = lambda pipe, step: setattr(pipe, "_interrupt", step == 2)
        self.animate("x")
        self.assertEqual(RecordingFake.made[0].finished, [(0, 250, "interrupted")])

    def test_whatever_is_wrong_with_the_movie_the_image_comes(self):
        for name in ("step", "image", "__init__"):
            with mock.patch.object(RecordingFake, name, side_effect=ValueError("no room")):
                animation = self.animate("x")
            self.assertEqual(self.result.images[0].value, 250)
            self.assertEqual(animation.trouble, ["ValueError: no room"])

    def test_a_scheduler_that_it_cannot_read_has_no_movie_but_images(self):
        self.pipe.scheduler.step = lambda x: None
        self.pipe.scheduler.timesteps = []
        self.pipe.scheduler.set_timesteps = lambda: None
        animation = self.animate("x")
        self.assertEqual(len(self.result.images), 1)
        self.assertIn("No step of EulerFake was seen", animation.trouble[0])

    def test_a_pipeline_without_a_scheduler_goes_its_way(self):
        self.pipe.scheduler, scheduler = None, self.pipe.scheduler
        self.pipe.on_call = lambda pipe: setattr(pipe, "scheduler", scheduler)
        animation = self.animate("x")
        self.assertEqual(len(self.result.images), 1)
        self.assertIn("no scheduler", animation.trouble[0])

    def test_what_begins_with_an_image_goes_to_the_folder_of_such(self):
        self.animate("x", image=object(), strength=0.5)
        self.assertEqual(RecordingFake.made[0].arguments[:2], ["--tab", "img2img"])
        self.assertIn("Denoising strength: 0.5", RecordingFake.made[0].images[0]["infotext"])

    def test_refuses_to_be_nested(self):
        with self.assertRaisesRegex(RuntimeError, "animated already"):
            self.animate("x", during=lambda: StepsAnimation(self.pipe).__enter__())
        self.assertIs(type(self.pipe), PipelineFake)

    def test_refuses_words_that_it_does_not_know(self):
        with self.assertRaisesRegex(ValueError, "on demand"):
            StepsAnimation(self.pipe, decode="later")

    def test_makes_the_movies_of_all_runs_when_asked(self):
        with StepsAnimation(self.pipe, decode="on demand") as animation:
            self.pipe("one")
            self.pipe("two")
        self.assertEqual((animation.results, RecordingFake.made), ([], []))
        self.assertEqual(len(animation.animate()), 2)
        self.assertEqual(len(animation.animate()), 2)
        self.assertEqual([each.images[0]["prompt"] for each in RecordingFake.made], ["one", "two"])

    def test_decodes_beside_the_run_if_asked(self):
        told = []
        self.pipe.on_step = lambda pipe, step: told.append(len(RecordingFake.made[0].steps))
        self.animate("x", settings={"decode": "during"})
        self.assertEqual(told, [1, 2, 3, 4])
        self.assertEqual(RecordingFake.made[0].finished, [(0, 250, "finished")])


class GenerationCallTest(unittest.TestCase):
    def call(self, name="", **arguments):
        pipe = PipelineFake()
        pipe.config._name_or_path = name
        return GenerationCall(pipe, pipe.__call__, (), {"prompt": "x", **arguments})

    def test_tells_the_negative_prompt_and_quotes_what_would_break_the_line(self):
        infotext = self.call("a, b.safetensors", negative_prompt="blur").infotext(0, 1, None)
        self.assertEqual(
            infotext,
            'x\nNegative prompt: blur\nSteps: 4, Sampler: EulerFake, CFG scale: 7.5, Model: "a, b.safetensors"',
        )

    def test_tells_no_folders_of_this_machine(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertNotIn(folder, self.call(folder).infotext(0, 1, None))
        self.assertIn("Model: apples,", self.call("C:/models/secret/apples").infotext(0, 1, None) + ",")

    def test_leaves_seeds_to_the_infotext_that_the_protocol_cannot_take(self):
        call = self.call(generator=SimpleNamespace(initial_seed=lambda: 2**63))
        self.assertEqual(call.seed(0), 0)
        self.assertIn(f"Seed: {2**63}", call.infotext(0, 1, None))

    def test_knows_the_generator_of_each_image(self):
        call = self.call(generator=[SimpleNamespace(initial_seed=lambda seed=seed: seed) for seed in (7, 9)])
        self.assertEqual([call.seed(0), call.seed(1)], [7, 9])


if __name__ == "__main__":
    unittest.main()
