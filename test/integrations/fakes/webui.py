"""A fake of the parts of a web UI that the extension uses: modules, samplers, and the order of its calls."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from types import ModuleType, SimpleNamespace

EXTENSION = Path(__file__).resolve().parents[3] / "integrations" / "webui"

#: errors that the extension reported
reported = []
#: files that the page may load
allowed = []
#: components of the page, in order
components = []


class Latents:
    """A batch; the latents of an image are a number."""

    def __init__(self, values):
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def __truediv__(self, number):
        return Latents(value / number for value in self.values)

    def detach(self):
        return self

    def to(self, *_, **__):
        return Latents(self.values)

    def float(self):
        return self

    def numel(self):
        return 4096 * len(self)

    def element_size(self):
        return 4


class Picture:
    """An image of one colour."""

    def __init__(self, value, size=(16, 8)):
        self.value, self.size, self.info = value, size, {}

    def convert(self, _mode):
        return self

    def tobytes(self):
        return bytes([int(self.value) % 256]) * (self.size[0] * self.size[1] * 3)


class Sampler:
    """Calls back as k-diffusion does, with these step numbers."""

    def __init__(self, step_numbers):
        self._step_numbers = step_numbers
        self.seen = 0

    def callback_state(self, progress):
        self.seen += 1

    def sample(self, batch_size, offset=0):
        for i in self._step_numbers:
            step = Latents(offset + 10 * place + i for place in range(batch_size))
            progress = {"i": i, "x": Latents(value * 10 for value in step.values), "denoised": step, "sigma": 3.0}
            self.callback_state(progress)


class Processing:
    """The web UI's `p`."""

    def __init__(self, folder, step_numbers=range(4), n_iter=1, batch_size=1, **more):
        self.outpath_samples, self.step_numbers = str(folder), step_numbers
        self.n_iter, self.batch_size, self.steps, self.sampler_name = n_iter, batch_size, len(step_numbers), "Euler a"
        self.enable_hr = self.is_hr_pass = False
        self.extra_generation_params = {}
        self.all_seeds = [42 + index for index in range(n_iter * batch_size)]
        self.all_prompts = ["a red apple"] * len(self.all_seeds)
        self.iteration = 0
        #: numbers of the batches that fail
        self.lost = ()
        self.infotexts = []
        self.is_api, self.script_args = True, [0]
        self.__dict__.update(more)

    def close(self):
        self.sampler = None


def process_images(script, p, arguments=(), during=lambda number: None):
    """Calls a script as the web UI does. Returns the finished pictures."""
    modules = sys.modules["modules"]
    script.process(p, *arguments)
    pictures = []
    for number in range(p.n_iter):
        p.iteration = number
        script.before_process_batch(p, *arguments, batch_number=number)
        for is_hr_pass in [False, True] if p.enable_hr else [False]:
            p.is_hr_pass = is_hr_pass
            p.sampler = Sampler(p.step_numbers)
            for _ in range(1 + is_hr_pass):  # as Forge does
                script.process_before_every_sampling(p, *arguments, x=None)
            p.sampler.sample(p.batch_size, 100 * number)
            if p.sampler.seen != len(p.step_numbers):
                raise AssertionError("the sampler's own callback was not called")
        during(number)
        for place in range(0 if number in p.lost else p.batch_size):
            given = SimpleNamespace(image=Picture(200 + place), index=number * p.batch_size + place)
            script.postprocess_image(p, given, *arguments)
            after = SimpleNamespace(image=Picture(210 + place), index=given.index)
            script.postprocess_image_after_composite(p, after, *arguments)
            after.image.info["parameters"] = f"{p.all_prompts[0]}\nSeed: {42 + after.index}"
            p.infotexts.append(f"infotext {p.extra_generation_params}")
            pictures.append(after.image)
        if modules.shared.state.interrupted:
            break
    script.postprocess(p, SimpleNamespace(images=pictures), *arguments)
    return pictures


def generate(script, p, arguments=(), during=lambda number: None):
    """Calls `process_images` as the web UI does for a request: with the lock, and always closing `p`."""
    modules = sys.modules["modules"]
    with modules.call_queue.queue_lock:
        try:
            return process_images(script, p, arguments, during)
        finally:
            p.close()
            modules.shared.state.time_start += 1


def gallery(p):
    """The web UI's JSON about a generation."""
    texts = [f"{p.all_prompts[0]}\nSeed: {seed}" for seed in p.all_seeds]
    return json.dumps({"all_seeds": p.all_seeds, "index_of_first_image": 0, "infotexts": texts})


def decode(latents, index, approximation):
    return Picture(latents.values[index])


def save_image(picture, folder, basename, seed, prompt, extension, info, suffix):
    """Writes the colour and the text of a picture to a file."""
    path = Path(folder) / f"{basename}{seed}{suffix}.{extension}"
    path.write_text(f"{picture.value} {info}")
    return str(path), None


def install():
    """Installs the fake modules of the web UI and of libraries."""
    sys.path.insert(0, str(EXTENSION))
    state = SimpleNamespace(interrupted=False, skipped=False, time_start=1.0, textinfo=None)
    state.begin, state.end = lambda job: None, lambda: None
    opts = SimpleNamespace(samples_format="png", overlay_inpaint=True, steps_animation_keeps_latents=True)
    opts.outdir_samples, opts.outdir_txt2img_samples = "", "outputs"
    opts.add_option = lambda name, info: setattr(opts, name, info.default)
    model = SimpleNamespace(sd_model_hash="abc", scale_factor=0.18215)
    shared = SimpleNamespace(state=state, opts=opts, sd_model=model, demo=object())
    shared.OptionInfo = lambda default, label, section: SimpleNamespace(default=default, label=label)
    parts = {
        "shared": vars(shared),
        "devices": {"device": "cpu", "autocast": nullcontext},
        "errors": {"report": lambda message, exc_info=False: reported.append(message)},
        "sd_samplers_common": {"sample_to_image": decode},
        "call_queue": {"queue_lock": Lock()},
        "images": {"save_image": save_image},
        "ui_tempdir": {"register_tmp_file": lambda demo, path: allowed.append(path)},
        "scripts": {"Script": _Script, "AlwaysVisible": object()},
        "script_callbacks": {"on_ui_settings": lambda callback: callback()},
    }
    modules = _module("modules", {})
    for name, content in parts.items():
        setattr(modules, name, _module(f"modules.{name}", content))
    _module("torch", {"no_grad": nullcontext})
    _module("PIL", {"Image": SimpleNamespace()})
    _module("gradio", {name: _component(name) for name in COMPONENTS})
    return modules


COMPONENTS = ["Accordion", "Button", "Checkbox", "Dropdown", "HTML", "Number", "Row", "Slider", "Textbox"]


class _Script:
    is_img2img = False

    def elem_id(self, name):
        return f"script_{name}"


class _Component:
    def __init__(self, label=None, **attributes):
        self.label, self.attributes, self.listeners = label, attributes, []
        components.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def click(self, **listener):
        self.listeners.append(listener)

    change = click


def _component(name):
    return type(name, (_Component,), {})


def _module(name, content):
    module = ModuleType(name)
    module.__dict__.update(content)
    sys.modules[name] = module
    return module
