"""The device of the training: a GPU if there is one, else the CPU; bfloat16 on both."""

import os

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
GPU = DEVICE.type == "cuda"
#: processes that prepare batches while a GPU computes; on a CPU they would compete with the training
WORKERS = min(12, (os.cpu_count() or 2) - 1) if GPU else 0


def autocast():
    return torch.autocast(DEVICE.type, torch.bfloat16)


def compiled(module: torch.nn.Module) -> torch.nn.Module:
    """Compiling pays off within minutes on a GPU, but hardly ever on a CPU."""
    return torch.compile(module) if GPU else module
