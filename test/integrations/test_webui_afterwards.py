"""Movies, and images of steps, that are made after a generation or from a file of latents."""

import json
import os
import unittest
from types import SimpleNamespace
from unittest import mock

from fakes import webui
from fakes.webui_run import Base, FakeRecording, modules
from steps_animation import LatentRing, latents
from steps_animation_webui import last_runs, run, settings


class AfterwardsBase(Base):
    def animate(self, p=None, index=-1, arguments=({},), tab="txt2img"):
        thread, result = last_runs.animate(tab, p and webui.gallery(p), index, arguments)
        thread.join(60)
        return result.paths, result.trouble

    def save_step(self, p, index, number):
        return self.settled(last_runs.save_step("txt2img", webui.gallery(p), index, number))


class AnimateTest(AfterwardsBase):
    def test_animates_an_image_without_a_movie(self):
        self.generate([])
        self.assertEqual(FakeRecording.instances, [])
        self.assertEqual(self.animate(), (["/movies/0.mp4"], None))
        self.assertEqual([step for _, step, _ in FakeRecording.instances[0].steps[0]], [1, 2, 3, 4])
        self.assertEqual(FakeRecording.instances[0].finished[0][0], 210)

    def test_animates_again_with_other_options(self):
        p, _ = self.generate()
        self.animate(p, 0, [{"codec": "gif"}])
        self.assertIn("--codec=gif", FakeRecording.instances[1].arguments)
        self.assertEqual(FakeRecording.instances[0].steps, FakeRecording.instances[1].steps)

    def test_animates_only_the_image_that_the_gallery_shows(self):
        p, _ = self.generate([], n_iter=2, batch_size=2)
        self.animate(p, 3)
        (recording,) = FakeRecording.instances
        self.assertEqual([one["seed"] for one in recording.images], [45])
        self.assertEqual([value for _, _, value in recording.steps[0]], [110, 111, 112, 113])
        self.assertEqual(list(recording.finished), [0])

    def test_animates_all_images_of_a_grid(self):
        p, _ = self.generate([], batch_size=2)
        generation = json.dumps({**json.loads(webui.gallery(p)), "index_of_first_image": 1})
        last_runs.animate("txt2img", generation, 0, ({},))[0].join(60)
        self.assertEqual([one["seed"] for one in FakeRecording.instances[0].images], [42, 43])

    def test_animates_an_earlier_image(self):
        first, _ = self.generate([], step_numbers=range(3), all_seeds=[7])
        self.generate([])
        self.animate(first, 0)
        self.assertEqual([one["seed"] for one in FakeRecording.instances[0].images], [7])

    def test_distinguishes_images_of_one_seed_by_their_infotexts(self):
        first, _ = self.generate([], step_numbers=range(3), all_prompts=["a pear"])
        self.generate([], step_numbers=range(5))
        self.animate(first, 0)
        self.assertEqual(len(FakeRecording.instances[0].steps[0]), 3)

    def test_keeps_nothing_when_disabled(self):
        with mock.patch.object(modules.shared.opts, "steps_animation_keeps_latents", False):
            self.generate([])
        self.assertIn("no image yet", self.animate()[1])

    def test_forgets_images_whose_steps_were_discarded(self):
        with mock.patch.object(run, "RING", LatentRing(5 * 2**14)):
            first, _ = self.generate([], all_seeds=[7])
            self.generate([])
            self.assertEqual(len(last_runs.kept("txt2img")), 1)
            self.assertIn("were discarded", self.animate(first, 0)[1])

    def test_explains_why_it_cannot(self):
        self.assertIn("no image yet", self.animate()[1])
        self.generate([])
        self.assertIn("no image yet", self.animate(tab="img2img")[1])
        self.assertIn("Codec", self.animate(arguments=[True, "mpeg1"])[1])
        with mock.patch.object(modules.shared, "sd_model", SimpleNamespace(sd_model_hash="other")):
            self.assertIn("another model", self.animate()[1])

    def test_gives_the_recording_up_on_an_error(self):
        self.generate([])
        for error in (LookupError("the steps were discarded"), OSError("no disk")):
            with mock.patch.object(FakeRecording, "image", side_effect=error):
                paths, trouble = self.animate()
            self.assertEqual(paths, [])
            self.assertIn(str(error) if isinstance(error, LookupError) else "see the console", trouble)
        self.assertEqual([one.is_running for one in FakeRecording.instances], [False, False])

    def test_encodes_while_the_next_image_is_generated(self):
        self.generate([])
        FakeRecording.may_finish.clear()
        thread, result = last_runs.animate("txt2img", None, -1, ({},))
        self.assertTrue(result.is_pending)
        self.assertTrue(FakeRecording.is_finishing.wait(60))
        self.assertTrue(modules.call_queue.queue_lock.acquire(timeout=60))
        modules.call_queue.queue_lock.release()
        FakeRecording.may_finish.set()
        thread.join(60)
        self.assertEqual(result.paths, ["/movies/0.mp4"])


