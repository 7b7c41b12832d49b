"""A fake of the parts of ComfyUI that the nodes use: modules, tensors, and a sampler."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

PACK = Path(__file__).resolve().parents[3] / "integrations" / "comfyui"
SIZE = (16, 8)


class InterruptProcessingException(Exception):
    pass


class Latents:
    """A batch; the latents of an image are a number."""

    is_cuda = False
    device = "cpu"

    def __init__(self, *values):
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, part):
        return Latents(*self.values[part])

    def detach(self):
        return self

    def to(self, *_, **__):
        return Latents(*self.values)

    def numel(self):
        return 4096 * len(self)

    def element_size(self):
        return 4


class Images:
    """Pictures of one colour each, in a tensor of any number of dimensions."""

    def __init__(self, levels, shape=None):
        self.levels = list(levels)
        self.shape = shape or (len(self.levels), SIZE[1], SIZE[0], 3)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def reshape(self, *shape):
        return Images(self.levels, (len(self.levels), *shape[1:]))

    def __getitem__(self, part):
        if len(self.shape) > 4:
            return Images(self.levels, self.shape[1:])
        return Image(self.levels[part]) if isinstance(part, int) else Images(self.levels[part])


class Image:
    shape = (SIZE[1], SIZE[0], 3)

    def __init__(self, level):
        self.level = level

    def _same(self, *_):
        return self

    __getitem__ = __mul__ = float = clamp = byte = cpu = contiguous = numpy = _same

    def tobytes(self):
        return bytes([self.level]) * (SIZE[0] * SIZE[1] * 3)


class Vae:
    """Decodes a number to a picture of that level; a video model to this number of `frames`."""

    def __init__(self, frames=0, fails_at=None):
        self.frames, self.fails_at = frames, fails_at

    def decode(self, latents):
        if self.fails_at in latents.values:
            raise MemoryError("out of memory")
        levels = [value for value in latents.values for _ in range(self.frames or 1)]
        row = (len(latents), self.frames, SIZE[1], SIZE[0], 3)
        return Images(levels, row if self.frames else None)


class LatentFormat:
    latent_rgb_factors = [[1, 1, 1]]
    latent_rgb_factors_bias = None

    def process_out(self, latents):
        return latents


class Executor:
    """Calls ComfyUI's `outer_sample`, which calls back at each step."""

    def __init__(self, calls):
        self.calls = calls
        model = SimpleNamespace(latent_format=LatentFormat())
        sampling = SimpleNamespace(calculate_input=lambda sigma, noisy: Latents(*(one // sigma for one in noisy.values)))
        patcher = SimpleNamespace(model=model, get_model_object=lambda name: sampling)
        self.class_obj = SimpleNamespace(model_patcher=patcher)

    def __call__(self, noise, latent, sampler, sigmas, mask=None, callback=None, disable_pbar=False, seed=None, **named):
        self.received = (noise, latent, sampler, sigmas, mask, disable_pbar, seed, named)
        for step, denoised, *noisy in self.calls:
            callback(step, denoised, noisy[0] if noisy else None, len(self.calls))
        return "samples"


class Sigma:
    def __init__(self, value):
        self.value = value

    def reshape(self, *_):
        return self

    def to(self, *_):
        return self.value


class Model:
    def __init__(self):
        self.wrappers = []

    def clone(self):
        return Model()

    def add_wrapper_with_key(self, kind, key, wrapper):
        self.wrappers.append((kind, key, wrapper))

    def sample(self, calls):
        """Runs a sampler with this model."""
        ((_, _, wrapper),) = self.wrappers
        return wrapper(Executor(calls), "noise", "latent", "sampler", [Sigma(2)], None, None, True, 7)


class ProgressBar:
    """`on_update` is ComfyUI's hook, which raises on an interrupt."""

    on_update = staticmethod(lambda: None)

    def __init__(self, total):
        self.total = total

    def update(self, _value):
        ProgressBar.on_update()


class Previewer:
    """Makes previews of twice the level, at half the size."""

    def __init__(self, *factors):
        self.factors = factors

    def decode_latent_to_preview(self, latents):
        size = (SIZE[0] // 2, SIZE[1] // 2)
        data = bytes([2 * latents.values[0]]) * (size[0] * size[1] * 3)
        return SimpleNamespace(convert=lambda mode: SimpleNamespace(size=size, tobytes=lambda: data))


class World:
    """The executed node, the output folder, and whether ComfyUI has been interrupted."""

    def __init__(self):
        self.executing, self.output, self.is_interrupted = None, None, False

    def throw_if_interrupted(self):
        if self.is_interrupted:
            self.is_interrupted = False
            raise InterruptProcessingException

    def execute(self, prompt, node):
        self.executing = SimpleNamespace(prompt_id=prompt, node_id=node)


def install():
    """Installs the fake modules, and imports the nodes as a package `pack`, as ComfyUI does."""
    world = World()
    parts = {
        "comfy": {},
        "comfy.model_management": {
            "InterruptProcessingException": InterruptProcessingException,
            "throw_exception_if_processing_interrupted": world.throw_if_interrupted,
        },
        "comfy.patcher_extension": {"WrappersMP": SimpleNamespace(OUTER_SAMPLE="outer_sample")},
        "comfy.utils": {"ProgressBar": ProgressBar},
        "comfy.latent_formats": {"LatentFormat": LatentFormat},
        "comfy_execution": {},
        "comfy_execution.utils": {"get_executing_context": lambda: world.executing},
        "folder_paths": {"get_output_directory": lambda: str(world.output)},
        "latent_preview": {"Latent2RGBPreviewer": Previewer},
    }
    for name, content in parts.items():
        module = sys.modules[name] = ModuleType(name)
        module.__dict__.update(content)
        above, _, own = name.rpartition(".")
        if above:
            setattr(sys.modules[above], own, module)
    spec = importlib.util.spec_from_file_location("pack", PACK / "__init__.py", submodule_search_locations=[str(PACK)])
    sys.modules["pack"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["pack"])
    return world
