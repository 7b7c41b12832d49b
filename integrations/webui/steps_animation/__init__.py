"""Movies of the steps of diffusion samplers, made by `steps-animation record` while they run."""

from .command import MissingCommand, find_command, find_node, install_node
from .latents import LatentRing
from .record import Record
from .recording import Recording

__all__ = [
    "LatentRing",
    "MissingCommand",
    "Record",
    "Recording",
    "find_command",
    "find_node",
    "install_node",
]
