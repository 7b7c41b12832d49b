"""StepsAnimation records the steps of a pipeline without changing its results."""

import copy
import inspect
import json
import logging
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations" / "python"))

from fakes.diffusers import DecoderFake, ImageFake, Numbers, PipelineFake  # noqa: E402
from fakes.recording import RecordingFake  # noqa: E402
from steps_animation import LatentRing, MissingCommand, StepsAnimation, animated_run, saved_run  # noqa: E402
from steps_animation.command import MissingNode  # noqa: E402
from steps_animation.generation_call import GenerationCall  # noqa: E402
from steps_animation.latents import LatentRun  # noqa: E402


class PipelineTest(unittest.TestCase):
    def setUp(self):
        RecordingFake.instances = []
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        for target, name, fake in (
            (animated_run, "Recording", RecordingFake),
            (saved_run, "Recording", RecordingFake),
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

    def test_records_each_step_once_and_ends_on_the_returned_image(self):
        generator = SimpleNamespace(initial_seed=lambda: 42)
        animation = self.animate("a red apple", generator=generator, settings={"duration": 6, "grid": True})
        self.assertEqual(animation.trouble, [])
        (recording,) = RecordingFake.instances
        # The sample is 80, 40, 20, 10 at the levels 8, 4, 2, 1 and its noise 10 times these: what is left is 0.
        self.assertEqual(recording.steps, [(0, 1, 100), (0, 2, 100), (0, 3, 100), (0, 4, 100)])
        self.assertEqual(recording.finished, [(0, 250, "finished")])
        self.assertEqual(recording.passes, [{"steps": 4, "exact": True}])
        self.assertEqual(
            recording.arguments, ["--tab", "txt2img", "--outdir", "outputs", "--duration=6", "--grid"]
        )
        self.assertEqual(
            recording.images[0]["infotext"],
            "a red apple\nSteps: 4, Sampler: EulerFake, CFG scale: 7.5, Seed: 42, Size: 16x16, Model: owner/apples",
        )
        self.assertEqual(animation.results, [{"type": "animation", "path": "42.mp4", "steps": 4}])

    def test_records_noisy_samples_if_selected(self):
        self.animate("x", settings={"content": "noisy"})
        self.assertEqual([grey for _, _, grey in RecordingFake.instances[0].steps], [180, 140, 120, 110])

    def test_keeps_the_images_of_a_batch_apart(self):
        self.animate(["a cat", "a dog"], num_images_per_prompt=2)
        (recording,) = RecordingFake.instances
        self.assertEqual([image["prompt"] for image in recording.images], ["a cat", "a cat", "a dog", "a dog"])
        self.assertEqual([image for image, _, grey in recording.finished], [0, 1, 2, 3])
        self.assertEqual([grey for _, grey, _ in recording.finished], [250, 249, 248, 247])

    def test_restores_the_pipeline_and_the_scheduler(self):
        kind, scheduler_state = type(self.pipe), set(vars(self.pipe.scheduler))
        seen = []
        self.pipe.on_step = lambda pipe, step: seen.append(list(inspect.signature(pipe.scheduler.step).parameters))
        self.animate("x")
        self.assertIs(type(self.pipe), kind)
        self.assertEqual(set(vars(self.pipe.scheduler)), scheduler_state)
        # Pipelines look for `eta` and `generator` there.
        self.assertEqual(seen[0], ["model_output", "timestep", "sample", "eta", "return_dict"])

    def test_restores_another_wrapper_of_the_step(self):
        original = self.pipe.scheduler.step
        other = lambda *args, **kwargs: original(*args, **kwargs)  # noqa: E731
        self.pipe.scheduler.step = other
        self.animate("x")
        self.assertEqual(len(RecordingFake.instances[0].steps), 4)
        self.assertIs(self.pipe.scheduler.step, other)

    def test_a_copy_of_the_scheduler_is_not_watched(self):
        def step_copy(pipe, step):
            copied = copy.deepcopy(pipe.scheduler)
            copied.step_index = 0
            copied.step(*mock_arguments)
            self.assertEqual(pipe.scheduler.step_index, step)

        mock_arguments = (1, 1, 1)
        self.pipe.on_step = step_copy
        self.assertEqual(self.animate("x").trouble, [])
        self.assertEqual(len(RecordingFake.instances[0].steps), 4)

    def test_a_failed_call_gets_a_movie_of_its_steps(self):
        for error in (ValueError("broken"), KeyboardInterrupt()):
            RecordingFake.instances = []
            self.pipe.on_step = mock.Mock(side_effect=[None, error])
            with self.assertRaises(type(error)):
                self.animate("x")
            (recording,) = RecordingFake.instances
            self.assertEqual(recording.finished, [(0, 100, "interrupted")])
            self.assertEqual(len(recording.steps), 2)
            self.assertNotIn("step", vars(self.pipe.scheduler))
            self.assertIs(type(self.pipe), PipelineFake)

    def test_a_rejected_call_gets_no_movie(self):
        with self.assertRaises(TypeError):
            self.animate(unknown=1)
        self.assertEqual(RecordingFake.instances, [])

    def test_an_interrupted_pipeline_ends_on_the_image_that_it_returns(self):
        self.pipe.on_step = lambda pipe, step: setattr(pipe, "_interrupt", step == 2)
        self.animate("x")
        self.assertEqual(RecordingFake.instances[0].finished, [(0, 250, "interrupted")])

    def test_errors_of_the_movie_do_not_reach_the_caller(self):
        for name in ("step", "image", "__init__"):
            with mock.patch.object(RecordingFake, name, side_effect=ValueError("no room")):
                animation = self.animate("x")
            self.assertEqual(self.result.images[0].value, 250)
            self.assertEqual(animation.trouble, ["ValueError: no room"])

    def test_a_scheduler_without_observed_steps_gets_no_movie(self):
        self.pipe.scheduler.step = lambda x: None
        self.pipe.scheduler.timesteps = []
        self.pipe.scheduler.set_timesteps = lambda: None
        animation = self.animate("x")
        self.assertEqual(len(self.result.images), 1)
        self.assertIn("No step of EulerFake was observed", animation.trouble[0])

    def test_a_pipeline_without_a_scheduler_gets_no_movie(self):
        self.pipe.scheduler, scheduler = None, self.pipe.scheduler
        self.pipe.on_call = lambda pipe: setattr(pipe, "scheduler", scheduler)
        animation = self.animate("x")
        self.assertEqual(len(self.result.images), 1)
        self.assertIn("no scheduler", animation.trouble[0])

    def test_img2img_uses_its_own_tab(self):
        self.animate("x", image=object(), strength=0.5)
        self.assertEqual(RecordingFake.instances[0].arguments[:2], ["--tab", "img2img"])
        self.assertIn("Denoising strength: 0.5", RecordingFake.instances[0].images[0]["infotext"])

    def test_cannot_be_nested(self):
        with self.assertRaisesRegex(RuntimeError, "already animated"):
            self.animate("x", during=lambda: StepsAnimation(self.pipe).__enter__())
        self.assertIs(type(self.pipe), PipelineFake)

    def test_rejects_unknown_values(self):
        with self.assertRaisesRegex(ValueError, "on demand"):
            StepsAnimation(self.pipe, decode="later")

    def test_makes_the_movies_of_all_runs_on_demand(self):
        with StepsAnimation(self.pipe, decode="on demand") as animation:
            self.pipe("one")
            self.pipe("two")
        self.assertEqual((animation.results, RecordingFake.instances), ([], []))
        self.assertEqual(len(animation.animate()), 2)
        self.assertEqual(len(animation.animate()), 2)
        self.assertEqual([each.images[0]["prompt"] for each in RecordingFake.instances], ["one", "two"])

    def test_decodes_during_the_run_if_selected(self):
        counts = []
        self.pipe.on_step = lambda pipe, step: counts.append(len(RecordingFake.instances[0].steps))
        self.animate("x", settings={"decode": "during"})
        self.assertEqual(counts, [1, 2, 3, 4])
        self.assertEqual(RecordingFake.instances[0].finished, [(0, 250, "finished")])

    def test_decodes_a_step_once_its_own_latents_are_copied(self):
        add = LatentRing.add

        def marked(*args):
            arrived = add(*args)
            return lambda: arrived() + 1

        with mock.patch.object(LatentRing, "add", marked):
            self.animate("x", settings={"decode": "during"})
        self.assertEqual([grey for _, _, grey in RecordingFake.instances[0].steps], [101] * 4)

    def test_finishes_a_movie_during_the_next_calls(self):
        with StepsAnimation(self.pipe) as animation:
            for count, prompt in enumerate(["one", "two", "three"]):
                self.pipe(prompt)
                self.assertTrue(all(each.is_over for each in RecordingFake.instances))
                self.assertEqual(len(animation.results), count)
        self.assertEqual(len(animation.results), 3)

    def test_closes_the_recording_of_a_failed_run(self):
        self.pipe.on_step = mock.Mock(side_effect=[None, ValueError("broken")])
        with StepsAnimation(self.pipe, decode="during"), self.assertRaises(ValueError):
            self.pipe("x")
        self.assertTrue(RecordingFake.instances[0].is_over)

    def test_returns_a_step_of_the_last_call(self):
        with with_pil(), StepsAnimation(self.pipe, content="noisy") as animation:
            with self.assertRaisesRegex(LookupError, "not been called"):
                animation.step_image(1)
            self.pipe.on_step = lambda pipe, step: self.assertRaises(RuntimeError, animation.step_image, 1)
            self.pipe(["a cat", "a dog"])
            self.assertEqual(animation.step_image(2, image=1).value, 140)
            with self.assertRaisesRegex(IndexError, "1 to 4 of the images 0 to 1"):
                animation.step_image(5)
        self.assertEqual(animation.trouble, [])

    def test_makes_movies_of_a_saved_run(self):
        images = [{"seed": 7, "prompt": "a cat"}, {"seed": 8, "prompt": "a dog"}]
        steps = [(0, 1, Numbers([50, 60])), (0, 2, Numbers([30, 40])), (1, 1, Numbers([10, 20]))]
        saved = LatentRun({"images": json.dumps(images), "tab": "img2img"}, steps)
        with mock.patch.object(saved_run, "load_latents", lambda path: saved):
            results = StepsAnimation(self.pipe).animate_file("latents/7-1.safetensors")
        self.assertEqual([result["path"] for result in results], ["7.mp4", "8.mp4"])
        (recording,) = RecordingFake.instances
        self.assertEqual(recording.images, images)
        self.assertEqual([each["steps"] for each in recording.passes], [2, 1])
        self.assertEqual(recording.steps, [(0, 1, 150), (1, 1, 160), (0, 2, 130), (1, 2, 140), (0, 1, 110), (1, 1, 120)])
        self.assertEqual(recording.finished, [(0, 110, "finished"), (1, 120, "finished")])
        self.assertEqual(recording.arguments[:2], ["--tab", "img2img"])

    def test_makes_movies_of_latents_of_another_program(self):
        saved = LatentRun({"model": "apples"}, [(0, 1, Numbers([50]))])
        with mock.patch.object(saved_run, "load_latents", lambda path: saved):
            StepsAnimation(self.pipe).animate_file("latents/apple.safetensors")
        self.assertEqual(RecordingFake.instances[0].images, [{"seed": 0, "prompt": "apple"}])

    def test_pastes_the_steps_of_a_masked_crop_into_the_whole_image(self):
        self.pipe.mask_processor = SimpleNamespace(get_crop_region=lambda mask, width, height, pad: (mask, width, pad))
        pasted = []

        def apply_overlay(mask, image, picture, region):
            pasted.append((mask, image, region))
            return ImageFake(picture.value // 2)

        self.pipe.image_processor = SimpleNamespace(apply_overlay=apply_overlay)
        with with_pil():
            self.animate("x", image="whole", mask_image="mask", strength=1.0, padding_mask_crop=8)
        self.assertEqual(RecordingFake.instances[0].steps, [(0, 1, 50), (0, 2, 50), (0, 3, 50), (0, 4, 50)])
        self.assertEqual(pasted[0], ("mask", "whole", ("mask", 16, 8)))

    def test_installs_node_if_nothing_else_is_missing(self):
        module = sys.modules["steps_animation.pipeline"]
        errors = (None, 0), (MissingCommand("no clone"), 0), (MissingNode("no Node.js"), 1)
        for error, installs in errors:
            module.ensure_node.cache_clear()
            self.addCleanup(module.ensure_node.cache_clear)
            with mock.patch.object(module, "find_command", side_effect=error):
                with mock.patch.object(module, "install_node", side_effect=MissingNode("none")) as install:
                    self.animate("x", settings={"installs_node": False})
                    self.assertEqual(install.call_count, 0)
                    for _ in range(2):
                        animation = self.animate("x")
            self.assertEqual(install.call_count, installs)
            self.assertEqual((animation.trouble, len(self.result.images)), ([], 1))


def with_pil():
    """An image is its first pixel."""
    pillow = SimpleNamespace(Image=SimpleNamespace(frombytes=lambda mode, size, pixels: ImageFake(pixels[0])))
    return mock.patch.dict(sys.modules, {"PIL": pillow})


class GenerationCallTest(unittest.TestCase):
    def call(self, name="", **arguments):
        pipe = PipelineFake()
        pipe.config._name_or_path = name
        return GenerationCall(pipe, pipe.__call__, (), {"prompt": "x", **arguments})

    def test_infotext_has_the_negative_prompt_and_quotes_separators(self):
        infotext = self.call("a, b.safetensors", negative_prompt="blur").infotext(0, 1, None)
        self.assertEqual(
            infotext,
            'x\nNegative prompt: blur\nSteps: 4, Sampler: EulerFake, CFG scale: 7.5, Model: "a, b.safetensors"',
        )

    def test_infotext_has_no_local_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertNotIn(folder, self.call(folder).infotext(0, 1, None))
        self.assertIn("Model: apples,", self.call("C:/models/secret/apples").infotext(0, 1, None) + ",")

    def test_seeds_out_of_the_protocols_range_are_in_the_infotext_only(self):
        call = self.call(generator=SimpleNamespace(initial_seed=lambda: 2**63))
        self.assertEqual(call.seed(0), 0)
        self.assertIn(f"Seed: {2**63}", call.infotext(0, 1, None))

    def test_uses_the_generator_of_each_image(self):
        call = self.call(generator=[SimpleNamespace(initial_seed=lambda seed=seed: seed) for seed in (7, 9)])
        self.assertEqual([call.seed(0), call.seed(1)], [7, 9])


if __name__ == "__main__":
    unittest.main()
