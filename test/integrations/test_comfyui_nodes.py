"""The nodes that use the steps. Their errors never cost an image."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from fakes import comfyui
from fakes.comfyui import Images, InterruptProcessingException, Latents, Model, ProgressBar, Vae

world = comfyui.install()

from pack import NODE_CLASS_MAPPINGS, saved_latents, movie  # noqa: E402
from pack.nodes import LoadSteps, SaveAnimation, StepImage, WatchSteps  # noqa: E402
from steps_animation.latents import LatentRun  # noqa: E402
from steps_animation.options import read_options  # noqa: E402

PROMPT = {
    "model": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd/apples.safetensors"}},
    "positive": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red apple", "clip": ["model", 1]}},
    "negative": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["model", 1]}},
    "latent": {"class_type": "EmptyLatentImage", "inputs": {"width": 16, "height": 8, "batch_size": 2}},
    "sampler": {
        "class_type": "KSampler",
        "inputs": {
            **{"seed": 42, "steps": 3, "cfg": 7, "sampler_name": "euler", "scheduler": "normal"},
            **{"model": ["model", 0], "positive": ["positive", 0], "negative": ["negative", 0]},
            "latent_image": ["latent", 0],
        },
    },
    "images": {"class_type": "VAEDecode", "inputs": {"samples": ["sampler", 0], "vae": ["model", 2]}},
    "save": {"class_type": "StepsAnimationSave", "inputs": {"images": ["images", 0]}},
    "elsewhere": {"class_type": "KSampler", "inputs": {"seed": 1, "latent_image": ["latent", 0]}},
}
WIDGETS = {"codec": "x264", "interpolation": "blend", "duration": 2.5, "last_frame_duration": 0.0}
DEFAULTS = {**WIDGETS, "decode": "after", "save_latents": False, "more": ""}


class FakeRecording:
    """Records its calls, and returns a movie for each image."""

    instances = []
    #: called by `finish`
    before_end = staticmethod(lambda: None)

    def __init__(self, images, passes, folder, arguments):
        self.images, self.passes, self.folder, self.arguments = images, passes, folder, arguments
        self.steps, self.finished, self.trouble, self.is_given_up = {}, {}, None, False
        FakeRecording.instances.append(self)

    def step(self, image, step, picture, pass_index=0):
        self.steps.setdefault(image, []).append((pass_index, step, picture[0][0], picture[1]))

    def image(self, image, picture):
        self.finished[image] = picture[0][0]

    def finish(self, meanwhile):
        FakeRecording.before_end()
        meanwhile()
        folder = Path(os.path.abspath(world.output)) / "steps-animation"
        movies = [(self.images[image]["seed"], f"{image}.mp4") for image in self.finished]
        return [{"seed": seed, "path": str(folder / name)} for seed, name in reversed(movies)]

    def give_up(self):
        self.is_given_up = True


class NodesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        world.output = Path(folder.name)
        FakeRecording.instances = []
        for patch in (
            mock.patch.object(movie, "Recording", FakeRecording),
            mock.patch.object(FakeRecording, "before_end", lambda: None),
            mock.patch.object(ProgressBar, "on_update", lambda: None),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.model, self.steps = WatchSteps().watch(Model())

    def sample(self, *values, node="sampler", prompt="prompt"):
        world.execute(prompt, node)
        calls = [(index, Latents(value, value + 1), Latents(2 * value, 2 * value)) for index, value in enumerate(values)]
        self.model.sample(calls)

    def save(self, images=None, vae=None, prompt=PROMPT, **changes):
        images = images or Images([200, 210])
        given = {"vae": vae or Vae(), "prompt": prompt, "node": "save", "images": images, "steps": self.steps}
        return SaveAnimation().save(**{**DEFAULTS, **given, **changes})["ui"]

    def trouble(self, **changes):
        with self.assertLogs("steps-animation"):
            (trouble,) = self.save(**changes)["text"]
        return trouble

    def test_a_movie_for_each_image_of_every_step(self):
        self.sample(10, 20, 30)
        self.sample(99, node="elsewhere")
        shown = self.save()
        (recording,) = FakeRecording.instances
        steps = [(0, 1, 10, (16, 8)), (0, 2, 20, (16, 8)), (0, 3, 30, (16, 8))]
        self.assertEqual(recording.steps[0], steps)
        self.assertEqual([level for _, _, level, _ in recording.steps[1]], [11, 21, 31])
        self.assertEqual(recording.finished, {0: 200, 1: 210})
        self.assertEqual(recording.passes, [{"kind": "base", "steps": 3, "exact": True}])
        files = [{"filename": f"{index}.mp4", "subfolder": "steps-animation", "type": "output"} for index in (0, 1)]
        self.assertEqual(shown, {"images": files, "animated": (True,), "text": []})

    def test_shows_movies_for_any_form_of_the_output_folder(self):
        self.sample(10)
        names = (os.path.relpath(world.output), f"{world.output}/../{world.output.name}")
        for name in names:
            world.output = name
            self.assertEqual({file["subfolder"] for file in self.save()["images"]}, {"steps-animation"})

    def test_an_error_when_showing_a_movie_does_not_fail_the_prompt(self):
        self.sample(10)
        with mock.patch.object(os.path, "relpath", side_effect=ValueError("on another drive")):
            self.assertEqual(self.trouble(), "on another drive")

    def test_movies_have_the_seed_prompt_and_settings_of_the_workflow(self):
        self.sample(10)
        self.save()
        first, second = FakeRecording.instances[0].images
        infotext = (
            "a red apple\nNegative prompt: blurry\nSteps: 3, Sampler: euler, Schedule type: normal, CFG scale: 7, "
            "Seed: 42, Size: 16x8, Model: apples, Batch size: 2, Batch pos: {}, Version: ComfyUI"
        )
        common = {"prompt": "a red apple", "width": 16, "height": 8}
        self.assertEqual(first, {**common, "seed": 42, "infotext": infotext.format(0), "position": 0})
        self.assertEqual(second, {**common, "seed": 43, "infotext": infotext.format(1), "position": 1})

    def test_steps_without_a_vae_are_previews(self):
        self.sample(10)
        SaveAnimation().save(Images([200, 210]), self.steps, prompt=PROMPT, node="save", **DEFAULTS)
        self.assertEqual(FakeRecording.instances[0].steps, {0: [(0, 1, 20, (8, 4))], 1: [(0, 1, 22, (8, 4))]})

    def test_video_models_show_their_first_frame(self):
        self.sample(10, 20)
        self.save(vae=Vae(frames=1))
        self.assertEqual([level for _, _, level, _ in FakeRecording.instances[0].steps[1]], [11, 21])
        self.save(images=Images([1, 2, 3, 4, 5, 6]), vae=Vae(frames=3))
        self.assertEqual(FakeRecording.instances[1].finished, {0: 1, 1: 4})
        self.assertEqual(len(FakeRecording.instances[1].images), 2)

    def test_a_first_pass_from_the_cache_is_in_the_movie(self):
        prompt = {**PROMPT, "second": {"inputs": {**PROMPT["sampler"]["inputs"], "latent_image": ["sampler", 0]}}}
        prompt["images"] = {"inputs": {"samples": ["second", 0]}}
        self.sample(10, 20)
        self.sample(30, node="second")
        self.sample(40, node="second", prompt="with another seed")
        self.save(prompt=prompt)
        (recording,) = FakeRecording.instances
        self.assertEqual([step[:3] for step in recording.steps[0]], [(0, 1, 10), (0, 2, 20), (1, 1, 40)])
        self.assertEqual([one["kind"] for one in recording.passes], ["base", "hires"])

    def test_too_many_passes_are_rejected_before_decoding(self):
        for value in range(16):
            self.sample(value)
        self.save()
        self.assertEqual(len(FakeRecording.instances[0].passes), 16)
        self.sample(16)
        with mock.patch.object(Vae, "decode", side_effect=AssertionError("decoded")):
            self.assertIn("16 passes, but the model was sampled 17 times", self.trouble())
        self.assertEqual(len(FakeRecording.instances), 1)

    def test_an_incomplete_batch_is_rejected(self):
        self.sample(10)
        self.assertIn("batch of 2 images, but only 1 are connected", self.trouble(images=Images([210])))
        self.assertEqual(FakeRecording.instances, [])

    def test_errors_are_shown_and_do_not_fail_the_prompt(self):
        self.assertIn("connect it to a sampler", self.trouble())
        self.sample(10, 20, 30)
        self.assertIn("out of memory", self.trouble(vae=Vae(fails_at=20)))
        (recording,) = FakeRecording.instances
        self.assertEqual([step[:3] for step in recording.steps[0]], [(0, 1, 10)])
        self.assertEqual(recording.finished, {0: 200, 1: 210})
        with mock.patch.object(movie, "Recording", side_effect=OSError("no threads")):
            self.assertIn("no threads", self.trouble())
        self.assertIn("could not be made", self.trouble(images="no images"))

    def test_an_interrupt_gives_the_recording_up(self):
        def interrupt():
            world.is_interrupted = True

        self.sample(10, 20)
        ProgressBar.on_update = staticmethod(lambda: (interrupt(), world.throw_if_interrupted()))
        with self.assertRaises(InterruptProcessingException):
            self.save()
        ProgressBar.on_update = staticmethod(lambda: None)
        FakeRecording.before_end = staticmethod(interrupt)
        with self.assertRaises(InterruptProcessingException):
            self.save()
        self.assertEqual([one.is_given_up for one in FakeRecording.instances], [True, True])

    def test_an_interrupt_stops_between_the_images_of_a_step(self):
        class InterruptedVae(Vae):
            def decode(self, latents):
                world.is_interrupted = True
                return super().decode(latents)

        self.sample(10)
        with self.assertRaises(InterruptProcessingException):
            self.save(vae=InterruptedVae())
        (recording,) = FakeRecording.instances
        self.assertEqual([list(recording.steps), recording.is_given_up], [[0], True])

    def test_widgets_come_on_top_of_a_look_where_they_differ_from_their_defaults(self):
        self.sample(10)
        self.save(look="reveal", more="--fps=24")
        arguments = FakeRecording.instances[0].arguments
        self.assertEqual(arguments[:3], ["--fps=24", "--look=reveal", "--duration=2.5"])
        self.assertNotIn("--interpolation=blend", arguments)

    def test_further_options_cannot_override_ours_or_set_folders(self):
        self.sample(10)
        self.save(more="--loop boomerang --fps=24 --no-run-incomplete --encoder-settings 'crf=18, preset=slow'")
        folder = world.output / "steps-animation"
        self.assertEqual(
            FakeRecording.instances[0].arguments,
            [
                *("--loop=boomerang", "--fps=24", "--no-run-incomplete", "--encoder-settings=crf=18, preset=slow"),
                "--look=classic",  # of workflows that are older than looks
                *("--codec=x264", "--interpolation=blend", "--duration=2.5", "--last-frame-duration=0.0"),
                *("--no-save-images", f"--folder={folder}", "--animation-path=.", "--intermediate-path=intermediate"),
            ],
        )
        refused = ("--folder /elsewhere", "--outdir=/elsewhere", "--tab img2img", "--save-images", "--animation-path /x")
        for more in (*refused, "--intermediate-path=x", "--no-create-animation", "file", "-h", "--content noisy"):
            self.assertIn("is not an option that can be given here", self.trouble(more=more), more)
        self.assertIn("quotation", self.trouble(more="--loop 'boomerang"))
        self.assertIn("lacks its value", self.trouble(more="--loop"))
        self.assertEqual(len(FakeRecording.instances), 1)

    def test_on_demand_makes_nothing(self):
        self.sample(10)
        self.assertEqual(self.save(decode="on demand"), {"images": [], "animated": (True,), "text": []})
        self.assertEqual(FakeRecording.instances, [])

    def test_noisy_steps_pass_the_content_option(self):
        self.model, self.steps = WatchSteps().watch(Model(), "noisy")
        self.sample(10)
        self.save()
        self.assertIn("--content=noisy", FakeRecording.instances[0].arguments)
        self.assertEqual(FakeRecording.instances[0].steps[0][0][:3], (0, 1, 10))

    def test_outputs_one_step_as_an_image(self):
        self.sample(10, 20, 30)
        self.sample(99, node="elsewhere")
        given = {"vae": Vae(), "prompt": {**PROMPT, "one": PROMPT["save"]}, "node": "one"}
        level = lambda step, sampling=1: StepImage().decode(self.steps, step=step, sampling=sampling, **given)[0].levels
        self.assertEqual([level(1), level(2, 5), level(7)], [[10, 11], [20, 21], [30, 31]])
        with self.assertRaisesRegex(ValueError, "connect it to a sampler"):
            StepImage().decode(self.steps, Vae(), 1, 1, prompt={"one": {"inputs": {}}}, node="one")

    def test_latents_are_saved_and_loaded(self):
        saved = {}

        def write(run, path):
            saved[path] = run
            path.touch()

        folder = world.output / "steps-animation" / "intermediate"
        self.sample(10, 20)
        with mock.patch.object(saved_latents, "save_latents", write):
            for _ in range(2):
                self.save(save_latents=True, decode="on demand")
        self.assertEqual([path.name for path in saved], ["latents-42.safetensors", "latents-42-1.safetensors"])
        names = LoadSteps.INPUT_TYPES()["required"]["file"][0]
        self.assertEqual(sorted(names), ["latents-42-1.safetensors", "latents-42.safetensors"])
        with mock.patch.object(saved_latents, "load_latents", saved.get):
            (steps,) = LoadSteps().load("latents-42.safetensors")
            self.assertEqual(StepImage().decode(steps, Vae(), 2, 1)[0].levels, [20, 21])
            saved[folder / "x"] = LatentRun({})
            with self.assertRaisesRegex(ValueError, "not saved by ComfyUI"):
                LoadSteps().load("x")

    def test_widgets_have_the_choices_and_ranges_of_the_options(self):
        by_name = {option["name"]: option for option in read_options()}
        inputs = SaveAnimation.INPUT_TYPES()["required"]
        self.assertEqual(inputs["codec"][0], by_name["codec"]["choices"])
        for name, key in (("duration", "duration"), ("last_frame_duration", "lastFrameDuration")):
            kind, widget = inputs[name]
            option = by_name[key]
            limits = (option["minimum"], option["maximum"], option["multipleOf"], option["default"])
            self.assertEqual((kind, *limits), ("FLOAT", *(widget[key] for key in ("min", "max", "step", "default"))))
        for node in NODE_CLASS_MAPPINGS.values():
            self.assertTrue(hasattr(node, node.FUNCTION))
            self.assertIn("required", node.INPUT_TYPES())

    def test_install_prints_what_is_missing_and_never_fails(self):
        def install(clone):
            environment = {**os.environ, "STEPS_ANIMATION": str(clone)}
            script = comfyui.PACK / "install.py"
            done = subprocess.run([sys.executable, "-B", script], env=environment, capture_output=True, text=True)
            return done.returncode, done.stdout

        status, output = install(world.output)
        self.assertEqual(status, 0)
        self.assertIn("STEPS_ANIMATION", output)
        self.assertEqual(install(comfyui.PACK.parents[1]), (0, ""))


if __name__ == "__main__":
    unittest.main()
