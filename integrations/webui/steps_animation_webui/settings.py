"""The extension's settings in the web UI."""

import os

from modules import shared

KEEPS_LATENTS, CLONE = "steps_animation_keeps_latents", "steps_animation_clone"
SECTION = ("steps_animation", "Steps animation")
#: where `find_command` looks for the clone
VARIABLE = "STEPS_ANIMATION"
#: its value before the setting replaced it
_original = os.environ.get(VARIABLE)


def add_settings():
    settings = {
        KEEPS_LATENTS: (True, "Keep the steps of the last images, to animate them afterwards (up to 256 MB)"),
        CLONE: ("", "Folder of the Steps Animation clone, if the extension is not a link into it"),
    }
    for name, (default, label) in settings.items():
        shared.opts.add_option(name, shared.OptionInfo(default, label, section=SECTION))


def keeps_latents():
    return getattr(shared.opts, KEEPS_LATENTS, True)


def export_clone():
    """Copies the folder of the clone to the environment; the setting may change while the web UI runs."""
    clone = getattr(shared.opts, CLONE, "") or _original
    if clone:
        os.environ[VARIABLE] = clone
    else:
        os.environ.pop(VARIABLE, None)
