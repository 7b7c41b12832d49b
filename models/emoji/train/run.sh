#!/usr/bin/env bash
# Makes the model from nothing: drawings, autoencoder, denoiser, ONNX files, sheet. Takes about six hours on two cores; resumes where it was stopped. Usage: run.sh [work folder]
set -euo pipefail
cd "$(dirname "$0")"
work=$(realpath -m "${1:-work}")
mkdir -p "$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q -r requirements.txt
npm ci --silent
node render.mjs "$work"
"$work/venv/bin/python" autoencoder.py --work "$work" --minutes 32
"$work/venv/bin/python" diffusion.py --work "$work" --minutes 240
"$work/venv/bin/python" autoencoder.py --work "$work" --minutes 45 --decoder-only
"$work/venv/bin/python" tiny_decoder.py --work "$work"
"$work/venv/bin/python" export.py --work "$work"
"$work/venv/bin/python" sample.py
"$work/venv/bin/python" evaluate.py --work "$work"
