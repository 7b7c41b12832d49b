"""Fakes of the tensors, schedulers and pipelines of diffusers."""

import contextlib
from types import SimpleNamespace


class Numbers:
    """A tensor of one number for each image of a batch."""

    is_cuda = False
    ndim = 4

    def __init__(self, values):
        self.values = [float(value) for value in values]
        self.shape = (len(self.values), 1, 1, 1)
        self.dtype = "float"

    def _with(self, other, combine):
        others = other.values if isinstance(other, Numbers) else [other] * len(self.values)
        return Numbers(map(combine, self.values, others))

    def __add__(self, other):
        return self._with(other, lambda one, two: one + two)

    def __sub__(self, other):
        return self._with(other, lambda one, two: one - two)

    def __mul__(self, other):
        return self._with(other, lambda one, two: one * two)

    def __truediv__(self, other):
        return self._with(other, lambda one, two: one / two)

    __rmul__ = __mul__

    def __len__(self):
        return len(self.values)

    def __getitem__(self, part):
        return Numbers(self.values[part])

    def clamp(self, low, high):
        return Numbers(min(max(value, low), high) for value in self.values)

    def float(self):
        return self

    def to(self, *_, **__):
        return self

    def detach(self):
        return self

    def numel(self):
        return len(self.values)

    def element_size(self):
        return 8


class EulerFake:
    """Euler's method over four noise levels, variance exploding."""

    order = 1
    init_noise_sigma = 8

    def __init__(self, **config):
        self.config = SimpleNamespace(prediction_type="epsilon", **config)
        self.alphas_cumprod = []
        self.set_timesteps()

    def set_timesteps(self):
        self.sigmas = [8, 4, 2, 1, 0]
        self.timesteps = [4, 3, 2, 1]
        self.step_index = None

    def step(self, model_output, timestep, sample, eta=0.0, return_dict=True):
        self.step_index = 1 if self.step_index is None else self.step_index + 1
        now, following = self.sigmas[self.step_index - 1], self.sigmas[self.step_index]
        return (sample + model_output * (following - now),)


class ImageFake:
    """A grey PIL image of 16x16."""

    size = (16, 16)

    def __init__(self, value):
        self.value = value

    def convert(self, _):
        return self

    def tobytes(self):
        return bytes([self.value]) * (16 * 16 * 3)


class PipelineFake:
    def __init__(self):
        self.scheduler = EulerFake()
        self.vae = SimpleNamespace(config=SimpleNamespace())
        self.config = SimpleNamespace(_name_or_path="owner/apples")
        self.on_step = lambda pipe, step: None
        self.on_call = lambda pipe: None

    def __call__(self, prompt, negative_prompt=None, num_inference_steps=4, guidance_scale=7.5, generator=None,
                 num_images_per_prompt=1, output_type="pil", image=None, strength=None, mask_image=None,
                 padding_mask_crop=None):  # fmt: skip
        """The model always predicts a noise of 10."""
        prompts = prompt if isinstance(prompt, list) else [prompt]
        self._interrupt = False
        self.on_call(self)
        self.scheduler.set_timesteps()
        latents = Numbers([80] * len(prompts) * num_images_per_prompt)
        for index, timestep in enumerate(self.scheduler.timesteps):
            if not self._interrupt:
                noise = Numbers([10] * len(latents.values))
                latents = self.scheduler.step(noise, timestep, latents, return_dict=False)[0]
                self.on_step(self, index + 1)
        return SimpleNamespace(images=[ImageFake(250 - index) for index in range(len(latents.values))])


class DecoderFake:
    """Decodes a latent to a grey picture."""

    interferes = False

    def __init__(self, pipe, vae=None):
        self.vae = vae

    @contextlib.contextmanager
    def ready(self):
        yield

    def picture(self, latents, size):
        return bytes([int(latents.values[0]) + 100]) * (16 * 16 * 3), (16, 16)
