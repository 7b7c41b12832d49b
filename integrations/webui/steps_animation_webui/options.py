"""The script's arguments: the options behind its controls, checks of their values, and the arguments of `record`."""

from steps_animation.options import arguments_on_look, read_options as read_shared_options

#: the web UI's image format → intermediate format; png for others
FORMATS = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}
BOOLEANS = {
    **dict.fromkeys(("true", "1", "1.0", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "0.0", "off", "no"), False),
}

#: options that only the web UI has, after the shared ones
OWN_OPTIONS = [
    {
        "names": ["decode"],
        "label": "Decode",
        "help": "when the steps are decoded: after sampling by the VAE, during it roughly, or on demand, by the button",
        "type": "string",
        "default": "after",
        "choices": ["after", "during", "on demand"],
    },
    {
        "names": ["save_latents"],
        "label": "Save latents",
        "help": "keep the steps' latents as .safetensors beside the intermediate images",
        "type": "boolean",
        "default": False,
    },
]


def _read_all():
    options = read_shared_options()
    for option in options:
        if option["names"] == ["intermediate_format"]:
            option["choices"] = ["auto", *option["choices"]]
            option["default"] = "auto"
            option["help"] += "; auto: as the web UI saves images"
        if option["names"] == ["look"]:
            option["choices"] = ["auto", *option["choices"]]
            option["default"] = "auto"
            option["help"] += "; auto: reveal, and classic for clients of the API"
    return options + OWN_OPTIONS


#: the arguments after the switch, in their order
OPTIONS = _read_all()
LOOK = next(option for option in OPTIONS if option["names"] == ["look"])
#: the number of those that the original script had
ORIGINAL_COUNT = 11
SWITCH = "Script Enabled"


class Options(dict):
    """Checked values by the first name of their option."""

    def __init__(self, values, enabled):
        super().__init__(values)
        self.enabled = enabled
        #: whether the web UI's API was called, whose clients expect what the original script made
        self.is_api = False

    def arguments(self, samples_format="png"):
        """The arguments of `record`. `samples_format` is the web UI's image format."""
        values = dict(self)
        if values["intermediate_format"] == "auto":
            values["intermediate_format"] = FORMATS.get(samples_format.lower(), "png")
        if values["look"] == "auto":
            values["look"] = "classic" if self.is_api else "reveal"
        return arguments_on_look([each for each in OPTIONS if "flag" in each], values)

    def shows(self, number):
        """Whether the movie shows a step, counted from 1 through its passes."""
        skipped, stop_at = self["skip_steps"], self["stop_at"]
        is_before_end = stop_at == 0 or number <= stop_at
        return number > skipped and (number - skipped - 1) % self["every"] == 0 and is_before_end


def read_options(arguments):
    """
    Checks the arguments of a request or of the panel: the switch and then values in their order, where None means the
    default; or one dict of values by name, which enables the script. Raises ValueError with a message for the user.
    """
    first = arguments[0] if arguments else None
    if isinstance(first, dict):
        given = dict(first)
        enabled = _boolean(SWITCH, given.pop("is_enabled", True))
    else:
        given = dict(zip((option["names"][0] for option in OPTIONS), arguments[1:]))
        enabled = _boolean(SWITCH, False if first is None else first)
    by_name = {name: option for option in OPTIONS for name in option["names"]}
    values = {option["names"][0]: option["default"] for option in OPTIONS}
    for name, value in given.items():
        if name not in by_name:
            raise ValueError(f'there is no option "{name}"')
        if value is not None:
            values[by_name[name]["names"][0]] = _check(by_name[name], value)
    options = Options(values, enabled)
    options.is_api = isinstance(first, dict)
    return options


def _check(option, value):
    if option["type"] == "boolean":
        return _boolean(option["label"], value)
    if option["type"] == "string":
        return _text(option, value)
    return value if value == option.get("word") else _number(option, value)


def _boolean(label, value):
    boolean = BOOLEANS.get(str(value).strip().lower())
    if boolean is None:
        raise ValueError(f"{label} must be true or false, not {value!r}")
    return boolean


def _text(option, value):
    if not isinstance(value, str) or len(value) < option.get("minLength", 0):
        raise ValueError(f"{option['label']} must be a text, not {value!r}")
    if "choices" not in option:
        return value
    if value.lower() not in [*option["choices"], *option.get("aliases", [])]:
        raise ValueError(f"{option['label']} must be one of {', '.join(option['choices'])}, not {value!r}")
    return value.lower()


def _number(option, value):
    minimum, maximum = option["minimum"], option["maximum"]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = None
    is_whole = number is not None and number == number // 1
    if number is None or not minimum <= number <= maximum or (option["type"] == "integer" and not is_whole):
        kind = "whole number" if option["type"] == "integer" else "number"
        raise ValueError(f"{option['label']} must be a {kind} from {minimum} to {maximum}, not {value!r}")
    return int(number) if is_whole else round(number, 1)
