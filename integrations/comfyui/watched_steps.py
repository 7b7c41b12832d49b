"""Keeps the latents of the steps that samplers take with a model."""

import logging
from dataclasses import dataclass
from itertools import count
from typing import Any

from steps_animation import LatentRing

log = logging.getLogger("steps-animation")
#: the latents of the last passes of all watched models
RING = LatentRing()
_numbers = count()


@dataclass
class Pass:
    """One sampling. `steps` are (step from 1, latents of the whole batch)."""

    steps: list
    #: ComfyUI's conversion of the model's latents to those of the VAE, and to preview colours
    latent_format: Any


class WatchedSteps:
    """
    The steps by the node that sampled them; every sampling is a pass. They are kept until that node samples again, as the
    output of a sampler may come from ComfyUI's cache.
    """

    def __init__(self, executing, content="denoised"):
        """`executing` returns the ids of the current prompt and node; `content` selects denoised or noisy latents."""
        self._executing, self.content = executing, content
        self._number = next(_numbers)
        self._prompts = {}  # by node, in the order of their last sampling
        self._formats = {}  # by the name of the pass in the ring

    def passes(self, nodes=None):
        """The passes of these nodes (None: all) in the order of their sampling, and the number of discarded ones."""
        names = [name for node in self._prompts if _is_in(node, nodes) for name in self._names_of(node)]
        runs = [(RING.get(name), self._formats[name]) for name in names]
        passes = [Pass([step[1:] for step in run.steps], latent_format) for run, latent_format in runs if run is not None]
        return [each for each in passes if each.steps], sum(1 for run, _ in runs if run is None)

    def watch(self, executor, *arguments, **named):
        """A wrapper of ComfyUI's `outer_sample`, whose sixth argument is the callback. Errors are only logged."""
        try:
            arguments, named = self._with_callback(executor, arguments, named)
        except Exception:
            log.exception("Steps Animation could not watch a sampler; sampling continues.")
        return executor(*arguments, **named)

    def _with_callback(self, executor, arguments, named):
        original = arguments[5] if len(arguments) > 5 else named.get("callback")
        sigmas = arguments[3] if len(arguments) > 3 else named.get("sigmas")
        add = self._begin_pass(getattr(executor.class_obj, "model_patcher", None), sigmas)

        def callback(step, denoised, noisy, total):
            add(step, denoised, noisy)
            if original is not None:
                original(step, denoised, noisy, total)

        if len(arguments) > 5:
            return (*arguments[:5], callback, *arguments[6:]), named
        return arguments, {**named, "callback": callback}

    def _begin_pass(self, patcher, sigmas):
        name = self._name_pass()
        self._formats[name] = getattr(getattr(patcher, "model", None), "latent_format", None)
        RING.begin(name)
        last = -1

        def add(step, denoised, noisy):
            nonlocal last
            try:
                latents = denoised if self.content == "denoised" else model_input(patcher, sigmas, step, noisy)
                # Samplers of second order may call back twice for a step.
                if step <= last or latents is None:
                    return
                last = step
                RING.add(name, 0, step + 1, latents)
            except Exception:
                log.exception("Steps Animation could not keep step %s; sampling continues.", step + 1)

        return add

    def _name_pass(self):
        prompt, node = self._executing()
        if self._prompts.get(node) != prompt:
            for old in self._names_of(node):
                del self._formats[old]
            self._prompts.pop(node, None)
            self._prompts[node] = prompt
        return (self._number, node, len(self._names_of(node)))

    def _names_of(self, node):
        return [name for name in self._formats if name[1] == node]


def _is_in(node, nodes):
    """A node that another one adds while the prompt is executed has the id of that one before a full stop."""
    return nodes is None or node is None or node in nodes or node.split(".")[0] in nodes


def model_input(patcher, sigmas, step, noisy):
    """The noisy latents in the scale in which the model receives them; a sampler's own grow with the noise."""
    if noisy is None:
        return None
    sigma = sigmas[min(step, len(sigmas) - 1)].reshape(1).to(noisy.device)
    return patcher.get_model_object("model_sampling").calculate_input(sigma, noisy)
