"""The clean image, for every prediction type and every scale of the samples."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations" / "python"))

from fakes.diffusers import Numbers  # noqa: E402
from steps_animation.denoised import begins_step, denoised  # noqa: E402

CLEAN, NOISE = Numbers([0.7, -1.3]), Numbers([1.1, -0.4])


class FlowMatchFake:
    """Flow matching is recognised by the class name only."""

    def __init__(self, sigma):
        self.config, self.sigmas, self.step_index = SimpleNamespace(), [sigma], 1


def scheduler(prediction, **more):
    return SimpleNamespace(config=SimpleNamespace(prediction_type=prediction), **more)


def predictions(signal, noise_level):
    """Predictions for a sample of these signal and noise levels, by the definition of each prediction type."""
    velocity = NOISE * signal - CLEAN * noise_level
    return {"epsilon": NOISE, "v_prediction": velocity, "sample": CLEAN}


class DenoisedTest(unittest.TestCase):
    def assert_clean(self, fake, output, timestep, sample, returned=(None,)):
        found = denoised(fake, output, timestep, sample, returned)
        for one, other in zip(found.values, CLEAN.values):
            self.assertAlmostEqual(one, other, places=9)

    def test_by_sigma_variance_preserving(self):
        for sigma in (0.03, 1.0, 14.6):
            signal = 1 / (sigma**2 + 1) ** 0.5
            noise_level = sigma * signal
            for name, output in predictions(signal, noise_level).items():
                fake = scheduler(name, sigmas=[99, sigma, 0], step_index=2, alphas_cumprod=[], init_noise_sigma=1.0)
                self.assert_clean(fake, output, 500, CLEAN * signal + NOISE * noise_level)

    def test_by_sigma_variance_exploding(self):
        for sigma in (0.03, 1.0, 14.6):
            signal = 1 / (sigma**2 + 1) ** 0.5
            for name, output in predictions(signal, sigma * signal).items():
                fake = scheduler(name, sigmas=[sigma, 0], step_index=1, alphas_cumprod=[], init_noise_sigma=14.6)
                self.assert_clean(fake, output, 500, CLEAN + NOISE * sigma)

    def test_by_timestep(self):
        for product in (0.0047, 0.5, 0.999):
            signal, noise_level = product**0.5, (1 - product) ** 0.5
            for name, output in predictions(signal, noise_level).items():
                fake = scheduler(name, alphas_cumprod=[0, product])
                self.assert_clean(fake, output, 1, CLEAN * signal + NOISE * noise_level)

    def test_of_flow_matching(self):
        for sigma in (0.02, 0.5, 1.0):
            sample, velocity = CLEAN * (1 - sigma) + NOISE * sigma, NOISE - CLEAN
            self.assert_clean(FlowMatchFake(sigma), velocity, 500, sample)
            fake = scheduler("flow_prediction", sigmas=[sigma], step_index=1, alphas_cumprod=[], init_noise_sigma=1.0)
            self.assert_clean(fake, velocity, 500, sample)

    def test_uses_the_schedulers_own_result(self):
        for name in ("pred_original_sample", "denoised"):
            self.assert_clean(scheduler("epsilon"), NOISE, 1, NOISE, SimpleNamespace(**{name: CLEAN}))

    def test_clips_as_the_scheduler_does(self):
        fake = scheduler("sample", alphas_cumprod=[0.5])
        fake.config.clip_sample, fake.config.clip_sample_range = True, 1.0
        self.assertEqual(denoised(fake, CLEAN, 0, NOISE, (None,)).values, [0.7, -1.0])

    def test_of_unknown_schedulers_is_their_prediction_or_the_next_sample(self):
        for returned in ((NOISE, CLEAN), (CLEAN,)):
            self.assert_clean(scheduler(None), NOISE, 1, NOISE, returned)


class BeginsStepTest(unittest.TestCase):
    def test_second_order_solvers_begin_with_every_other_call(self):
        self.assertTrue(begins_step(SimpleNamespace(state_in_first_order=True)))
        self.assertFalse(begins_step(SimpleNamespace(state_in_first_order=False)))

    def test_pndm_repeats_its_first_step(self):
        fake = SimpleNamespace(counter=0, prk_timesteps=[], config=SimpleNamespace(skip_prk_steps=True))
        begins = []
        for fake.counter in range(5):
            begins.append(begins_step(fake))
        self.assertEqual(begins, [True, False, True, True, True])

    def test_pndm_with_runge_kutta_has_four_calls_in_each_of_its_first_three_steps(self):
        fake = SimpleNamespace(counter=0, prk_timesteps=[0] * 12, config=SimpleNamespace(skip_prk_steps=False))
        begins = []
        for fake.counter in range(15):
            begins.append(begins_step(fake))
        self.assertEqual([index for index, each in enumerate(begins) if each], [0, 4, 8, 12, 13, 14])


if __name__ == "__main__":
    unittest.main()
