"""Uses the service as any program of the web UIs does: by webuiapi from PyPI, unchanged.

Needs: pip install webuiapi (seen with 0.9.17)
Run by webuiapi.test.ts as: python webuiapi.py PORT USER PASSWORD
Ends with an AssertionError where something is not as the web UIs have it.
"""

import os
import sys
import threading
import time

# This folder is searched for modules first, and this file has the name of the library.
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != os.path.dirname(os.path.abspath(__file__))]

import webuiapi  # noqa: E402
from PIL import Image  # noqa: E402

port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
api = webuiapi.WebUIApi(
    host="127.0.0.1", port=port, sampler="Euler a", scheduler="automatic", steps=6, username=user, password=password
)
small = {"width": 128, "height": 128, "cfg_scale": 4}


def animated(*args):
    return {"Steps animation": {"args": list(args)}}


def texts_to_images():
    result = api.txt2img(prompt="a red apple", seed=42, n_iter=2, alwayson_scripts=animated(True, "x264"), **small)
    assert [image.size for image in result.images] == [(128, 128)] * 2
    assert result.info["all_seeds"] == [42, 43] and result.info["seed"] == 42
    assert result.info["sampler_name"] == "Euler a"
    assert result.info["infotexts"] == [image.info["parameters"] for image in result.images]
    assert result.parameters["prompt"] == "a red apple" and result.parameters["steps"] == 6
    assert len(result.info["animations"]) == 2
    for animation in result.info["animations"]:
        assert os.path.getsize(animation["path"]) == animation["bytes"]
        assert animation["url"].startswith(f"http://127.0.0.1:{port}/api/v1/animations/")
    plain = api.txt2img(prompt="a red apple", seed=42, sampler_name="DPM++ 2M Karras", **small)
    assert plain.info["animations"] == [] and "Schedule type: Karras" in plain.info["infotexts"][0]
    return result.image


def images_to_images(picture):
    result = api.img2img(images=[picture], prompt="a green apple", denoising_strength=0.5, seed=1, **small)
    assert result.image.size == (128, 128) and result.info["denoising_strength"] == 0.5
    mask = Image.new("L", (64, 64), 255)
    masked = api.img2img(images=[picture], mask_image=mask, inpainting_fill=1, inpaint_full_res=False, **small)
    assert masked.image.size == (128, 128) and masked.info["ignored"] == []


def errors():
    for wrong in ({"sampler_name": "none such"}, {"script_name": "none such"}, {"alwayson_scripts": {"none such": {}}}):
        try:
            api.txt2img(**wrong, **small)
        except RuntimeError as error:
            assert error.args[0] in (404, 422), error
        else:
            raise AssertionError(f"{wrong} was taken")


def lists():
    assert "Euler a" in api.util_get_sampler_names() and "karras" in api.util_get_scheduler_names()
    assert "emoji" in api.util_get_model_names()
    api.util_set_model("emoji")
    assert api.util_get_current_model() == "emoji"
    assert api.set_options({"CLIP_stop_at_last_layers": 1}) is None
    assert api.get_scripts() == {"txt2img": ["steps animation"], "img2img": ["steps animation"]}
    assert api.get_memory()["ram"]["total"] > 0
    assert "Latent" in [mode["name"] for mode in api.get_latent_upscale_modes()]
    assert "Lanczos" in [upscaler["name"] for upscaler in api.get_upscalers()]
    assert api.refresh_checkpoints() is None and api.skip() is None and api.interrupt() == {}
    assert api.get_embeddings() == {"loaded": {}, "skipped": {}}
    for names in (
        *(api.get_sd_vae, api.get_loras, api.get_hypernetworks, api.get_face_restorers),
        *(api.get_realesrgan_models, api.get_prompt_styles),
    ):
        assert names() == []
    assert api.get_cmd_flags()["api"] is True


def pictures(picture):
    assert api.png_info(picture).info == picture.info["parameters"]
    assert api.extra_single_image(picture, upscaler_1="Lanczos", upscaling_resize=2).image.size == (256, 256)
    assert len(api.extra_batch_images([picture, picture], upscaler_1="Lanczos").images) == 2


def interruption():
    results = []
    request = {"prompt": "a cat face", "steps": 1000, "alwayson_scripts": animated(True, "x264", "none", 1), **small}
    thread = threading.Thread(target=lambda: results.append(api.txt2img(**request)))
    thread.start()
    deadline = time.monotonic() + 60
    progress = api.get_progress()
    while progress["state"]["sampling_step"] < 3:
        assert time.monotonic() < deadline, progress
        time.sleep(0.05)
        progress = api.get_progress()
    assert 0 < progress["progress"] < 1 and progress["eta_relative"] > 0 and progress["state"]["job_count"] == 1
    api.interrupt()
    thread.join()
    assert results[0].info["state"] == "interrupted" and len(results[0].images) == 1
    assert results[0].info["animations"][0]["frames"] == 30
    api.util_wait_for_ready(0.1)


first = texts_to_images()
images_to_images(first)
errors()
lists()
pictures(first)
interruption()
