"""Writes down how long a host's sampling takes, in seconds a line, whatever client it has."""

import functools
import os
import time


def timed(sample):
    @functools.wraps(sample)
    def sample_by_the_clock(*args, **kwargs):
        begun = time.perf_counter()
        result = sample(*args, **kwargs)
        with open(os.environ["SAMPLING_TIMES"], "a", encoding="utf8") as file:
            file.write(f"{time.perf_counter() - begun}\n")
        return result

    return sample_by_the_clock
