"""The script records every step once, changes no image, and its errors do not reach the generation."""

import unittest
from unittest import mock

from fakes import webui
from fakes.webui_run import BRIEF, Base, FakeRecording, modules
from steps_animation_webui.sampling import watch


class RunTest(Base):
    def test_records_every_step_and_the_finished_image(self):
        p, recording = self.recorded()
        self.assertEqual(recording.steps, {0: [(0, 1, 0), (0, 2, 1), (0, 3, 2), (0, 4, 3)]})
        self.assertEqual(recording.finished, {0: (210, "a red apple\nSeed: 42", "finished")})
        self.assertEqual(recording.passes, [{"kind": "base", "steps": 4, "exact": True}])
        self.assertEqual(p.extra_generation_params, {"Steps animation": ["/movies/0.mp4"]})

    def test_does_not_change_infotexts(self):
        p, _ = self.recorded()
        webui.process_images(self.script, p, BRIEF)  # as scripts do that generate several times with one p
        self.assertEqual(p.infotexts, ["infotext {}"] * 2)

    def test_puts_movies_and_steps_beside_the_images(self):
        _, recording = self.recorded()
        self.assertIn(f"--folder={self.folder}", recording.arguments)
        self.assertIn("--no-save-images", recording.arguments)
        self.assertEqual(recording.folder, self.folder / "intermediate")

    def test_records_a_step_once_that_is_reported_twice(self):
        _, recording = self.recorded(step_numbers=[0, 0, 1, 1, 2])
        self.assertEqual([step for _, step, _ in recording.steps[0]], [1, 2, 3])

    def test_uses_the_samples_if_there_are_no_denoised_latents(self):
        def sample(sampler, batch_size, offset=0):
            for i in range(3):
                latents = webui.Latents([i + 7] * batch_size)
                sampler.callback_state({"i": i, "x": latents, "denoised": None if i == 2 else latents})
            sampler.seen = 4

        with mock.patch.object(webui.Sampler, "sample", sample):
            _, recording = self.recorded()
        self.assertEqual(recording.steps[0], [(0, 1, 7), (0, 2, 8), (0, 3, 9)])

    def test_scales_noisy_latents_as_the_models_input(self):
        _, recording = self.recorded([{"content": "noisy"}])
        self.assertEqual([value for _, _, value in recording.steps[0]], [int(10 * i / 10**0.5) for i in range(4)])

    def test_distinguishes_passes_when_the_second_begins_twice(self):
        _, recording = self.recorded(enable_hr=True)
        numbers = [(pass_index, step) for pass_index, step, _ in recording.steps[0]]
        self.assertEqual(numbers, [(index, step) for index in (0, 1) for step in (1, 2, 3, 4)])
        self.assertEqual([one["kind"] for one in recording.passes], ["base", "hires"])

    def test_keeps_batches_apart_and_decodes_each_when_it_is_finished(self):
        seen = []
        self.generate(n_iter=3, batch_size=2, during=lambda number: seen.append([len(one.steps) for one in FakeRecording.instances]))
        (recording,) = FakeRecording.instances
        self.assertEqual(seen, [[], [2], [4]])
        self.assertEqual(sorted(recording.steps), [0, 1, 2, 3, 4, 5])
        self.assertEqual([recording.steps[image][-1][2] for image in range(6)], [3, 13, 103, 113, 203, 213])
        self.assertEqual([one["seed"] for one in recording.images], [42, 43, 44, 45, 46, 47])

    def test_decodes_only_the_steps_of_the_movie_and_the_last_one(self):
        _, recording = self.recorded([{"skip_steps": 1, "every": 2}], step_numbers=range(9))
        self.assertEqual([step for _, step, _ in recording.steps[0]], [2, 4, 6, 8, 9])

    def test_ends_interrupted_with_the_web_ui(self):
        interrupt = lambda number: setattr(modules.shared.state, "interrupted", True)  # noqa: E731
        self.generate(n_iter=2, during=interrupt)
        (recording,) = FakeRecording.instances
        self.assertEqual([reason for _, _, reason in recording.finished.values()], ["interrupted"])

    def test_ends_skipped_with_the_web_ui(self):
        with mock.patch.object(modules.shared.state, "skipped", True):
            _, recording = self.recorded()
        self.assertEqual([reason for _, _, reason in recording.finished.values()], ["skipped"])

    def test_wraps_a_sampler_of_several_batches_once(self):
        sampler, calls = webui.Sampler(range(2)), []
        watch(sampler, lambda progress: calls.append("first batch"))
        wrapped = sampler.callback_state
        watch(sampler, lambda progress: calls.append("second batch"))
        self.assertIs(sampler.callback_state, wrapped)
        sampler.sample(1)
        self.assertEqual(calls, ["second batch"] * 2)

    def test_decodes_previews_while_sampling(self):
        seen = []
        self.generate([{"decode": "during"}], during=lambda number: seen.append(len(FakeRecording.instances[0].steps[0])))
        (recording,) = FakeRecording.instances
        self.assertEqual([seen, len(recording.steps[0]), len(recording.finished)], [[4], 4, 1])

    def test_records_no_generation_within_another(self):
        def nested(number):
            webui.process_images(self.script, webui.Processing(self.folder, step_numbers=range(9)), BRIEF)

        self.generate(during=nested)
        self.assertEqual([len(one.steps[0]) for one in FakeRecording.instances], [4])

    def test_records_the_generation_after_one_that_failed(self):
        with self.assertRaises(KeyError):
            self.generate(during=lambda number: {}["failed"])
        self.recorded()

    def test_continues_when_steps_cannot_be_decoded(self):
        with mock.patch.object(modules.sd_samplers_common, "sample_to_image", side_effect=MemoryError("no memory")):
            p, pictures = self.generate()
        self.assertEqual(webui.reported, ["Steps animation could not decode the steps"])
        self.assertEqual([len(pictures), p.extra_generation_params], [1, {"Steps animation": ["/movies/0.mp4"]}])

    def test_continues_when_a_step_cannot_be_kept(self):
        with mock.patch.object(webui.Latents, "detach", side_effect=MemoryError("no memory")):
            _, pictures = self.generate()
        self.assertEqual(len(pictures), 1)
        self.assertEqual(set(webui.reported), {"Steps animation could not keep a step"})

    def test_generates_and_reports_when_an_option_is_wrong(self):
        p, pictures = self.generate([{"duratoin": 3}])
        self.assertEqual(p.extra_generation_params, {"Steps animation trouble": 'there is no option "duratoin"'})
        self.assertEqual([len(pictures), FakeRecording.instances], [1, []])


if __name__ == "__main__":
    unittest.main()
