"""What the watch node keeps of samplers, and for how long."""

import unittest
from unittest import mock

from fakes import comfyui
from fakes.comfyui import Executor, Latents, Sigma

world = comfyui.install()

from pack import watched_steps  # noqa: E402
from steps_animation import LatentRing  # noqa: E402
from pack.watched_steps import WatchedSteps  # noqa: E402


class WatchedStepsTest(unittest.TestCase):
    def setUp(self):
        self.prompt, self.node = "first", "sampler"
        self.steps = WatchedSteps(lambda: (self.prompt, self.node))

    def sample(self, calls, callback=None):
        executor = Executor(calls)
        sigmas = [Sigma(2), Sigma(1)]
        arguments = ("noise", "latent", "sampler", sigmas, "mask", callback, True, 7)
        self.assertEqual(self.steps.watch(executor, *arguments, latent_shapes=[1]), "samples")
        expected = ("noise", "latent", "sampler", sigmas, "mask", True, 7, {"latent_shapes": [1]})
        self.assertEqual(executor.received, expected)

    def kept(self, nodes=None):
        return [[(step, *latents.values) for step, latents in one.steps] for one in self.steps.passes(nodes)[0]]

    def test_keeps_each_step_once_and_calls_the_original_callback(self):
        heard = []
        calls = [(0, Latents(1)), (1, Latents(2)), (1, Latents(9)), (2, Latents(3))]
        self.sample(calls, lambda step, denoised, noisy, total: heard.append((step, *denoised.values, total)))
        self.assertEqual(self.kept(), [[(1, 1), (2, 2), (3, 3)]])
        self.assertEqual(heard, [(0, 1, 4), (1, 2, 4), (1, 9, 4), (2, 3, 4)])

    def test_works_without_an_original_callback(self):
        self.sample([(0, Latents(1))])
        self.assertEqual(self.kept(), [[(1, 1)]])

    def test_keeps_the_noisy_latents_if_selected(self):
        self.steps.content = "noisy"
        self.sample([(0, Latents(1), Latents(8)), (1, Latents(2), Latents(6)), (2, Latents(3))])
        self.assertEqual(self.kept(), [[(1, 4), (2, 6)]])

    def test_every_sampling_of_a_prompt_is_a_pass(self):
        self.sample([(0, Latents(1))])
        self.sample([(0, Latents(2)), (1, Latents(3))])
        self.node = "second"
        self.sample([(0, Latents(4))])
        self.assertEqual(self.kept(), [[(1, 1)], [(1, 2), (2, 3)], [(1, 4)]])

    def test_keeps_a_pass_until_its_own_node_samples_again(self):
        self.sample([(0, Latents(1))])
        self.node = "second"
        self.sample([(0, Latents(2))])
        self.prompt = "with the first pass from the cache"
        self.sample([(0, Latents(3))])
        self.assertEqual(self.kept(), [[(1, 1)], [(1, 3)]])
        self.prompt, self.node = "with another seed", "sampler"
        self.sample([(0, Latents(4))])
        self.node = "second"
        self.sample([(0, Latents(5))])
        self.assertEqual(self.kept(), [[(1, 4)], [(1, 5)]])

    def test_selects_passes_by_node(self):
        for value, node in enumerate(("sampler", "of another branch", "tiles.0.0.3")):
            self.node = node
            self.sample([(0, Latents(value))])
        self.assertEqual(self.kept({"sampler", "tiles", "images"}), [[(1, 0)], [(1, 2)]])

    def test_counts_discarded_passes(self):
        with mock.patch.object(watched_steps, "RING", LatentRing(limit=5 * 4 * 4096)):
            self.sample([(0, Latents(1)), (1, Latents(2))])
            self.node = "second"
            self.sample([(step, Latents(step)) for step in range(4)])
            passes, lost = self.steps.passes()
        self.assertEqual([len(passes[0].steps), lost], [4, 1])

    def test_sampling_continues_when_a_step_cannot_be_kept(self):
        with self.assertLogs("steps-animation", "ERROR"):
            self.sample([(0, "no latents"), (1, Latents(2))])
        self.assertEqual(self.kept(), [[(2, 2)]])

    def test_sampling_continues_when_it_cannot_be_watched(self):
        heard = []
        with mock.patch.object(self.steps, "_executing", side_effect=AttributeError("no context")):
            with self.assertLogs("steps-animation", "ERROR"):
                self.sample([(0, Latents(1))], lambda step, *_: heard.append(step))
        self.assertEqual([heard, self.kept()], [[0], []])

    def test_accepts_a_positional_or_a_named_callback(self):
        for arguments in (4, 5, 6):
            heard, given = [], ("noise", "latent", "sampler", [Sigma(2)], "mask")[:arguments]
            own = lambda step, *_: heard.append(step)  # noqa: E731
            self.node = arguments
            positional, named = ((*given, own), {}) if arguments == 6 else (given, {"callback": own})
            self.steps.watch(Executor([(0, Latents(arguments))]), *positional, **named)
            self.assertEqual(heard, [0])
        self.assertEqual(self.kept(), [[(1, 4)], [(1, 5)], [(1, 6)]])

    def test_skips_steps_without_a_denoised_latent(self):
        self.sample([(0, Latents(1)), (1, None)])
        self.assertEqual(self.kept(), [[(1, 1)]])


if __name__ == "__main__":
    unittest.main()
