"""Access to the web UI: its decoders, folders, messages and lock."""

from contextlib import contextmanager
from pathlib import Path

import torch
from modules import devices, errors, images, sd_samplers_common, shared, ui_tempdir
from modules.call_queue import queue_lock
from PIL import Image

#: the web UI's numbers of the VAE, and of the linear estimate of its previews
FULL, CHEAP = 0, 2


def decode(latents, index, approximation=FULL):
    """Decodes one image of a batch of latents."""
    on_device = latents.float() if approximation == CHEAP else latents.to(devices.device)
    with torch.no_grad(), devices.autocast():
        return sd_samplers_common.sample_to_image(on_device, index, approximation)


def composite(picture, paste_to, overlay):
    """Pastes a picture of inpainting into the whole image, as the web UI does with the finished one."""
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
    """(rows of red, green, blue as bytes, size), as `Recording` takes them."""
    return picture.convert("RGB").tobytes(), picture.size


def reason():
    """How the current image ended: interrupted, skipped or finished."""
    if shared.state.interrupted:
        return "interrupted"
    return "skipped" if shared.state.skipped else "finished"


@contextmanager
def guarded(action):
    """Reports errors, so that none reaches the generation. `action` completes "Steps animation could not …"."""
    try:
        yield
    except Exception:
        errors.report(f"Steps animation could not {action}", exc_info=True)


def report(message):
    errors.report(f"Steps animation: {message}")


def run_alone(work):
    """Runs `work` in the thread for models while nothing is generated. Returns or raises what `work` does."""
    try:
        from modules_forge.main_thread import run_and_wait_result as run
    except ImportError:
        run = lambda work: work()  # noqa: E731
    outcome = {}

    def capture():  # Forge's main thread prints errors and does not return them
        try:
            outcome["result"] = work()
        except Exception as error:
            outcome["error"] = error

    with queue_lock:
        shared.state.begin(job="steps_animation")
        try:
            run(capture)
        finally:
            shared.state.end()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]


def model():
    """Identifies the loaded model."""
    return str(getattr(shared.sd_model, "sd_model_hash", None))


def overlays(p):
    """What inpainting pastes over each image of a batch; empty if the setting for it is off."""
    return list(getattr(p, "overlay_images", None) or []) if getattr(shared.opts, "overlay_inpaint", True) else []


def latent_scale():
    """The VAE decodes `latents / scale_factor + shift_factor`: a dict of those that the web UI provides."""
    model = shared.sd_model
    vae = getattr(getattr(model, "forge_objects", None), "vae", None)
    first_stage = getattr(vae, "first_stage_model", None)
    scale = getattr(first_stage, "scaling_factor", None) or getattr(model, "scale_factor", None)
    factors = {"scale_factor": scale, "shift_factor": getattr(first_stage, "shift_factor", None)}
    return {name: float(value) for name, value in factors.items() if value is not None}


def output_folder(tab):
    return Path(shared.opts.outdir_samples or getattr(shared.opts, f"outdir_{tab}_samples")).resolve()


def save_image(picture, folder, seed, prompt, infotext, suffix):
    """Saves a picture under a name in the web UI's pattern, and returns its path."""
    extension = shared.opts.samples_format
    return images.save_image(picture, str(folder), "", seed, prompt, extension, info=infotext, suffix=suffix)[0]


def allow_to_fetch(path):
    """Lets the page load a file outside of the web UI's folders."""
    ui_tempdir.register_tmp_file(shared.demo, str(path))
