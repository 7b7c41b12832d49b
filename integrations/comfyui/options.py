"""The options of `record`: some have widgets, others are given as on a command line."""

import shlex

from steps_animation.options import arguments_on_look, help_text, read_options

BY_FLAG = {option["flag"]: option for option in read_options()}
#: names with underscores
WIDGETS = ("codec", "interpolation", "duration", "last_frame_duration")
#: not for workflows: the save node sets the folders, always makes a movie, and knows the content of the steps
RESERVED = ("--intermediate-path", "--animation-path", "--create-animation", "--content", "--look")


def widgets():
    """ComfyUI's inputs for the options that have one, with their ranges."""
    return {name: _widget(BY_FLAG[f"--{name.replace('_', '-')}"]) for name in WIDGETS}


def look_widget():
    """ComfyUI's input for the look, on top of which the other widgets are where they differ from their defaults."""
    look = BY_FLAG["--look"]
    tooltip = f"{look['help']}; classic: exactly what the widgets show"
    return (look["choices"], {"default": "reveal", "tooltip": tooltip})


def arguments(values, more, look):
    """The arguments of `record`. `values`: of the widgets by name; `more`: a command line. Raises ValueError."""
    return [*_checked(more), *arguments_on_look(BY_FLAG.values(), {**values, "look": look})]


def _widget(option):
    settings = {"default": option["default"], "tooltip": help_text(option)}
    if "choices" in option:
        return (option["choices"], settings)
    limits = {"min": option["minimum"], "max": option["maximum"], "step": option["multipleOf"]}
    return ("FLOAT", {**settings, "default": float(option["default"]), **limits})


def _checked(more):
    try:
        words = shlex.split(more)
    except ValueError as error:
        raise ValueError(f"more: {error}: {more}") from None
    checked = []
    while words:
        flag, sign, value = words.pop(0).partition("=")
        option = BY_FLAG.get(flag) or BY_FLAG.get(flag.replace("--no-", "--", 1))
        if option is None or option["flag"] in RESERVED:
            raise ValueError(f"more: {flag} is not an option that can be given here")
        if option["type"] == "boolean":
            checked.append(flag)
            continue
        if not sign and not words:
            raise ValueError(f"more: {flag} lacks its value")
        checked.append(f"{flag}={value if sign else words.pop(0)}")
    return checked
