"""Movies of the steps of diffusion samplers, made by `steps-animation record` while they run."""

from typing import TYPE_CHECKING

from .command import MissingCommand, build_clone, find_command, find_node, install_node
from .latents import LatentRing
from .record import Record
from .recording import Recording

if TYPE_CHECKING:
    from .pipeline import StepsAnimation

__all__ = [
    "LatentRing",
    "MissingCommand",
    "Record",
    "Recording",
    "StepsAnimation",
    "build_clone",
    "find_command",
    "find_node",
    "install_node",
]


def __getattr__(name: str) -> object:
    """Imports the diffusers integration on first use only: other programs do not need it."""
    if name != "StepsAnimation":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .pipeline import StepsAnimation

    return StepsAnimation
