"""What the web UI itself does for us: its decoders, its messages, its lock."""

from contextlib import contextmanager
from pathlib import Path

import torch
from modules import devices, errors, images, sd_samplers_common, shared, ui_tempdir
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
    """
    Runs `work` while nothing is generated, where the web UI runs its own work with models, and returns or raises what it
    does.
    """
    try:
        from modules_forge.main_thread import run_and_wait_result as run
    except ImportError:
        run = _call
    outcome = {}

    def tried():  # Forge's main thread prints errors, and hands none back
        try:
            outcome["result"] = work()
        except Exception as error:
            outcome["error"] = error

    with queue_lock:
        shared.state.begin(job="steps_animation")
        try:
            run(tried)
        finally:
            shared.state.end()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]


def _call(work):
    work()


def model():
    """What tells models apart, of the one that is loaded."""
    return str(getattr(shared.sd_model, "sd_model_hash", None))


def overlays(p):
    """What inpainting puts over each image of a batch; nothing where that is switched off."""
    return list(getattr(p, "overlay_images", None) or []) if getattr(shared.opts, "overlay_inpaint", True) else []


def latent_scale():
    """What latents are divided by before the VAE decodes them, and what is added then: as far as the web UI tells."""
    model = shared.sd_model
    vae = getattr(getattr(model, "forge_objects", None), "vae", None)
    first_stage = getattr(vae, "first_stage_model", None)
    scale = getattr(first_stage, "scaling_factor", None) or getattr(model, "scale_factor", None)
    facts = {"scale_factor": scale, "shift_factor": getattr(first_stage, "shift_factor", None)}
    return {name: float(value) for name, value in facts.items() if value is not None}


def output_folder(tab):
    return Path(shared.opts.outdir_samples or getattr(shared.opts, f"outdir_{tab}_samples")).resolve()


def save_image(picture, folder, seed, prompt, infotext, suffix):
    """Saves a picture under a name as the web UI gives it, and returns its path."""
    extension = shared.opts.samples_format
    return images.save_image(picture, str(folder), "", seed, prompt, extension, info=infotext, suffix=suffix)[0]


def allow_to_fetch(path):
    """Lets the page have a file that lies outside the web UI's folders."""
    ui_tempdir.register_tmp_file(shared.demo, str(path))
