"""What the web UI itself does for us: its decoders, its messages, its lock."""

from contextlib import contextmanager

import torch
from modules import devices, errors, sd_samplers_common, shared
from modules.call_queue import queue_lock
from PIL import Image

#: numbers of the web UI's decoders
FULL, CHEAP = 0, 2


def decode(latents, index, approximation=FULL):
    """The picture of one image of a batch of latents."""
    on_device = latents.float() if approximation == CHEAP else latents.to(devices.device)
    with torch.no_grad(), devices.autocast():
        return sd_samplers_common.sample_to_image(on_device, index, approximation)


def composite(picture, paste_to, overlay):
    """A picture of inpainting in its place of the whole image, as the web UI puts the finished one there."""
    if overlay is None:
        return picture
    if paste_to is not None:
        x, y, width, height = paste_to
        whole = Image.new("RGBA", overlay.size)
        whole.paste(picture.resize((width, height), Image.LANCZOS), (x, y))
        picture = whole
    picture = picture.convert("RGBA")
    picture.alpha_composite(overlay)
    return picture


def pixels(picture):
    """Rows of red, green, blue as bytes, and their size: as `Recording` takes them."""
    return picture.convert("RGB").tobytes(), picture.size


def reason():
    """How the image at hand ends."""
    if shared.state.interrupted:
        return "interrupted"
    return "skipped" if shared.state.skipped else "finished"


@contextmanager
def guarded(doing):
    """Whatever goes wrong in here is told, and the generation goes on."""
    try:
        yield
    except Exception:
        errors.report(f"Steps animation could not {doing}", exc_info=True)


def tell(message):
    errors.report(f"Steps animation: {message}")


def run_alone(work):
    """Runs `work` while nothing is generated, where the web UI runs its own work with models."""
    try:
        from modules_forge.main_thread import run_and_wait_result as run
    except ImportError:
        run = _call
    with queue_lock:
        shared.state.begin(job="steps_animation")
        try:
            return run(work)
        finally:
            shared.state.end()


def _call(work):
    return work()


def model():
    """What tells models apart, of the one that is loaded."""
    return str(getattr(shared.sd_model, "sd_model_hash", None))


def overlays(p):
    """What inpainting puts over each image of a batch; nothing where that is switched off."""
    return list(getattr(p, "overlay_images", None) or []) if getattr(shared.opts, "overlay_inpaint", True) else []
