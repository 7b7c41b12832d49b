"""The script's arguments: what its controls show of them, how requests give them, and what `record` is told."""

from steps_animation.options import read_options as read_shared_options

#: which of the web UI's image formats are kept by which intermediate format; others by png
FORMATS = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}
TRUTHS = {
    **dict.fromkeys(("true", "1", "1.0", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "0.0", "off", "no"), False),
}

#: arguments of the web UI alone, after those that all parts of the project have
OWN = [
    {
        "names": ["decode"],
        "label": "Decode",
        "help": "when steps become pictures: after sampling by the VAE, during it roughly, or on demand, by the button",
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


def _read_facts():
    facts = read_shared_options()
    for fact in facts:
        if fact["names"] == ["intermediate_format"]:
            fact["choices"] = ["auto", *fact["choices"]]
            fact["default"] = "auto"
            fact["help"] += "; auto as the web UI saves images"
    return facts + OWN


#: the arguments after the switch, in their order
FACTS = _read_facts()
#: how many of these the original script had
ORIGINAL = 11
SWITCH = "Script Enabled"


class Options:
    """Checked values by their names, those of the original where there are two."""

    def __init__(self, values, enabled=True):
        self.enabled = enabled
        self._values = values

    def __getitem__(self, name):
        return self._values[name]

    def arguments(self, samples_format="png"):
        """Those of `record`. `samples_format` is how the web UI saves images."""
        return [_flag(fact, self._value(fact, samples_format)) for fact in FACTS if "flag" in fact]

    def takes(self, number):
        """Whether a step, counted from 1 through the passes that are taken, has a picture in the movie."""
        skipped, stop_at = self["skip_steps"], self["stop_at"]
        is_before_end = stop_at == 0 or number <= stop_at
        return number > skipped and (number - skipped - 1) % self["every"] == 0 and is_before_end

    def _value(self, fact, samples_format):
        value = self[fact["names"][0]]
        if fact["names"][0] == "intermediate_format" and value == "auto":
            return FORMATS.get(samples_format.lower(), "png")
        return value


def read_options(arguments):
    """
    Options of a request or of the panel: the switch and then values in their order, of which those left out or None are
    the defaults; or one dict with values by their names, which switches the script on. Raises ValueError for people.
    """
    first = arguments[0] if arguments else None
    if isinstance(first, dict):
        return _by_name(first)
    given = dict(zip((fact["names"][0] for fact in FACTS), arguments[1:]))
    return Options(_checked(given), _truth(SWITCH, False if first is None else first))


def _by_name(named):
    enabled = _truth(SWITCH, named.get("is_enabled", True))
    first_names = {name: fact["names"][0] for fact in FACTS for name in fact["names"]}
    unknown = [name for name in named if name != "is_enabled" and name not in first_names]
    if unknown:
        raise ValueError(f'there is no option "{unknown[0]}"')
    return Options(_checked({first_names[name]: value for name, value in named.items() if name in first_names}), enabled)


def _checked(given):
    values = {}
    for fact in FACTS:
        name = fact["names"][0]
        value = given.get(name)
        values[name] = fact["default"] if value is None else _check(fact, value)
    return values


def _check(fact, value):
    if fact["type"] == "boolean":
        return _truth(fact["label"], value)
    if fact["type"] == "string":
        return _text(fact, value)
    return value if value == fact.get("word") else _number(fact, value)


def _truth(label, value):
    truth = TRUTHS.get(str(value).strip().lower())
    if truth is None:
        raise ValueError(f"{label} must be true or false, not {value!r}")
    return truth


def _text(fact, value):
    if not isinstance(value, str) or len(value) < fact.get("minLength", 0):
        raise ValueError(f"{fact['label']} must be a text, not {value!r}")
    if "choices" not in fact:
        return value
    if value.lower() not in [*fact["choices"], *fact.get("aliases", [])]:
        raise ValueError(f"{fact['label']} must be one of {', '.join(fact['choices'])}, not {value!r}")
    return value.lower()


def _number(fact, value):
    least, most = fact["minimum"], fact["maximum"]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = None
    is_whole = number is not None and number == number // 1
    if number is None or not least <= number <= most or (fact["type"] == "integer" and not is_whole):
        kind = "whole number" if fact["type"] == "integer" else "number"
        raise ValueError(f"{fact['label']} must be a {kind} from {least} to {most}, not {value!r}")
    return int(number) if is_whole else round(number, 1)


def _flag(fact, value):
    if fact["type"] == "boolean":
        return fact["flag"] if value else fact["flag"].replace("--", "--no-", 1)
    return f"{fact['flag']}={value}"
