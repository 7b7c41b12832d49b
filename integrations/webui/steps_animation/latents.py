"""The denoised latents of the last runs, from which their steps can be decoded after sampling, or much later."""

import threading
from collections import OrderedDict
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple


#: pass from 0, step from 1, latents of the whole batch
Step = Tuple[int, int, Any]


class LatentRun:
    """The steps of a run, and what its owner notes of it."""

    def __init__(self, facts: Dict[str, Any], steps: Iterable[Step] = ()) -> None:
        self.facts = facts
        #: what its owner keeps as long as the steps
        self.attached: Any = None
        self._steps: List[Step] = list(steps)
        self._last_copy: Any = None
        #: of all that is kept; counted as it comes, since it is asked for at every step
        self.nbytes = sum(_nbytes(latents) for _, _, latents in self._steps)

    @property
    def steps(self) -> List[Step]:
        """Waits for those on their way from a GPU."""
        if self._last_copy is not None:
            self._last_copy.synchronize()
        return self._steps

    def add(self, pass_index: int, step: int, latents: Any) -> Callable[[], Any]:
        """
        Copies a step's latents to main memory. A CUDA device does that when it comes to it: this does not wait, but the
        function that it returns does, which gives the copy.
        """
        on_cuda = getattr(latents, "is_cuda", False)
        copied = latents.detach().to("cpu", non_blocking=on_cuda, copy=True)
        copying = None
        if on_cuda:
            import torch

            copying = torch.cuda.Event()
            copying.record(torch.cuda.current_stream(latents.device))
            self._last_copy = copying  # not before: one that is not recorded counts as done
        self._steps.append((pass_index, step, copied))
        self.nbytes += _nbytes(copied)

        def arrived() -> Any:
            if copying is not None:
                copying.synchronize()
            return copied

        return arrived

    def attach(self, attached: Any, nbytes: int) -> None:
        self.attached = attached
        self.nbytes += nbytes


def _nbytes(latents: Any) -> int:
    return latents.numel() * latents.element_size()


class LatentRing:
    """Keeps the last runs, oldest out first, while all together have at most `limit` bytes; the newest stays always."""

    def __init__(self, limit: int = 256 * 2**20) -> None:
        self._limit = limit
        self._runs: "OrderedDict[Any, LatentRun]" = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: Any, **facts: Any) -> LatentRun:
        """Starts a run under a name, which takes the place of an older one."""
        with self._lock:
            self._runs.pop(name, None)
            self._runs[name] = LatentRun(facts)
            return self._runs[name]

    def get(self, name: Any) -> Optional[LatentRun]:
        """None if it has made room for others."""
        with self._lock:
            return self._runs.get(name)

    def forget(self, name: Any) -> None:
        with self._lock:
            self._runs.pop(name, None)

    def add(self, name: Any, pass_index: int, step: int, latents: Any) -> Optional[Callable[[], Any]]:
        """
        Keeps a copy of a step's latents in main memory; the device's is free to be written over. Returns what gives the
        copy once it has arrived, or None if the run has made room for others.
        """
        with self._lock:
            run = self._runs.get(name)
            arrived = run.add(pass_index, step, latents) if run else None
            self._make_room()
            return arrived

    def attach(self, name: Any, attached: Any, nbytes: int) -> None:
        """Keeps something else of a run as long as its steps, such as its pictures; the limit counts it."""
        with self._lock:
            run = self._runs.get(name)
            if run:
                run.attach(attached, nbytes)
            self._make_room()

    def _make_room(self) -> None:
        while len(self._runs) > 1 and sum(each.nbytes for each in self._runs.values()) > self._limit:
            self._runs.popitem(last=False)


def save_latents(run: LatentRun, path: Any) -> None:
    """Writes a run as .safetensors: a tensor `<pass>-<step>` for each step, and its facts as metadata."""
    from safetensors.torch import save_file

    tensors = {f"{pass_index}-{step:07}": latents.contiguous() for pass_index, step, latents in run.steps}
    save_file(tensors, str(path), {key: str(value) for key, value in run.facts.items()})


def load_latents(path: Any) -> LatentRun:
    """Reads what `save_latents` wrote."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        places = {name: (int(name.split("-")[0]), int(name.split("-")[1])) for name in file.keys()}
        steps = [(*places[name], file.get_tensor(name)) for name in sorted(places, key=places.__getitem__)]
        return LatentRun(dict(file.metadata() or {}), steps)
