"""The extension's own settings in the web UI."""

import os

from modules import shared

KEEPS_LATENTS, CLONE = "steps_animation_keeps_latents", "steps_animation_clone"
SECTION = ("steps_animation", "Steps animation")


def add_settings():
    texts = {
        KEEPS_LATENTS: (True, "Keep the steps of the last images, at most 256 MB, so that they can be animated afterwards"),
        CLONE: ("", "Folder of the Steps Animation clone, where the extension does not lie in it"),
    }
    for name, (default, label) in texts.items():
        shared.opts.add_option(name, shared.OptionInfo(default, label, section=SECTION))


def keeps_latents():
    return getattr(shared.opts, KEEPS_LATENTS, True)


def point_to_clone():
    """Where the clone is told here alone, `find_command` learns of it."""
    clone = getattr(shared.opts, CLONE, "")
    if clone:
        os.environ["STEPS_ANIMATION"] = clone
