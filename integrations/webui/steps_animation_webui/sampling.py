"""A generation while it is sampled: from what the web UI tells, the batches of its run with their steps."""

from . import host
from .run import Batch
from .watch import StepCounter, watch


class Sampling:
    def __init__(self, run, content):
        self._run, self._content = run, content
        self._counter = StepCounter()
        #: is told of each step: batch, pass, step, what gives its latents
        self.on_step = None

    def begin_pass(self, p):
        """Before every sampling; some web UIs say so twice."""
        batches, passes = self._run.batches, self._run.passes
        if not batches or batches[-1].index != p.iteration:
            inpainting = (getattr(p, "paste_to", None), host.overlays(p))
            batches.append(Batch(p.iteration, p.iteration * p.batch_size, p.batch_size, inpainting))
        self._counter = StepCounter()
        batch, kind = batches[-1], "hires" if p.is_hr_pass else "base"
        pass_index = next((index for index, one in enumerate(passes) if one["kind"] == kind), 0)

        def listener(progress):
            with host.guarded("keep a step"):
                self._take(batch, pass_index, progress)

        watch(p.sampler, listener)

    def finish_image(self, p, given):
        if self._run.batches:
            batch = self._run.batches[-1]
            index = getattr(given, "index", p.iteration * p.batch_size + getattr(p, "batch_index", 0))
            batch.finish_image(index - batch.first, given, host.reason())

    def _take(self, batch, pass_index, progress):
        latents = self._counter.latents(progress, self._content)
        if not self._counter.is_new(progress) or latents is None:
            return
        arrived = batch.add(pass_index, self._counter.count, latents)
        if self.on_step and arrived:
            self.on_step(batch, pass_index, self._counter.count, arrived)