class SaveStepTest(AfterwardsBase):
    def test_saves_the_step_of_the_image_that_the_gallery_shows(self):
        p, _ = self.generate([], batch_size=2, enable_hr=True)
        paths, trouble = self.save_step(p, 1, 6)
        self.assertEqual([paths, trouble], [[str(self.folder / "43-step-6.png")], None])
        self.assertEqual((self.folder / "43-step-6.png").read_text(), "11 a red apple\nSeed: 43")

    def test_rejects_a_step_that_does_not_exist(self):
        p, _ = self.generate([])
        for number in (0, 5):
            self.assertEqual(self.save_step(p, 0, number), ([], f"the image has no step {number}, only those from 1 to 4."))


class FileTest(AfterwardsBase):
    def setUp(self):
        super().setUp()
        self.saved = {}
        save = mock.patch.object(latents, "save_latents", self.save)
        load = mock.patch.object(latents, "load_latents", lambda path: latents.LatentRun(*self.saved[path]))
        for patch in (save, load):
            patch.start()
            self.addCleanup(patch.stop)

    def save(self, kept, path):
        path.write_bytes(b"")
        self.saved[path] = ({name: str(value) for name, value in kept.metadata.items()}, kept.steps)

    def animate_file(self, name):
        return self.settled(last_runs.animate_file("txt2img", name, [{}]))

    def test_the_file_has_the_metadata_for_decoding(self):
        self.generate([{"save_latents": True}], batch_size=2)
        ((path, (metadata, _)),) = self.saved.items()
        self.assertEqual(path, self.folder / "intermediate" / "latents-42.safetensors")
        self.assertEqual([one["seed"] for one in json.loads(metadata["images"])], [42, 43])
        self.assertEqual([one["prompt"] for one in json.loads(metadata["images"])], ["a red apple"] * 2)
        self.assertEqual([metadata["model"], metadata["sampler"], metadata["scale_factor"]], ["abc", "Euler a", "0.18215"])

    def test_overwrites_no_file(self):
        for _ in range(3):
            self.generate([{"save_latents": True}])
        names = [path.name for path in self.saved]
        self.assertEqual(names, ["latents-42.safetensors", "latents-42-1.safetensors", "latents-42-2.safetensors"])

    def test_saves_latents_once_and_not_for_later_movies(self):
        options = {"save_latents": True}
        for decode in ("on demand", "after", "during"):
            self.generate([{**options, "decode": decode}])
            self.animate(arguments=[options])
        self.settled(last_runs.animate_file("txt2img", "latents-42.safetensors", [options]))
        names = [path.name for path in self.saved]
        self.assertEqual(names, ["latents-42.safetensors", "latents-42-1.safetensors", "latents-42-2.safetensors"])
        self.assertEqual(webui.reported, [])

    def test_makes_movies_of_a_file_after_a_restart(self):
        self.generate([{"save_latents": True}], n_iter=2, batch_size=2)
        FakeRecording.instances.clear()
        run.RING._runs.clear()
        self.assertEqual(self.animate_file("latents-44.safetensors"), (["/movies/0.mp4", "/movies/1.mp4"], None))
        (recording,) = FakeRecording.instances
        self.assertEqual([value for _, _, value in recording.steps[1]], [110, 111, 112, 113])
        self.assertEqual(recording.finished[1], (113, "a red apple\nSeed: 45", "finished"))
        self.assertEqual([one["seed"] for one in recording.images], [44, 45])

    def test_uses_the_current_clone_of_the_settings(self):
        self.generate([{"save_latents": True}])
        with mock.patch.dict(os.environ), mock.patch.object(settings, "_original", None):
            found = []
            for clone in ("/the/clone", ""):
                with mock.patch.object(modules.shared.opts, settings.CLONE, clone, create=True):
                    self.animate_file("latents-42.safetensors")
                found.append(os.environ.get("STEPS_ANIMATION"))
            self.assertEqual(found, ["/the/clone", None])
            with mock.patch.object(settings, "_original", "/of/the/environment"):
                self.animate_file("latents-42.safetensors")
            self.assertEqual(os.environ["STEPS_ANIMATION"], "/of/the/environment")

    def test_reads_no_file_outside_the_output_folder(self):
        outside = self.folder.parent / "outside.safetensors"
        self.addCleanup(outside.unlink)
        outside.write_bytes(b"")
        for name in ("../outside.safetensors", str(outside), "missing.safetensors", ""):
            self.assertIn("there is no file", self.animate_file(name)[1])

    def test_rejects_a_file_of_another_program(self):
        self.save(latents.LatentRun({"content": "denoised"}), self.folder / "other.safetensors")
        self.assertIn("does not describe the images", self.animate_file("other.safetensors")[1])


if __name__ == "__main__":
    unittest.main()
