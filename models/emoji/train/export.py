"""Writes the trained model as ONNX files in the layout of diffusers, weights stored as 16-bit floats."""

import argparse
import json
import os
import shutil
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.optim.swa_utils import AveragedModel

import decoder
from autoencoder import LATENT_CHANNELS
from diffusion import BETA_END, BETA_START, TRAIN_TIMESTEPS, Denoiser
from scenes import Drawings, random_scene
from text import LENGTH, WIDTH, make_tokenizer, save_tokenizer
from tiny_decoder import TinyDecoder
from training import load
from unet import CHANNELS

FACTOR = 8  # pixels a latent position, along each side
HALVED_FROM = 256  # elements; smaller tensors stay float32


def write_json(path: Path, value: dict):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def halve_weights(path: Path):
    """Stores weights as float16, cast back on loading: half the size, the arithmetic stays float32."""
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or numpy_helper.to_array(tensor).size < HALVED_FROM:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype("float16"), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def signature(part: str, side: int) -> tuple[dict[str, torch.Tensor], str]:
    """Example inputs of a part, and the name of its output, for pictures of that many pixels a side."""
    latent = torch.randn(2, LATENT_CHANNELS, side // FACTOR, side // FACTOR)
    return {
        "unet": ({
            "sample": latent, "timestep": torch.tensor([1, 500]), "encoder_hidden_states": torch.randn(2, LENGTH, WIDTH),
        }, "out_sample"),
        "text_encoder": ({"input_ids": torch.ones(2, LENGTH, dtype=torch.int64)}, "last_hidden_state"),
        "vae_encoder": ({"sample": torch.randn(2, 3, side, side)}, "latent_sample"),
        "vae_decoder": ({"latent_sample": latent}, "sample"),
        "vae_tiny_decoder": ({"latent_sample": latent}, "sample"),
    }[part]


def export(module: nn.Module, folder: Path, side: int):
    """Exports the part that the folder is named after, with a dynamic first dimension of all inputs and the output."""
    inputs, output = signature(folder.name, side)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    torch.onnx.export(
        module.eval(), tuple(inputs.values()), path, input_names=list(inputs), output_names=[output], dynamo=False,
        opset_version=18, dynamic_axes={name: {0: "batch"} for name in [*inputs, output]},
    )
    halve_weights(path)


def latent_rgb(cache: dict, drawings: Drawings, encoder: nn.Module) -> dict:
    """Least-squares map from a scaled latent to the mean colour of its 8×8 pixels: a preview at no cost."""
    pictures = torch.stack([drawings.compose(random_scene(drawings)) for _ in range(600)])
    with torch.inference_mode():
        latents = encoder(pictures) * cache["scale"]
    rows = latents.permute(0, 2, 3, 1).reshape(-1, LATENT_CHANNELS)
    rows = torch.cat([rows, torch.ones(len(rows), 1)], 1)
    colours = nn.functional.avg_pool2d(pictures, FACTOR).permute(0, 2, 3, 1).reshape(-1, 3)
    solution = torch.linalg.lstsq(rows, colours).solution
    return {"factors": solution[:-1].tolist(), "bias": solution[-1].tolist()}


def export_all(work: Path, folder: Path):
    drawings = Drawings(work)
    tokenizer = make_tokenizer(drawings)
    encoder, large, tiny = decoder.fixed_encoder(work).cpu(), decoder.Decoder(), TinyDecoder()
    average = AveragedModel(Denoiser(tokenizer.get_vocab_size()))
    load(work / "decoder.pt", model=large)
    load(work / "tiny_decoder.pt", model=tiny)
    steps = load(work / "diffusion.pt", average=average)["steps"]
    denoiser = average.module
    cache = torch.load(work / "latents.pt", weights_only=True)
    parts = {
        "unet": denoiser.unet, "text_encoder": denoiser.text_encoder,
        "vae_encoder": encoder, "vae_decoder": large, "vae_tiny_decoder": tiny,
    }
    for name, part in parts.items():
        export(part, folder / name, drawings.size)
    save_tokenizer(tokenizer, folder / "tokenizer")
    write_json(folder / "preview" / "latent_rgb.json", latent_rgb(cache, drawings, encoder))
    write_configs(folder, cache["scale"], drawings.size)
    print(f"exported {steps} steps to {folder}")


def write_configs(folder: Path, scale: float, size: int):
    onnx_model = ["diffusers", "OnnxRuntimeModel"]
    write_json(folder / "model_index.json", {
        "_class_name": "OnnxStableDiffusionPipeline",
        "scheduler": ["diffusers", "EulerAncestralDiscreteScheduler"],
        "text_encoder": onnx_model,
        "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
        "unet": onnx_model,
        "vae_decoder": onnx_model,
        "vae_encoder": onnx_model,
    })
    write_json(folder / "scheduler" / "scheduler_config.json", {
        "_class_name": "EulerAncestralDiscreteScheduler",
        "num_train_timesteps": TRAIN_TIMESTEPS,
        "beta_start": BETA_START,
        "beta_end": BETA_END,
        "beta_schedule": "scaled_linear",
        "prediction_type": "epsilon",
        "timestep_spacing": "linspace",
        "steps_offset": 0,
    })
    write_json(folder / "unet" / "config.json", {
        "_class_name": "UNet2DConditionModel",
        "sample_size": size // FACTOR,
        # Not a key of diffusers: says that the exported graph takes no other size.
        "fixed_size": True,
        "in_channels": LATENT_CHANNELS,
        "out_channels": LATENT_CHANNELS,
        "cross_attention_dim": WIDTH,
        "block_out_channels": list(CHANNELS),
    })
    write_json(folder / "text_encoder" / "config.json", {"hidden_size": WIDTH, "max_position_embeddings": LENGTH})
    for part in ("vae_decoder", "vae_encoder"):
        write_json(folder / part / "config.json", {
            "_class_name": "AutoencoderKL",
            "latent_channels": LATENT_CHANNELS,
            "scaling_factor": scale,
            "sample_size": size,
            "block_out_channels": [32, 64, 128, 128],
        })


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    # Written to another folder first and then renamed part by part: a reader never sees half a file.
    beside = options.work / "export"
    shutil.rmtree(beside, ignore_errors=True)
    export_all(options.work, beside)
    for file in sorted(path for path in beside.rglob("*") if path.is_file()):
        target = options.folder / file.relative_to(beside)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target.with_suffix(".part"))
        os.replace(target.with_suffix(".part"), target)
