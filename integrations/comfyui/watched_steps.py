"""The latents of the steps that samplers take with one model."""

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
    """What one sampler did. `steps` are (step from 1, latents of the whole batch)."""

    steps: list
    #: how the model's latents become those of its VAE, and colours
    latent_format: Any


class WatchedSteps:
    """
    The steps of each node that sampled; every sampling is a pass. They stay until that node samples again, as ComfyUI may
    have a finished sampler in its cache.
    """

    def __init__(self, executing, content="denoised"):
        """`executing` tells the prompt and the node that are being executed; `content` is which latents are kept."""
        self._executing, self.content = executing, content
        self._number = next(_numbers)
        self._prompts = {}  # by nodes, those last that sampled last
        self._formats = {}  # by the names of passes in the ring

    def passes(self, nodes=None):
        """
        Those of the nodes that are told, in the order in which they were sampled, and how many of them have made room for
        others. `nodes` are those of a prompt; None takes all.
        """
        names = [name for node in self._prompts if _is_in(node, nodes) for name in self._names_of(node)]
        runs = [(RING.get(name), self._formats[name]) for name in names]
        there = [Pass([one[1:] for one in run.steps], form) for run, form in runs if run is not None]
        return [one for one in there if one.steps], sum(1 for run, _ in runs if run is None)

    def watch(self, executor, *arguments, **named):
        """
        A wrapper of ComfyUI's `outer_sample`: hears of each step before ComfyUI's own callback does, which is its sixth
        argument. Whatever goes wrong here, sampling goes on.
        """
        try:
            arguments, named = self._with_callback(executor, arguments, named)
        except Exception:
            log.exception("Steps Animation could not watch a sampler; sampling goes on.")
        return executor(*arguments, **named)

    def _with_callback(self, executor, arguments, named):
        own = arguments[5] if len(arguments) > 5 else named.get("callback")
        sigmas = arguments[3] if len(arguments) > 3 else named.get("sigmas")
        add = self._begin_pass(getattr(executor.class_obj, "model_patcher", None), sigmas)

        def callback(step, denoised, noisy, total):
            add(step, denoised, noisy)
            if own is not None:
                own(step, denoised, noisy, total)

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
                latents = denoised if self.content == "denoised" else as_the_model_sees(patcher, sigmas, step, noisy)
                # Samplers of second order may tell of a step twice.
                if step <= last or latents is None:
                    return
                last = step
                RING.add(name, 0, step + 1, latents)
            except Exception:
                log.exception("Steps Animation could not keep step %s; sampling goes on.", step + 1)

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
    """Nodes that others put into the prompt while it is executed have the name of these before a full stop."""
    return nodes is None or node is None or node in nodes or node.split(".")[0] in nodes


def as_the_model_sees(patcher, sigmas, step, noisy):
    """What a sampler works on grows with the noise; models are given it in a scale of their own."""
    if noisy is None:
        return None
    sigma = sigmas[min(step, len(sigmas) - 1)].reshape(1).to(noisy.device)
    return patcher.get_model_object("model_sampling").calculate_input(sigma, noisy)
