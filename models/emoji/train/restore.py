"""Turns an exported model back into checkpoints, to continue its training when its own checkpoints are lost.

An export with other weights tells which tensor of the file is which parameter: both have the same order.
"""

import argparse
import tempfile
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

import decoder
from autoencoder import Autoencoder
from diffusion import Denoiser, moving_average
from export import export
from scenes import Drawings
from text import make_tokenizer
from tiny_decoder import TinyDecoder
from training import save


def restore(module: nn.Module, path: Path, side: int):
    """Loads the weights of an exported file into a part of the same architecture."""
    parameters = dict(module.named_parameters())
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        for parameter in parameters.values():
            parameter.normal_()
        export(module, Path(folder) / path.parent.name, side)
        examples, tensors = tensors_of(Path(folder) / path.parent.name / "model.onnx"), tensors_of(path)
        if [each.numel() for each in examples] != [each.numel() for each in tensors]:
            raise SystemExit(f"{path} was exported from another network")
        for example, tensor in zip(examples, tensors, strict=True):
            for name, parameter in parameters.items():
                if (turned := like(parameter, example)) is not None:
                    parameter.copy_((tensor.T if turned else tensor).reshape(parameter.shape))
                    del parameters[name]
                    break
    if parameters:
        raise SystemExit(f"{path} has no {', '.join(parameters)}: it was exported from another network")


def tensors_of(path: Path) -> list[torch.Tensor]:
    return [torch.tensor(numpy_helper.to_array(each)).float() for each in onnx.load(path).graph.initializer]


def like(parameter: torch.Tensor, example: torch.Tensor) -> bool | None:
    """Whether the example is the parameter transposed; None if it is another one."""
    if parameter.numel() != example.numel():
        return None
    for turned in (False, True):
        values = (example.T if turned and example.dim() == 2 else example).flatten()
        if torch.allclose(values, parameter.flatten(), rtol=2e-3, atol=1e-3):
            return turned
    return None


def restore_all(folder: Path, work: Path):
    drawings = Drawings(work)
    tokenizer = make_tokenizer(drawings)
    if (folder / "tokenizer" / "tokenizer.json").read_text() != tokenizer.to_str(pretty=True):
        raise SystemExit(f"{folder} was trained with other words")
    autoencoder, denoiser = Autoencoder(), Denoiser(tokenizer.get_vocab_size())
    large, tiny = decoder.Decoder(), TinyDecoder()
    parts = {
        "unet": denoiser.unet, "text_encoder": denoiser.text_encoder,
        "vae_encoder": autoencoder.encoder, "vae_decoder": large, "vae_tiny_decoder": tiny,
    }
    for name, part in parts.items():
        restore(part, folder / name / "model.onnx", drawings.size)
    progress = {"steps": 0, "seconds": 0.0}
    save(work / "autoencoder.pt", progress, model=autoencoder)
    save(work / "decoder.pt", progress, model=large)
    save(work / "tiny_decoder.pt", progress, model=tiny)
    save(work / "diffusion.pt", progress, model=denoiser, average=moving_average(denoiser))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    options = parser.parse_args()
    restore_all(options.folder, options.work)
