"""Where training computes: a GPU if there is one, else the processor, in bfloat16 on both."""

import os

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
GPU = DEVICE.type == "cuda"
#: processes that make batches while a GPU computes; a processor has no time to spare for them
WORKERS = min(12, (os.cpu_count() or 2) - 1) if GPU else 0


def autocast():
    return torch.autocast(DEVICE.type, torch.bfloat16)


def compiled(module: torch.nn.Module) -> torch.nn.Module:
    """Compiling pays off within minutes on a GPU, and hardly ever on a processor."""
    return torch.compile(module) if GPU else module
