"""Waiting for movies, failed generations, and the memory limit of the last ones."""

import threading
import unittest
import weakref
from types import SimpleNamespace
from unittest import mock

from fakes import webui
from fakes.webui_run import BRIEF, Base, FakeRecording, modules
from steps_animation import LatentRing
from steps_animation_webui import host, results, run, session


class WaitingTest(Base):
    def test_shows_the_image_before_the_movie(self):
        FakeRecording.may_finish.clear()
        p, pictures = self.generate(is_api=False)
        self.assertEqual(len(pictures), 1)
        self.assertTrue(results.shown("txt2img").is_pending)
        self.assertTrue(modules.call_queue.queue_lock.acquire(timeout=60))  # the next generation can begin
        modules.call_queue.queue_lock.release()
        FakeRecording.may_finish.set()
        self.assertEqual(self.settled(), (["/movies/0.mp4"], None))
        self.assertEqual([step for _, step, _ in FakeRecording.instances[0].steps[0]], [1, 2, 3, 4])
        self.assertEqual(p.extra_generation_params, {})

    def test_decodes_no_step_before_the_image_is_shown(self):
        decoded = []
        with mock.patch.object(modules.sd_samplers_common, "sample_to_image", side_effect=lambda *_: decoded.append(_) or 1 / 0):
            with modules.call_queue.queue_lock:
                webui.process_images(self.script, webui.Processing(self.folder, is_api=False), BRIEF)
                self.assertEqual(decoded, [])
            self.settled()
        self.assertEqual(len(decoded), 1)

    def test_responds_with_the_movie(self):
        FakeRecording.may_finish.clear()
        threading.Timer(0.3, FakeRecording.may_finish.set).start()
        p, _ = self.generate()
        self.assertEqual(p.extra_generation_params, {"Steps animation": ["/movies/0.mp4"]})

    def test_makes_the_movie_when_the_run_cannot_be_remembered(self):
        with mock.patch.object(session.last_runs, "remember", side_effect=RuntimeError):
            p, _ = self.generate()
        self.assertEqual(p.extra_generation_params, {"Steps animation": ["/movies/0.mp4"]})

    def test_responds_when_the_movie_takes_too_long(self):
        FakeRecording.may_finish.clear()
        with mock.patch.object(session, "API_TIMEOUT_S", 0.1):
            p, pictures = self.generate()
        self.assertEqual(len(pictures), 1)
        self.assertIn("not finished yet", p.extra_generation_params["Steps animation trouble"])
        FakeRecording.may_finish.set()
        self.assertEqual(self.settled(), (["/movies/0.mp4"], None))

    def test_omits_failed_batches_and_adds_the_others_once(self):
        for lost, images in ((0, {2, 3}), (1, {0, 1})):
            FakeRecording.instances.clear()
            waits = mock.patch.object(session.host, "run_alone", side_effect=AssertionError("the request holds the lock"))
            with waits:
                p, _ = self.generate(n_iter=2, batch_size=2, lost=[lost])
            (recording,) = FakeRecording.instances
            self.assertEqual({image: len(steps) for image, steps in recording.steps.items()}, {image: 4 for image in images})
            self.assertEqual(set(recording.finished), images)
            self.assertEqual(list(p.extra_generation_params), ["Steps animation"], p.extra_generation_params)
        self.assertEqual(webui.reported, [])

    def test_decodes_at_once_within_another_script(self):
        def end_of_cell():
            self.assertEqual(len(FakeRecording.instances[0].steps[0]), 4)

        with modules.call_queue.queue_lock:
            webui.process_images(self.script, webui.Processing(self.folder, is_api=False, script_args=[2]), BRIEF)
            end_of_cell()
        self.settled()

    def test_reports_another_model_before_decoding(self):
        with modules.call_queue.queue_lock:
            webui.process_images(self.script, webui.Processing(self.folder, is_api=False), BRIEF)
            other = mock.patch.object(modules.shared, "sd_model", SimpleNamespace(sd_model_hash="other"))
            other.start()
            self.addCleanup(other.stop)
        paths, trouble = self.settled()
        self.assertEqual(paths, [])
        self.assertIn("another model", trouble)

    def test_reports_unexpected_errors(self):
        with mock.patch.object(FakeRecording, "finish", side_effect=OSError("no disk")):
            self.generate(is_api=False)
            self.assertEqual(self.settled(), ([], "it failed: see the console."))
        self.assertEqual(webui.reported, ["Steps animation could not make the movie"])
        self.assertFalse(FakeRecording.instances[0].is_running)

    def test_gives_the_recording_up_when_a_picture_fails(self):
        with mock.patch.object(FakeRecording, "image", side_effect=OSError("no disk")):
            self.generate(is_api=False)
            self.assertEqual(self.settled(), ([], "it failed: see the console."))
        self.assertFalse(FakeRecording.instances[0].is_running)


