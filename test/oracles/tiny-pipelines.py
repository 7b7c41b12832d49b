"""Writes test/diffusion/fixtures/pipelines/: small pipelines with random weights as ONNX model folders, one for each
kind of Stable Diffusion, and golden.json with golden/*.bin: what diffusers computes with them, for the tests to compare
with.

Run with Python 3.11 and the packages torch 2.15.0, diffusers 0.42.1, transformers 5.23.0, onnx 1.23.2,
onnxruntime 1.32.0, regex, and clip-anytorch 2.6.0 (for the vocabulary of CLIP's tokenizer, MIT licence) on a CPU:

    python test/oracles/tiny-pipelines.py            # all of them
    python test/oracles/tiny-pipelines.py sd15 lcm   # these anew

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
  them over sqrt(1 + sigma^2). With sigma 0 left, the last of `latents` is `final`.
"""

import json
import logging
import shutil
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import torch

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
from pipelines.export import export_pipeline
from pipelines.golden import Tensors, golden
from pipelines.kinds import KINDS

FOLDER = Path(__file__).parents[1] / "diffusion" / "fixtures" / "pipelines"
PACKAGES = ("torch", "diffusers", "transformers", "onnx", "onnxruntime")


def make(name):
    build, layout, runs = KINDS[name]
    torch.manual_seed(0)
    pipeline = build()
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    export_pipeline(pipeline, FOLDER / name, layout)
    tensors = Tensors()
    values = golden(pipeline, runs, tensors)
    (FOLDER / "golden").mkdir(exist_ok=True)
    tensors.write(FOLDER / "golden" / f"{name}.bin")
    return {"file": f"golden/{name}.bin"} | values


def main():
    torch.set_num_threads(1)
    file = FOLDER / "golden.json"
    known = json.loads(file.read_text())["pipelines"] if file.exists() else {}
    made = {name: make(name) for name in sys.argv[1:] or KINDS}
    pipelines = {name: (known | made)[name] for name in KINDS if name in known | made}
    versions = {name: version(name) for name in PACKAGES}
    golden_values = {"versions": versions, "pipelines": pipelines}
    file.write_text(json.dumps(golden_values, separators=(",", ":"), allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
