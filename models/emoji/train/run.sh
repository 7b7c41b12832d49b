#!/usr/bin/env bash
# Trains the model from scratch and resumes where it was stopped: about ten hours on two cores that may do other work. Usage: run.sh [work folder] [side of a picture: 128 or 256]. It writes the model to <work>/model;
# copy it here if it is better than the current one.
set -euo pipefail
cd "$(dirname "$0")"
work=$(realpath -m "${1:-work}")
side=${2:-128}
source ./prepare.sh
"$python" autoencoder.py --work "$work"
"$python" diffusion.py --work "$work"
"$python" decoder.py --work "$work"
"$python" tiny_decoder.py --work "$work"
"$python" export.py --work "$work" --folder "$work/model"
"$python" sample.py --folder "$work/model" --output "$work/sheet.webp"
"$python" evaluate.py --work "$work" --folder "$work/model"
