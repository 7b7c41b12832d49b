"""The extension's own settings in the web UI."""

import os

from modules import shared

KEEPS_LATENTS, CLONE = "steps_animation_keeps_latents", "steps_animation_clone"
SECTION = ("steps_animation", "Steps animation")
#: where `find_command` looks for the clone
VARIABLE = "STEPS_ANIMATION"
#: what it was before the setting went over it
_named = os.environ.get(VARIABLE)


def add_settings():
    texts = {
        KEEPS_LATENTS: (True, "Keep the last images' steps, to animate them afterwards: 256 MB, the newest always"),
        CLONE: ("", "Folder of the Steps Animation clone, where the extension does not lie in it"),
    }
    for name, (default, label) in texts.items():
        shared.opts.add_option(name, shared.OptionInfo(default, label, section=SECTION))


def keeps_latents():
    return getattr(shared.opts, KEEPS_LATENTS, True)


def point_to_clone():
    """Where the clone is told here alone, `find_command` learns of it; the setting may change while the web UI runs."""
    clone = getattr(shared.opts, CLONE, "") or _named
    if clone:
        os.environ[VARIABLE] = clone
    else:
        os.environ.pop(VARIABLE, None)
