"""
What becomes of generations and movies when something goes wrong, with real pipelines of diffusers: a line of JSON each.

    python diffusers_faults.py <folder for the movies>
"""

import contextlib
import copy
import json
import os
import sys
from unittest import mock

import diffusers_pipelines as tiny
import torch
from diffusers_runs import EXACT, difference, out, plain, scheduler, sd, seeded, shown, xl
from steps_animation import StepsAnimation, recording


def interrupted_by(error):
    """A run that ends in its fourth step."""

    def stop(pipe, index, timestep, tensors):
        if index == 3:
            raise error
        return tensors

    pipe, arguments = sd("EulerDiscrete")()
    raised = None
    with contextlib.suppress(KeyboardInterrupt), StepsAnimation(pipe, out, **EXACT) as animation:
        try:
            pipe(**seeded(arguments), callback_on_step_end=stop)
        except BaseException as caught:
            raised = caught
    return {"raised": raised is error, **facts(pipe, animation)}


def interrupted_by_flag():
    def stop(pipe, index, timestep, tensors):
        pipe._interrupt = index == 3
        return tensors

    pipe, arguments = sd("EulerDiscrete")()
    with StepsAnimation(pipe, out, **EXACT) as animation:
        image = pipe(**seeded(arguments), callback_on_step_end=stop).images[0]
    return {"lastFrame": difference(shown(animation.results[0]["path"])[-1], image), **facts(pipe, animation)}


def refused_call():
    pipe, arguments = sd("EulerDiscrete")()
    raised = None
    with StepsAnimation(pipe, out, **EXACT) as animation:
        try:
            pipe(**{**arguments, "width": 13})
        except ValueError as caught:
            raised = str(caught)
        again = pipe(**seeded(arguments)).images
    return {"raised": raised, "images": len(again), **facts(pipe, animation)}


def record_killed():
    """`record` dies while steps come."""
    pipe, arguments = sd("EulerDiscrete")()

    class Dying(recording.Record):
        def send_picture(self, fields, *rest, **more):
            if fields.get("step") == 3:
                self.kill()
            super().send_picture(fields, *rest, **more)

    with mock.patch.object(recording, "Record", Dying), StepsAnimation(pipe, out / "killed", **EXACT) as animation:
        image = pipe(**seeded(arguments)).images[0]
    rescued = sorted(path.name for path in (out / "killed").glob("steps-*/image-0/*.png"))
    return {
        "same": difference(image, pipe(**seeded(arguments)).images[0]) == 0,
        "rescued": rescued,
        **facts(pipe, animation),
    }


def no_command():
    pipe, arguments = sd("EulerDiscrete")()
    with mock.patch.dict(os.environ, {"STEPS_ANIMATION": str(out)}), StepsAnimation(pipe, out / "none") as animation:
        pipe(**seeded(arguments))
    rescued = sorted(path.name for path in (out / "none").glob("steps-*/image-0/*.png"))
    return {"rescued": rescued, **facts(pipe, animation)}


def broken_decoder():
    pipe, arguments = sd("EulerDiscrete")()
    vae = tiny.tiny_vae()
    vae.decode = mock.Mock(side_effect=torch.cuda.OutOfMemoryError("out of memory"))
    with StepsAnimation(pipe, out, vae=vae, **EXACT) as animation:
        image = pipe(**seeded(arguments)).images[0]
    return {"same": difference(image, pipe(**seeded(arguments)).images[0]) == 0, **facts(pipe, animation)}


def nested():
    pipe, arguments = sd("EulerDiscrete")()
    refusal = None
    with StepsAnimation(pipe, out, **EXACT) as animation:
        try:
            with StepsAnimation(pipe, out):
                pass
        except RuntimeError as error:
            refusal = str(error)
        pipe(**seeded(arguments))
    return {"refusal": refusal, **facts(pipe, animation)}


def on_demand():
    pipe, arguments = sd("EulerDiscrete")()
    with StepsAnimation(pipe, out, decode="on demand", **EXACT) as animation:
        images = [pipe(**{**seeded(arguments), "guidance_scale": scale}).images[0] for scale in (2.0, 6.0)]
    before = len(animation.results)
    movies = [shown(result["path"]) for result in animation.animate()]
    again = len(animation.animate())
    last = [difference(movie[-1], image) for movie, image in zip(movies, images)]
    return {"before": before, "again": again, "lastFrames": last, **facts(pipe, animation)}


def during(vae=None):
    pipe, arguments = sd("DPMSolverMultistep")()
    with StepsAnimation(pipe, out, decode="during", vae=vae, **EXACT) as animation:
        image = pipe(**seeded(arguments)).images[0]
    return {
        "same": difference(image, pipe(**seeded(arguments)).images[0]) == 0,
        "lastFrame": difference(shown(animation.results[0]["path"])[-1], image),
        **facts(pipe, animation),
    }


def during_upcast():
    try:
        StepsAnimation(xl(torch.float16)[0], out, decode="during")
    except ValueError as error:
        return {"refusal": str(error)}


def copied_scheduler():
    """Some pipelines copy their scheduler; the copy goes on by itself."""
    pipe, arguments = sd("EulerDiscrete")()
    copies = []

    def look(pipe, index, timestep, tensors):
        copies.append(copy.deepcopy(pipe.scheduler))
        copies[-1].step(tensors["latents"], timestep, tensors["latents"]) if index < 5 else None
        return tensors

    with StepsAnimation(pipe, out, **EXACT) as animation:
        image = pipe(**seeded(arguments), callback_on_step_end=look).images[0]
    return {"same": difference(image, pipe(**seeded(arguments)).images[0]) == 0, **facts(pipe, animation)}


def other_scheduler_within():
    pipe, arguments = sd("EulerDiscrete")()
    with StepsAnimation(pipe, out, **EXACT) as animation:
        pipe(**seeded(arguments))
        pipe.scheduler = scheduler("DDIM", clip_sample=False)
        pipe(**seeded(arguments))
    return facts(pipe, animation)


def noisy():
    pipe, arguments = plain("EulerAncestralDiscrete")()
    with StepsAnimation(pipe, out, content="noisy", **EXACT) as animation:
        pipe(**seeded(arguments))
    return facts(pipe, animation)


def facts(pipe, animation):
    return {
        "frames": [len(shown(result["path"])) for result in animation.results],
        "steps": [result["steps"] for result in animation.results],
        "trouble": animation.trouble,
        "restored": "step" not in vars(pipe.scheduler) and "_steps_animation" not in dir(pipe),
    }


RUNS = {
    "error": lambda: interrupted_by(RuntimeError("out of memory")),
    "Ctrl-C": lambda: interrupted_by(KeyboardInterrupt()),
    "interrupt flag": interrupted_by_flag,
    "refused call": refused_call,
    "record killed": record_killed,
    "no command": no_command,
    "broken decoder": broken_decoder,
    "nested": nested,
    "on demand": on_demand,
    "during": during,
    "during, tiny": lambda: during(tiny.tiny_vae()),
    "during, upcast": during_upcast,
    "copied scheduler": copied_scheduler,
    "other scheduler within": other_scheduler_within,
    "noisy": noisy,
}

if __name__ == "__main__":
    only = sys.argv[2:]
    for name, make in RUNS.items():
        if not only or name in only:
            print(json.dumps({"name": name, **make()}), flush=True)
