"""The denoised latents of the last runs, from which their steps can be decoded after sampling, or much later."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Dict, List, Tuple


@dataclass
class LatentRun:
    """The steps of a run: (pass from 0, step from 1, latents of the whole batch), and what its owner notes of it."""

    facts: Dict[str, Any]
    steps: List[Tuple[int, int, Any]] = field(default_factory=list)

    @property
    def nbytes(self):
        return sum(latents.numel() * latents.element_size() for _, _, latents in self.steps)


class LatentRing:
    """Keeps the last runs, oldest out first, while all together have at most `limit` bytes; the newest stays always."""

    def __init__(self, limit=256 * 2**20):
        self._limit = limit
        self._runs = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name, **facts):
        """Starts a run under a name, which takes the place of an older one."""
        with self._lock:
            self._runs.pop(name, None)
            self._runs[name] = LatentRun(facts)
            return self._runs[name]

    def get(self, name):
        """None if it has made room for others."""
        with self._lock:
            return self._runs.get(name)

    def add(self, name, pass_index, step, latents):
        """Keeps a copy of a step's latents in main memory; the device's is free to be written over."""
        with self._lock:
            run = self._runs.get(name)
            if run is None:
                return
            run.steps.append((pass_index, step, latents.detach().to("cpu", copy=True)))
            while len(self._runs) > 1 and sum(each.nbytes for each in self._runs.values()) > self._limit:
                self._runs.popitem(last=False)


def save_latents(run, path):
    """Writes a run as .safetensors: a tensor `<pass>-<step>` for each step, and its facts as metadata."""
    from safetensors.torch import save_file

    tensors = {f"{pass_index}-{step:07}": latents.contiguous() for pass_index, step, latents in run.steps}
    save_file(tensors, str(path), {key: str(value) for key, value in run.facts.items()})


def load_latents(path):
    """Reads what `save_latents` wrote."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        names = sorted(file.keys())
        steps = [(int(name.split("-")[0]), int(name.split("-")[1]), file.get_tensor(name)) for name in names]
        return LatentRun(dict(file.metadata() or {}), steps)
