"""A script of a web UI that times `p.sample`, which all passes and all that is called back during them are a part of."""

from modules import scripts
from sampling_clock import timed


class Clock(scripts.Script):
    def title(self):
        return "Clock"

    def show(self, is_img2img):
        return scripts.AlwaysVisible

    def process_batch(self, p, *args, **kwargs):
        p.sample = timed(p.sample)
