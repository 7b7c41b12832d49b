"""The training loop of all parts: limited by time, resumable, with checkpoints written atomically."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from device import DEVICE

SAVE_EVERY = 120  # seconds
REPORT_EVERY = 100  # steps
LONGEST_STEP = 10  # seconds; longer ones count as this, because the machine was suspended


def save(path: Path, progress: dict, **parts):
    """Written to a temporary file, then renamed: a checkpoint is never half written."""
    beside = path.with_suffix(".part")
    torch.save({"progress": progress} | {name: part.state_dict() for name, part in parts.items()}, beside)
    os.replace(beside, path)


def load(path: Path, **parts) -> dict:
    """Restores the parts that a checkpoint has, if there is one; returns the progress of the training."""
    if not path.exists():
        return {"steps": 0, "seconds": 0.0}
    state = torch.load(path, weights_only=True, map_location=DEVICE)
    for name in state.keys() & parts.keys():
        parts[name].load_state_dict(state[name])
    return state["progress"]


def train(
    path: Path, minutes: float, rate: float, share_of_rate: Callable[[float], float], next_loss: Callable[[], torch.Tensor],
    model: nn.Module, optimizer: torch.optim.Optimizer, average: AveragedModel | None = None, warm_up: int = 50,
):
    """Trains for `minutes`, including those before a restart.

    `share_of_rate` maps the elapsed share of the time to the share of the full learning rate.
    """
    parts = {"model": model, "optimizer": optimizer} | ({"average": average} if average else {})
    progress = load(path, **parts)
    begun = saved = time.time()
    total, counted = torch.zeros((), device=DEVICE), 0
    while (done := progress["seconds"] / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (progress["steps"] + 1) / warm_up) * share_of_rate(done)
        loss = next_loss()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        if average:
            average.update_parameters(model)
        total += loss.detach()
        counted += 1
        now = time.time()
        progress = {"steps": progress["steps"] + 1, "seconds": progress["seconds"] + min(now - begun, LONGEST_STEP)}
        begun = now
        if progress["steps"] % REPORT_EVERY == 0:
            loss_now = total.item() / counted
            print(f"{path.stem} step {progress['steps']} {progress['seconds']:.0f} s loss {loss_now:.4f}", flush=True)
            total, counted = torch.zeros_like(total), 0
        if now - saved > SAVE_EVERY:
            save(path, progress, **parts)
            saved = now
    save(path, progress, **parts)
