"""The script sees every step once, changes nothing, and whatever fails in it, the web UI's generation goes on."""

import unittest
from unittest import mock

from fakes import webui
from fakes.webui_run import BRIEF, Base, FakeRecording, modules
from steps_animation_webui.sampling import watch


class RunTest(Base):
    def test_hands_over_every_step_and_the_finished_image(self):
        p, recording = self.recorded()
        self.assertEqual(recording.steps, {0: [(0, 1, 0), (0, 2, 1), (0, 3, 2), (0, 4, 3)]})
        self.assertEqual(recording.finished, {0: (210, "a red apple\nSeed: 42", "finished")})
        self.assertEqual(recording.passes, [{"kind": "base", "steps": 4, "exact": True}])
        self.assertEqual(p.extra_generation_params, {"Steps animation": ["/movies/0.mp4"]})

    def test_leaves_the_infotexts_as_they_are(self):
        p, _ = self.recorded()
        webui.process_images(self.script, p, BRIEF)  # as scripts do that generate several times with one p
        self.assertEqual(p.infotexts, ["infotext {}"] * 2)

    def test_puts_movies_and_steps_beside_the_images(self):
        _, recording = self.recorded()
        self.assertIn(f"--folder={self.folder}", recording.arguments)
        self.assertIn("--no-save-images", recording.arguments)
        self.assertEqual(recording.folder, self.folder / "intermediate")

    def test_takes_a_step_once_that_is_told_twice(self):
        _, recording = self.recorded(told=[0, 0, 1, 1, 2])
        self.assertEqual([step for _, step, _ in recording.steps[0]], [1, 2, 3])

    def test_takes_the_latents_themselves_where_there_are_no_denoised_ones(self):
        def sample(sampler, batch_size, offset=0):
            for i in range(3):
                latents = webui.Latents([i + 7] * batch_size)
                sampler.callback_state({"i": i, "x": latents, "denoised": None if i == 2 else latents})
            sampler.seen = 4

        with mock.patch.object(webui.Sampler, "sample", sample):
            _, recording = self.recorded()
        self.assertEqual(recording.steps[0], [(0, 1, 7), (0, 2, 8), (0, 3, 9)])

    def test_shows_noisy_latents_as_the_model_sees_them(self):
        _, recording = self.recorded([{"content": "noisy"}])
        self.assertEqual([value for _, _, value in recording.steps[0]], [int(10 * i / 10**0.5) for i in range(4)])

    def test_tells_passes_apart_though_the_second_is_announced_twice(self):
        _, recording = self.recorded(enable_hr=True)
        numbers = [(pass_index, step) for pass_index, step, _ in recording.steps[0]]
        self.assertEqual(numbers, [(index, step) for index in (0, 1) for step in (1, 2, 3, 4)])
        self.assertEqual([one["kind"] for one in recording.passes], ["base", "hires"])

    def test_keeps_batches_apart_and_decodes_each_when_it_is_finished(self):
        seen = []
        self.generate(n_iter=3, batch_size=2, during=lambda number: seen.append([len(one.steps) for one in FakeRecording.made]))
        (recording,) = FakeRecording.made
        self.assertEqual(seen, [[], [2], [4]])
        self.assertEqual(sorted(recording.steps), [0, 1, 2, 3, 4, 5])
        self.assertEqual([recording.steps[image][-1][2] for image in range(6)], [3, 13, 103, 113, 203, 213])
        self.assertEqual([one["seed"] for one in recording.images], [42, 43, 44, 45, 46, 47])

    def test_decodes_no_more_than_the_movie_shows_and_what_record_counts_by(self):
        _, recording = self.recorded([{"skip_steps": 1, "every": 2}], told=range(9))
        self.assertEqual([step for _, step, _ in recording.steps[0]], [2, 4, 6, 8, 9])

    def test_ends_interrupted_by_what_the_web_ui_says(self):
        interrupt = lambda number: setattr(modules.shared.state, "interrupted", True)  # noqa: E731
        self.generate(n_iter=2, during=interrupt)
        (recording,) = FakeRecording.made
        self.assertEqual([reason for _, _, reason in recording.finished.values()], ["interrupted"])

    def test_ends_skipped_by_what_the_web_ui_says(self):
        with mock.patch.object(modules.shared.state, "skipped", True):
            _, recording = self.recorded()
        self.assertEqual([reason for _, _, reason in recording.finished.values()], ["skipped"])

    def test_wraps_a_sampler_of_several_batches_once(self):
        sampler, told = webui.Sampler(range(2)), []
        watch(sampler, lambda progress: told.append("first batch"))
        wrapped = sampler.callback_state
        watch(sampler, lambda progress: told.append("second batch"))
        self.assertIs(sampler.callback_state, wrapped)
        sampler.sample(1)
        self.assertEqual(told, ["second batch"] * 2)

    def test_decodes_roughly_while_sampling(self):
        seen = []
        self.generate([{"decode": "during"}], during=lambda number: seen.append(len(FakeRecording.made[0].steps[0])))
        (recording,) = FakeRecording.made
        self.assertEqual([seen, len(recording.steps[0]), len(recording.finished)], [[4], 4, 1])

    def test_records_no_generation_within_another(self):
        def nested(number):
            webui.process_images(self.script, webui.Processing(self.folder, told=range(9)), BRIEF)

        self.generate(during=nested)
        self.assertEqual([len(one.steps[0]) for one in FakeRecording.made], [4])

    def test_records_the_generation_after_one_that_failed(self):
        with self.assertRaises(KeyError):
            self.generate(during=lambda number: {}["failed"])
        self.recorded()

    def test_goes_on_when_steps_cannot_be_decoded(self):
        with mock.patch.object(modules.sd_samplers_common, "sample_to_image", side_effect=MemoryError("no memory")):
            p, pictures = self.generate()
        self.assertEqual(webui.reported, ["Steps animation could not decode the steps"])
        self.assertEqual([len(pictures), p.extra_generation_params], [1, {"Steps animation": ["/movies/0.mp4"]}])

    def test_goes_on_when_a_step_cannot_be_kept(self):
        with mock.patch.object(webui.Latents, "detach", side_effect=MemoryError("no memory")):
            _, pictures = self.generate()
        self.assertEqual(len(pictures), 1)
        self.assertEqual(set(webui.reported), {"Steps animation could not keep a step"})

    def test_makes_the_image_though_an_option_is_wrong_and_says_so(self):
        p, pictures = self.generate([{"duratoin": 3}])
        self.assertEqual(p.extra_generation_params, {"Steps animation trouble": 'there is no option "duratoin"'})
        self.assertEqual([len(pictures), FakeRecording.made], [1, []])


if __name__ == "__main__":
    unittest.main()