class FailureTest(Base):
    def fail(self, **attributes):
        def fail_late(number):
            if number == 1:
                raise KeyError("failed")

        with self.assertRaises(KeyError):
            self.generate(during=fail_late, n_iter=2, **attributes)

    def test_makes_a_movie_of_the_finished_batches(self):
        self.fail(is_api=False)
        self.assertEqual(self.settled(), (["/movies/0.mp4"], None))

    def test_discards_everything_else(self):
        self.fail()
        self.settled()
        self.assertIsNone(session._current)
        self.assertEqual(len(run.RING._runs), 0)

    def test_restores_the_web_uis_close(self):
        p, _ = self.generate()
        self.assertIsNone(p.sampler)
        self.assertNotIn("close", vars(p))


class MemoryLimitTest(Base):
    """A step of an image has 16 KB here, and a picture 512 bytes."""

    def limit(self, limit):
        ring = mock.patch.object(run, "RING", LatentRing(limit))
        ring.start()
        self.addCleanup(ring.stop)

    def test_keeps_the_limit_while_it_generates(self):
        self.limit(3 * 4 * 2**14)
        sizes = []
        self.generate(n_iter=6, during=lambda number: sizes.append(sum(one.nbytes for one in run.RING._runs.values())))
        self.assertLessEqual(max(sizes), 3 * 4 * 2**14)
        (recording,) = FakeRecording.instances
        self.assertEqual([len(recording.steps[image]) for image in range(6)], [4] * 6)

    def test_holds_no_reference_to_discarded_latents(self):
        held = []
        add = LatentRing.add

        def noted(ring, *arguments):
            arrived = add(ring, *arguments)
            held.append(weakref.ref(arrived()))
            return arrived

        self.limit(4 * 2**14)
        with mock.patch.object(LatentRing, "add", noted):
            self.generate(n_iter=2)
        self.assertEqual([one() is None for one in held], [True] * 4 + [False] * 4)

    def test_counts_pictures_in_the_limit(self):
        self.limit(10 * 4 * 2**14)
        self.generate([])
        self.assertEqual(sum(one.nbytes for one in run.RING._runs.values()), 4 * 2**14 + 16 * 8 * 4)


class PreviewTest(Base):
    def test_decodes_previews_of_a_discarded_batch(self):
        handed, overlays = [], []
        step = mock.patch.object(FakeRecording, "step", lambda recording, image, step, picture, pass_index: handed.append(picture))
        composite = mock.patch.object(host, "composite", lambda picture, paste_to, overlay: overlays.append(overlay) or picture)
        overlay = webui.Picture(7)
        with step, composite:
            self.generate([{"decode": "during"}], overlay_images=[overlay])
            run.RING._runs.clear()
            self.assertEqual([picture()[0][0] for picture in handed], [0, 1, 2, 3])
        self.assertEqual(overlays, [overlay] * 4)

    def test_waits_for_the_gpu_only_in_the_recordings_thread(self):
        waiting = []

        class OnTheWay:
            """Latents that are still being copied from the GPU."""

            def __init__(self, give):
                self._give = give

            def __call__(self):
                waiting.append(threading.current_thread())
                return self._give()

        add = LatentRing.add
        handed = []
        steps = mock.patch.object(LatentRing, "add", lambda *arguments: OnTheWay(add(*arguments)))
        step = mock.patch.object(FakeRecording, "step", lambda recording, image, step, picture, pass_index: handed.append(picture))
        with steps, step:
            self.generate([{"decode": "during"}])
        self.assertEqual([len(handed), waiting], [4, []])
        handed[0]()
        self.assertEqual(len(waiting), 1)


if __name__ == "__main__":
    unittest.main()
