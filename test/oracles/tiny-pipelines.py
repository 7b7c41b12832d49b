"""Writes test/diffusion/fixtures/pipelines/: small pipelines with random weights as ONNX model folders, one for each
kind of Stable Diffusion, and golden.json with golden.bin: what diffusers computes with them, for the tests to compare
with.

Run with Python 3.11 and the packages torch 2.15.0, diffusers 0.42.1, transformers 5.23.0, onnx 1.23.2,
onnxruntime 1.32.0, regex, and clip-anytorch 2.6.0 (for the vocabulary of CLIP's tokenizer, MIT licence) on a CPU:

    python test/oracles/tiny-pipelines.py

golden.json, a `pipelines` object by folder name, each with
- `file`: where its tensors are, relative to golden.json; `{type, shape, offset}` stands for `shape` values of `type`
  (float32 or uint8, little-endian) from byte `offset` on;
- `tokens`: for texts, the ids that `tokenizer` (and `tokenizer_2`) make of them, padded to 77;
- `embeddings`: for texts and values of diffusers' clip_skip (null: what the pipeline takes; 1: one layer earlier), the
  `hiddenStates` that the UNet attends to, and the `pooled` embedding of Stable Diffusion XL;
- `unet`: calls of the UNet: the `timestep`, the other `inputs` (batch of two: negative prompt, prompt), `out_sample`;
- `encoder`: a `picture` [height, width, 3], its `latent` (mean, times the scaling factor), and the `decoded` picture of
  that;
- `runs`: whole runs: their settings in our words, the `scheduler` with diffusers' settings, the `timesteps` that the
  UNet got, the `sigmas` of every step and the one that is left (null: infinite), the `noise` of unit variance (what
  PyTorch's generator gives first for each of `seeds`; samplers that add noise go on with the same generators), the
  `initial` latent of img2img, the `start` latent, the `latents` after each step [steps, images, 4, rows, columns], the
  `final` latent (decoded after dividing by the scaling factor), and the `pictures` [images, height, width, 3] of some.
  `start` and `latents` are clean latents plus sigma times noise whichever way the scheduler holds them; the UNet takes
  them over sqrt(1 + sigma^2). With sigma 0 left, the last of `latents` is `final`. A run with `clipSkip` skips layers
  for both prompts (diffusers, told so, would for the prompt alone); `negativePrompt` null is none: an empty one, or
  zeros with Stable Diffusion XL.

k-diffusion's samplers on the written networks come within 2e-4 of `final`, whose standard deviation is about 20 (2 for
velocity and img2img); within 1 % of that deviation with the 16-bit networks of sd15-half, where the golden values are
of the same weights in 32 bits.
"""

import json
import logging
import shutil
import warnings
from importlib.metadata import version
from pathlib import Path

import torch

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
from pipelines.export import export_pipeline
from pipelines.golden import golden
from pipelines.kinds import KINDS
from pipelines.tensors import Tensors

FOLDER = Path(__file__).parents[1] / "diffusion" / "fixtures" / "pipelines"
PACKAGES = ("torch", "diffusers", "transformers", "onnx", "onnxruntime")


def make(name, kind, tensors):
    # The same weights in pipelines of the same networks: git keeps equal files once.
    torch.manual_seed(0)
    pipeline = kind.build()
    export_pipeline(pipeline, FOLDER / name, kind.layout)
    return {"file": "golden.bin"} | golden(pipeline, kind.sizes, kind.runs, tensors)


def main():
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    tensors = Tensors()
    pipelines = {name: make(name, kind, tensors) for name, kind in KINDS.items()}
    versions = {name: version(name) for name in PACKAGES}
    golden_values = {"versions": versions, "pipelines": pipelines}
    (FOLDER / "golden.json").write_text(json.dumps(golden_values, separators=(",", ":"), allow_nan=False) + "\n")
    (FOLDER / "golden.bin").write_bytes(tensors.data)


if __name__ == "__main__":
    main()
