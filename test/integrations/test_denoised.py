"""The clean image is found whatever a model predicts, and however a scheduler scales its samples."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integrations" / "python"))

from fakes.diffusers import Numbers  # noqa: E402
from steps_animation.denoised import begins_step, denoised  # noqa: E402

CLEAN, NOISE = Numbers([0.7, -1.3]), Numbers([1.1, -0.4])


class FlowMatchFake:
    """diffusers tells flow matching by the name of the class alone."""

    def __init__(self, sigma):
        self.config, self.sigmas, self.step_index = SimpleNamespace(), [sigma], 1


def scheduler(prediction, **more):
    return SimpleNamespace(config=SimpleNamespace(prediction_type=prediction), **more)


def predictions(signal, share):
    """What a model says of a sample with these shares of signal and noise, by the definitions of each parameterization."""
    velocity = NOISE * signal - CLEAN * share
    return {"epsilon": NOISE, "v_prediction": velocity, "sample": CLEAN}


class DenoisedTest(unittest.TestCase):
    def assert_clean(self, made, output, timestep, sample, returned=(None,)):
        found = denoised(made, output, timestep, sample, returned)
        for one, other in zip(found.values, CLEAN.values):
            self.assertAlmostEqual(one, other, places=9)

    def test_by_sigma_where_samples_keep_the_variance(self):
        for sigma in (0.03, 1.0, 14.6):
            signal = 1 / (sigma**2 + 1) ** 0.5
            share = sigma * signal
            for name, output in predictions(signal, share).items():
                made = scheduler(name, sigmas=[99, sigma, 0], step_index=2, alphas_cumprod=[], init_noise_sigma=1.0)
                self.assert_clean(made, output, 500, CLEAN * signal + NOISE * share)

    def test_by_sigma_where_samples_keep_the_signal(self):
        for sigma in (0.03, 1.0, 14.6):
            signal = 1 / (sigma**2 + 1) ** 0.5
            for name, output in predictions(signal, sigma * signal).items():
                made = scheduler(name, sigmas=[sigma, 0], step_index=1, alphas_cumprod=[], init_noise_sigma=14.6)
                self.assert_clean(made, output, 500, CLEAN + NOISE * sigma)

    def test_by_timestep(self):
        for product in (0.0047, 0.5, 0.999):
            signal, share = product**0.5, (1 - product) ** 0.5
            for name, output in predictions(signal, share).items():
                made = scheduler(name, alphas_cumprod=[0, product])
                self.assert_clean(made, output, 1, CLEAN * signal + NOISE * share)

    def test_of_flows(self):
        for sigma in (0.02, 0.5, 1.0):
            sample, velocity = CLEAN * (1 - sigma) + NOISE * sigma, NOISE - CLEAN
            self.assert_clean(FlowMatchFake(sigma), velocity, 500, sample)
            made = scheduler("flow_prediction", sigmas=[sigma], step_index=1, alphas_cumprod=[], init_noise_sigma=1.0)
            self.assert_clean(made, velocity, 500, sample)

    def test_as_the_scheduler_names_it(self):
        for name in ("pred_original_sample", "denoised"):
            self.assert_clean(scheduler("epsilon"), NOISE, 1, NOISE, SimpleNamespace(**{name: CLEAN}))

    def test_clipped_as_the_scheduler_does(self):
        made = scheduler("sample", alphas_cumprod=[0.5])
        made.config.clip_sample, made.config.clip_sample_range = True, 1.0
        self.assertEqual(denoised(made, CLEAN, 0, NOISE, (None,)).values, [0.7, -1.0])

    def test_of_unknown_schedulers_is_their_own_guess_or_what_they_go_on_with(self):
        for returned in ((NOISE, CLEAN), (CLEAN,)):
            self.assert_clean(scheduler(None), NOISE, 1, NOISE, returned)


class BeginsStepTest(unittest.TestCase):
    def test_solvers_of_order_2_begin_with_every_other_call(self):
        self.assertTrue(begins_step(SimpleNamespace(state_in_first_order=True)))
        self.assertFalse(begins_step(SimpleNamespace(state_in_first_order=False)))

    def test_pndm_does_its_first_step_twice(self):
        made = SimpleNamespace(counter=0, prk_timesteps=[], config=SimpleNamespace(skip_prk_steps=True))
        begins = []
        for made.counter in range(5):
            begins.append(begins_step(made))
        self.assertEqual(begins, [True, False, True, True, True])

    def test_pndm_with_runge_kutta_has_four_calls_in_each_of_its_first_three_steps(self):
        made = SimpleNamespace(counter=0, prk_timesteps=[0] * 12, config=SimpleNamespace(skip_prk_steps=False))
        begins = []
        for made.counter in range(15):
            begins.append(begins_step(made))
        self.assertEqual([index for index, each in enumerate(begins) if each], [0, 4, 8, 12, 13, 14])


if __name__ == "__main__":
    unittest.main()
