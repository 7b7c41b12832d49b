"""The loop that all trainings share: limited by time, resumable, with checkpoints that are always whole."""

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
LONGEST_STEP = 10  # seconds; a machine that stood still meanwhile did not train


def save(path: Path, progress: dict, **parts):
    """Written beside, then renamed: a checkpoint is the old one or the new one."""
    beside = path.with_suffix(".part")
    torch.save({"progress": progress} | {name: part.state_dict() for name, part in parts.items()}, beside)
    os.replace(beside, path)


def load(path: Path, **parts) -> dict:
    """Restores the parts that a checkpoint has, if there is one; returns how far training had come."""
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
    """Takes steps until they have lasted for `minutes`, those before a restart included.

    `share_of_rate` tells the share of the full learning rate from the share of the time that is over.
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
