"""Sees each step of a diffusers scheduler, and changes nothing about it."""

from __future__ import annotations

import functools
import inspect
import types
from contextlib import contextmanager
from typing import Any, Callable, Dict, Generator

from .denoised import begins_step

#: gets the arguments of `scheduler.step` by name, and what it returned; must not raise
Watcher = Callable[[Dict[str, Any], Any], None]


@contextmanager
def watched(scheduler: Any, watcher: Watcher) -> Generator[None, None, None]:
    """Tells of each step of a scheduler once, in order, as long as the context is open."""
    own = vars(scheduler)
    replaced = own.get("step")
    own["step"] = _WatchedStep(scheduler, watcher)
    try:
        yield
    finally:
        own.pop("step", None)
        if replaced is not None:
            own["step"] = replaced


class _WatchedStep:
    def __init__(self, scheduler: Any, watcher: Watcher) -> None:
        self._scheduler, self._watcher, self._step = scheduler, watcher, scheduler.step
        self._signature = inspect.signature(type(scheduler).step)  # not of what another program put in its place
        functools.update_wrapper(self, self._step)  # pipelines look at its parameters

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        begins = begins_step(self._scheduler)
        output = self._step(*args, **kwargs)
        if begins:
            self._watcher(self._signature.bind(self._scheduler, *args, **kwargs).arguments, output)
        return output

    def __deepcopy__(self, memo: Dict[int, Any]) -> Any:
        """A pipeline that copies its scheduler gets a copy that steps by itself, unseen."""
        copied = memo.get(id(self._scheduler))
        return self if copied is None else types.MethodType(type(copied).step, copied)
