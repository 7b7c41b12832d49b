"""Keeps the latents of the last runs in main memory, so that their steps can be decoded later, and stores them in files."""

import threading
from collections import OrderedDict
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

#: pass from 0, step from 1, latents of the whole batch
Step = Tuple[int, int, Any]


class LatentRun:
    """The steps of a run, and metadata of the caller."""

    def __init__(self, metadata: Dict[str, Any], steps: Iterable[Step] = ()) -> None:
        self.metadata = metadata
        #: an object of the caller, kept as long as the steps
        self.attached: Any = None
        self._steps: List[Step] = list(steps)
        self._last_copy: Any = None
        #: size of the steps and the attached object
        self.nbytes = sum(_nbytes(latents) for _, _, latents in self._steps)

    @property
    def steps(self) -> List[Step]:
        """Waits until all have been copied from the GPU."""
        if self._last_copy is not None:
            self._last_copy.synchronize()
        return self._steps

    def add(self, pass_index: int, step: int, latents: Any) -> Callable[[], Any]:
        """Copies the latents of a step to main memory. Does not wait for a CUDA device; the returned function does."""
        on_cuda = getattr(latents, "is_cuda", False)
        copied = latents.detach().to("cpu", non_blocking=on_cuda, copy=True)
        event = None
        if on_cuda:
            import torch

            event = torch.cuda.Event()
            event.record(torch.cuda.current_stream(latents.device))
            self._last_copy = event  # only once recorded: until then an event counts as complete
        self._steps.append((pass_index, step, copied))
        self.nbytes += _nbytes(copied)

        def get_copy() -> Any:
            if event is not None:
                event.synchronize()
            return copied

        return get_copy


def _nbytes(latents: Any) -> int:
    return latents.numel() * latents.element_size()


class LatentRing:
    """Keeps the last runs within a limit of bytes. Discards the oldest first, and never the newest."""

    def __init__(self, limit: int = 256 * 2**20) -> None:
        """`limit` is in bytes."""
        self._limit = limit
        self._runs: "OrderedDict[Any, LatentRun]" = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: Any, **metadata: Any) -> LatentRun:
        """Starts a run, and discards an older one of the same name."""
        with self._lock:
            self._runs.pop(name, None)
            self._runs[name] = LatentRun(metadata)
            return self._runs[name]

    def get(self, name: Any) -> Optional[LatentRun]:
        """None if it has been discarded."""
        with self._lock:
            return self._runs.get(name)

    def forget(self, name: Any) -> None:
        """Discards a run, if it is still there."""
        with self._lock:
            self._runs.pop(name, None)

    def add(self, name: Any, pass_index: int, step: int, latents: Any) -> Optional[Callable[[], Any]]:
        """As in `LatentRun`, for a run in the ring. Returns None if that has been discarded."""
        with self._lock:
            run = self._runs.get(name)
            get_copy = run.add(pass_index, step, latents) if run else None
            self._discard_oldest()
            return get_copy

    def attach(self, name: Any, attached: Any, nbytes: int) -> None:
        """Keeps an object, such as pictures, as long as the steps of a run. `nbytes` count towards the limit."""
        with self._lock:
            run = self._runs.get(name)
            if run:
                run.attached = attached
                run.nbytes += nbytes
            self._discard_oldest()

    def _discard_oldest(self) -> None:
        while len(self._runs) > 1 and sum(run.nbytes for run in self._runs.values()) > self._limit:
            self._runs.popitem(last=False)


def save_latents(run: LatentRun, path: Any) -> None:
    """Writes a run as .safetensors: a tensor `<pass>-<step>` for each step, and its metadata as texts."""
    from safetensors.torch import save_file

    tensors = {f"{pass_index}-{step:07}": latents.contiguous() for pass_index, step, latents in run.steps}
    save_file(tensors, str(path), {key: str(value) for key, value in run.metadata.items()})


def load_latents(path: Any) -> LatentRun:
    """Reads a file of `save_latents`. Raises the errors of safetensors, and ValueError for tensors of other names."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        places = {name: (int(name.split("-")[0]), int(name.split("-")[1])) for name in file.keys()}
        steps = [(*places[name], file.get_tensor(name)) for name in sorted(places, key=places.__getitem__)]
        return LatentRun(dict(file.metadata() or {}), steps)
