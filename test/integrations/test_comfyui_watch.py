"""What the watching node hears of samplers, and how long it keeps that."""

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

    def sample(self, told, callback=None):
        executor = Executor(told)
        sigmas = [Sigma(2), Sigma(1)]
        arguments = ("noise", "latent", "sampler", sigmas, "mask", callback, True, 7)
        self.assertEqual(self.steps.watch(executor, *arguments, latent_shapes=[1]), "samples")
        expected = ("noise", "latent", "sampler", sigmas, "mask", True, 7, {"latent_shapes": [1]})
        self.assertEqual(executor.received, expected)

    def kept(self, nodes=None):
        return [[(step, *latents.values) for step, latents in one.steps] for one in self.steps.passes(nodes)[0]]

    def test_keeps_each_step_once_and_lets_comfyui_hear_of_all(self):
        heard = []
        told = [(0, Latents(1)), (1, Latents(2)), (1, Latents(9)), (2, Latents(3))]
        self.sample(told, lambda step, denoised, noisy, total: heard.append((step, *denoised.values, total)))
        self.assertEqual(self.kept(), [[(1, 1), (2, 2), (3, 3)]])
        self.assertEqual(heard, [(0, 1, 4), (1, 2, 4), (1, 9, 4), (2, 3, 4)])

    def test_needs_no_callback_of_comfyui(self):
        self.sample([(0, Latents(1))])
        self.assertEqual(self.kept(), [[(1, 1)]])

    def test_keeps_what_the_sampler_works_on_where_that_is_asked_for(self):
        self.steps.content = "noisy"
        self.sample([(0, Latents(1), Latents(8)), (1, Latents(2), Latents(6)), (2, Latents(3))])
        self.assertEqual(self.kept(), [[(1, 4), (2, 6)]])

    def test_takes_every_sampling_of_a_prompt_for_a_pass(self):
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

    def test_gives_the_passes_of_some_nodes(self):
        for value, node in enumerate(("sampler", "of another branch", "tiles.0.0.3")):
            self.node = node
            self.sample([(0, Latents(value))])
        self.assertEqual(self.kept({"sampler", "tiles", "images"}), [[(1, 0)], [(1, 2)]])

    def test_tells_of_steps_that_made_room(self):
        with mock.patch.object(watched_steps, "RING", LatentRing(limit=5 * 4 * 4096)):
            self.sample([(0, Latents(1)), (1, Latents(2))])
            self.node = "second"
            self.sample([(step, Latents(step)) for step in range(4)])
            passes, lost = self.steps.passes()
        self.assertEqual([len(passes[0].steps), lost], [4, 1])

    def test_goes_on_sampling_when_a_step_cannot_be_kept(self):
        with self.assertLogs("steps-animation", "ERROR"):
            self.sample([(0, "no latents"), (1, Latents(2))])
        self.assertEqual(self.kept(), [[(2, 2)]])

    def test_samples_when_it_cannot_watch(self):
        heard = []
        with mock.patch.object(self.steps, "_executing", side_effect=AttributeError("no context")):
            with self.assertLogs("steps-animation", "ERROR"):
                self.sample([(0, Latents(1))], lambda step, *_: heard.append(step))
        self.assertEqual([heard, self.kept()], [[0], []])

    def test_takes_its_callback_however_it_is_given(self):
        for arguments in (4, 5, 6):
            heard, given = [], ("noise", "latent", "sampler", [Sigma(2)], "mask")[:arguments]
            own = lambda step, *_: heard.append(step)  # noqa: E731
            self.node = arguments
            positional, named = ((*given, own), {}) if arguments == 6 else (given, {"callback": own})
            self.steps.watch(Executor([(0, Latents(arguments))]), *positional, **named)
            self.assertEqual(heard, [0])
        self.assertEqual(self.kept(), [[(1, 4)], [(1, 5)], [(1, 6)]])

    def test_passes_over_steps_without_a_denoised_latent(self):
        self.sample([(0, Latents(1)), (1, None)])
        self.assertEqual(self.kept(), [[(1, 1)]])


if __name__ == "__main__":
    unittest.main()
