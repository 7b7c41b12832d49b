"""Checkpoints that are always whole: written beside, then renamed."""

import os
from pathlib import Path

import torch


def save(path: Path, progress: dict, **parts):
    beside = path.with_suffix(".part")
    torch.save({"progress": progress} | {name: part.state_dict() for name, part in parts.items()}, beside)
    os.replace(beside, path)


def load(path: Path, **parts) -> dict:
    """Restores the parts if there is a checkpoint; returns how far training had come."""
    if not path.exists():
        return {"steps": 0, "seconds": 0.0}
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["progress"]
