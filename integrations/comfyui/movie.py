"""Decodes the steps of a run and makes its movies."""

from dataclasses import dataclass
from pathlib import Path
from typing import List

from comfy.model_management import InterruptProcessingException, throw_exception_if_processing_interrupted

from steps_animation import Recording
from .workflow import WorkflowInfo

#: limit of `record` (src/hosts/stream/messages.ts)
MAX_PASSES = 16


@dataclass
class Animation:
    """Settings of the movies."""

    folder: Path
    info: WorkflowInfo
    #: of `record`
    options: List[str]

    def arguments(self):
        """Ours come last, so that none of `options` overrides them."""
        paths = [f"--folder={self.folder}", "--animation-path=.", "--intermediate-path=intermediate"]
        return [*self.options, "--no-save-images", *paths]

    def images(self, count, width, height):
        """
        The images of the protocol's start message. ComfyUI makes a batch from one seed, which the infotext contains; the
        seeds here rise by one, as in web UIs, so that the file names of the movies differ.
        """
        return [
            {
                "prompt": self.info.prompt,
                "width": width,
                "height": height,
                "seed": self.info.seed + index,
                "infotext": self.info.infotext(width, height, index, count),
                "position": index,
            }
            for index in range(count)
        ]


def make_movies(animation, passes, images, vae, on_step):
    """
    Makes a movie for each image of a batch [N, H, W, 3] from 0 to 1; for a video, of its first image. Returns the paths of
    the movies, and an error message or None. Raises ValueError for the user, and InterruptProcessingException.
    """
    images = _first_of_videos(images, passes)
    _check(passes, len(images))
    height, width = (int(side) for side in images.shape[1:3])
    planned = [
        {"kind": "hires" if index else "base", "steps": each.steps[-1][0], "exact": True}
        for index, each in enumerate(passes)
    ]
    start_images = animation.images(len(images), width, height)
    recording = Recording(start_images, planned, animation.folder / "intermediate", animation.arguments())
    try:
        trouble = _send_steps(recording, passes, len(images), vae, on_step)
        for index, image in enumerate(images):
            recording.image(index, pixels(image))
        results = recording.finish(meanwhile=throw_exception_if_processing_interrupted)
    except BaseException:
        recording.give_up()
        raise
    # Results are in the order in which the movies were finished; a grid has no seed.
    in_order = sorted(results, key=lambda result: (result["seed"] is None, result["seed"]))
    return [Path(result["path"]) for result in in_order], trouble or recording.trouble


def _check(passes, count):
    """Called before the steps are decoded, which takes long."""
    if len(passes) > MAX_PASSES:
        raise ValueError(
            f"A movie can have {MAX_PASSES} passes, but the model was sampled {len(passes)} times: connect some of the "
            "samplers to the model itself, not to the output of the watch node."
        )
    batch = max(len(latents) for each in passes for _, latents in each.steps)
    if count < batch:
        raise ValueError(
            f"The samplers made a batch of {batch} images, but only {count} are connected, and it is not known which ones: "
            "connect all images of the batch."
        )


def _send_steps(recording, passes, count, vae, on_step):
    """Decodes and sends the steps up to the first error. Returns its message, or None."""
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
        return f"Not all steps could be decoded: {error}"
    return None


def _first_of_videos(images, passes):
    batch = len(passes[-1].steps[-1][1])
    is_video = len(images) > batch and len(images) % batch == 0
    return images[:: len(images) // batch] if is_video else images


def decode(vae, latent_format, latents):
    """Decodes to images [N, H, W, 3] from 0 to 1. The VAE of a video model returns several for each latent."""
    images = vae.decode(latent_format.process_out(latents))
    return images.reshape(-1, *images.shape[-3:]) if len(images.shape) > 4 else images


def picture_of(latents, latent_format, vae):
    """
    The pixels and size of a batch of one; for a video, of its first image. With a VAE at full size, without it as in
    ComfyUI's previews, at an eighth of the size. Raises ValueError if the model has no previews.
    """
    if vae is not None:
        return pixels(decode(vae, latent_format, latents)[0])
    if getattr(latent_format, "latent_rgb_factors", None) is None:
        raise ValueError("ComfyUI has no previews for this model's latents: connect the VAE")
    from latent_preview import Latent2RGBPreviewer

    names = ("latent_rgb_factors", "latent_rgb_factors_bias", "latent_rgb_factors_reshape")
    factors = [getattr(latent_format, name, None) for name in names]
    while factors[-1] is None:  # older versions of ComfyUI have fewer
        factors.pop()
    picture = Latent2RGBPreviewer(*factors).decode_latent_to_preview(latents).convert("RGB")
    return picture.tobytes(), picture.size


def pixels(image):
    """Converts an image [H, W, 3] from 0 to 1 to bytes, truncated as ComfyUI does when it saves images, and its size."""
    height, width = image.shape[:2]
    levels = (image[..., :3].float() * 255).clamp(0, 255).byte().cpu().contiguous()
    return levels.numpy().tobytes(), (int(width), int(height))
