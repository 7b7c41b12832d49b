"""Observes the steps of a diffusers scheduler without changing its results."""

from __future__ import annotations

import functools
import inspect
import types
from contextlib import contextmanager
from typing import Any, Callable, Dict, Generator

from .denoised import begins_step

#: receives the arguments of `scheduler.step` by name, and its result; must not raise
Watcher = Callable[[Dict[str, Any], Any], None]


@contextmanager
def watched(scheduler: Any, watcher: Watcher) -> Generator[None, None, None]:
    """Calls `watcher` once for each step of the scheduler, in order, while the context is open."""
    attributes = vars(scheduler)
    replaced = attributes.get("step")
    attributes["step"] = _WatchedStep(scheduler, watcher)
    try:
        yield
    finally:
        attributes.pop("step", None)
        if replaced is not None:
            attributes["step"] = replaced


class _WatchedStep:
    def __init__(self, scheduler: Any, watcher: Watcher) -> None:
        self._scheduler, self._watcher, self._step = scheduler, watcher, scheduler.step
        self._signature = inspect.signature(type(scheduler).step)  # `scheduler.step` may be another program's wrapper
        functools.update_wrapper(self, self._step)  # pipelines inspect its parameters

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        begins = begins_step(self._scheduler)
        output = self._step(*args, **kwargs)
        if begins:
            self._watcher(self._signature.bind(self._scheduler, *args, **kwargs).arguments, output)
        return output

    def __deepcopy__(self, memo: Dict[int, Any]) -> Any:
        """A copy of the scheduler, which some pipelines make, is not watched."""
        copied = memo.get(id(self._scheduler))
        return self if copied is None else types.MethodType(type(copied).step, copied)
