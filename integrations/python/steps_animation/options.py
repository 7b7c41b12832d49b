"""The options of `steps-animation record` that describe a movie, for the controls and checks of the integrations."""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping


def read_options() -> List[Dict[str, Any]]:
    """
    Reads options.json, which scripts/write-options.mjs writes: one dict per option, in the order of the original
    script's arguments, with `names` (accepted in requests), `flag`, `label`, `help`, `type`, `default` and, where they
    apply, `choices`, `aliases`, `word`, `minimum`, `maximum`, `multipleOf`, `minLength` and `unit`.
    """
    return json.loads((Path(__file__).resolve().parent / "options.json").read_text("utf8"))


def help_text(option: Dict[str, Any]) -> str:
    """The help of an option, with its unit if it has one."""
    return f"{option['help']} ({option['unit']})" if "unit" in option else option["help"]


def arguments_on_look(options: Iterable[Dict[str, Any]], values: Mapping[str, Any]) -> List[str]:
    """
    The arguments of `record` for the values of a panel, which has a value for every option: those that differ from the
    default come on top of the look. With the look "classic", which has these defaults, that is what the panel shows.
    `values`: by the first name of their option.
    """
    look = values.get("look", "classic")
    given = [(option, values[option["names"][0]]) for option in options if option["names"][0] in values]
    changed = [(option, value) for option, value in given if look == "classic" or value != option["default"]]
    named = [(option["flag"], value) for option, value in changed if option["names"][0] != "look"]
    return [f"--look={look}", *(command_line_argument(flag, value) for flag, value in named)]


def command_line_argument(name: str, value: Any) -> str:
    """An option as one word of a command line. `name` is its flag, or its name with underscores, as in docs/options.md."""
    name = name.lstrip("-").replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name}={value}"
