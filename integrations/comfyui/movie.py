"""The movies of the images of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import List

from comfy.model_management import InterruptProcessingException, throw_exception_if_processing_interrupted

from .pictures import picture_of, pixels
from steps_animation import Recording
from .workflow_facts import WorkflowFacts

#: that `record` takes (src/hosts/stream/messages.ts)
MOST_PASSES = 16


@dataclass
class Animation:
    """What the movies are to be like."""

    folder: Path
    facts: WorkflowFacts
    #: of `record`
    options: List[str]

    def arguments(self):
        """Ours come last, where nothing goes over them."""
        paths = [f"--folder={self.folder}", "--animation-path=.", "--intermediate-path=intermediate"]
        return [*self.options, "--no-save-images", *paths]

    def told(self, count, width, height):
        """
        What `record` is told of the images. ComfyUI makes a batch of one seed, which the infotext has; their movies are
        numbered by seeds that rise by one, as web UIs do, which tells them from each other.
        """
        facts = {"prompt": self.facts.prompt, "width": width, "height": height}
        infotexts = [self.facts.infotext(width, height, index, count) for index in range(count)]
        return [
            {**facts, "seed": self.facts.seed + index, "infotext": infotext, "position": index}
            for index, infotext in enumerate(infotexts)
        ]


def make_movies(animation, passes, images, vae, on_step):
    """
    One movie for each of the images (a batch [N, H, W, 3], from 0 to 1), of a video for its first one. Returns the paths
    of those that there are, and what went wrong or None. Raises ValueError for people, and that ComfyUI has been told to
    stop.
    """
    images = _first_of_videos(images, passes)
    _check(passes, len(images))
    height, width = (int(side) for side in images.shape[1:3])
    planned = [
        {"kind": "hires" if index else "base", "steps": each.steps[-1][0], "exact": True}
        for index, each in enumerate(passes)
    ]
    told = animation.told(len(images), width, height)
    recording = Recording(told, planned, animation.folder / "intermediate", animation.arguments())
    try:
        trouble = _send_steps(recording, passes, len(images), vae, on_step)
        for index, image in enumerate(images):
            recording.image(index, pixels(image))
        results = recording.finish(meanwhile=throw_exception_if_processing_interrupted)
    except BaseException:
        recording.give_up()
        raise
    # The movies come as they are finished; a grid has no seed.
    in_order = sorted(results, key=lambda result: (result["seed"] is None, result["seed"]))
    return [Path(result["path"]) for result in in_order], trouble or recording.trouble


def _check(passes, count):
    """Before anything is decoded, which takes long."""
    if len(passes) > MOST_PASSES:
        raise ValueError(
            f"These are {len(passes)} samplings, and a movie takes {MOST_PASSES}: connect some of the samplers to the model "
            "that the watching node is given, in place of the one that it gives."
        )
    batch = max(len(latents) for each in passes for _, latents in each.steps)
    if count < batch:
        raise ValueError(
            f"The samplers made {batch} images at once, and only {count} came here, of which nothing tells which they are: "
            "connect all images of the batch."
        )


def _send_steps(recording, passes, count, vae, on_step):
    """Those that there is memory for; what went wrong, or None."""
    try:
        for pass_index, each in enumerate(passes):
            for step, latents in each.steps:
                for index in range(min(len(latents), count)):
                    throw_exception_if_processing_interrupted()
                    picture = picture_of(latents[index : index + 1], each.latent_format, vae)
                    recording.step(index, step, picture, pass_index)
                on_step()
    except InterruptProcessingException:
        raise
    except Exception as error:
        return f"The steps could not all be decoded: {error}"
    return None


def _first_of_videos(images, passes):
    batch = len(passes[-1].steps[-1][1])
    is_of_videos = len(images) > batch and len(images) % batch == 0
    return images[:: len(images) // batch] if is_of_videos else images
