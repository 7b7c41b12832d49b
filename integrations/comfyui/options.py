"""The options of `record`: those that have widgets, and those that are written as on a command line."""

import shlex

from steps_animation.options import read_options

FACTS = read_options()
BY_FLAG = {fact["flag"]: fact for fact in FACTS}
WIDGETS = ("codec", "interpolation", "duration", "last_frame_duration")
#: where files go and whether there is a movie is not for a workflow to say, and the other node knows what it has kept
OURS = ("--intermediate-path", "--animation-path", "--create-animation", "--content")


def widgets():
    """ComfyUI's inputs for the options that have one, with the ranges that `record` takes."""
    facts = {fact["flag"].lstrip("-").replace("-", "_"): fact for fact in FACTS}
    return {name: _widget(facts[name]) for name in WIDGETS}


def arguments(values, more):
    """
    Those of `record`, of the widgets' values by their names and of further options as on a command line.
    Raises ValueError for people.
    """
    named = [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]
    return [*_checked(more), *named]


def _widget(fact):
    tooltip = {"tooltip": f"{fact['help']} ({fact['unit']})" if "unit" in fact else fact["help"]}
    if "choices" in fact:
        return (fact["choices"], {"default": fact["default"], **tooltip})
    limits = {"min": fact["minimum"], "max": fact["maximum"], "step": fact["multipleOf"]}
    return ("FLOAT", {"default": float(fact["default"]), **limits, **tooltip})


def _checked(more):
    try:
        words = shlex.split(more)
    except ValueError as error:
        raise ValueError(f"more: {error}: {more}") from None
    checked = []
    while words:
        flag, sign, value = words.pop(0).partition("=")
        fact = BY_FLAG.get(flag) or BY_FLAG.get(flag.replace("--no-", "--", 1))
        if fact is None or fact["flag"] in OURS:
            raise ValueError(f"more: {flag} is no option that can be given here")
        if fact["type"] == "boolean":
            checked.append(flag)
            continue
        if not sign and not words:
            raise ValueError(f"more: {flag} lacks its value")
        checked.append(f"{flag}={value if sign else words.pop(0)}")
    return checked
