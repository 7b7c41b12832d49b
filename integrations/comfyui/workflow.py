"""Reads seed, prompt and settings of an image from the workflow that made it, in ComfyUI's API format ("prompt")."""

TEXTS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "value")
#: inputs of a sampler whose nodes have some of its settings
PARTS = ("noise", "guider", "sampler", "sigmas")


def upstream(prompt, node):
    """A node and those that it depends on, the nearest first."""
    found, queue = [], [node]
    while queue:
        node = queue.pop(0)
        if node in found or node not in prompt:
            continue
        found.append(node)
        queue += [value[0] for value in _inputs(prompt, node).values() if _is_link(value)]
    return found


class WorkflowInfo:
    """Describes the first of the samplers that a node depends on; later ones continue with its image."""

    def __init__(self, prompt, node):
        self._prompt = prompt
        samplers = [each for each in upstream(prompt, node) if _is_link(_inputs(prompt, each).get("latent_image"))]
        self._sampler = samplers[-1] if samplers else None
        self._seed = self._value(("seed", "noise_seed"))
        #: 0 if it is unknown or out of the protocol's range
        self.seed = self._seed if isinstance(self._seed, int) and 0 <= self._seed < 2**53 else 0
        self.prompt = self._text("positive")

    def infotext(self, width, height, position=0, batch=1):
        """The text that web UIs write into images, with what is known of the image at a position of a batch."""
        negative = self._text("negative")
        settings = {
            "Steps": self._value(("steps",)),
            "Sampler": self._value(("sampler_name",)),
            "Schedule type": self._value(("scheduler",)),
            "CFG scale": self._value(("cfg",)),
            "Seed": self._seed,
            "Size": f"{width}x{height}",
            "Model": self._model(),
            **({"Batch size": batch, "Batch pos": position} if batch > 1 else {}),
            "Version": "ComfyUI",
        }
        fields = ", ".join(f"{name}: {value}" for name, value in settings.items() if value is not None)
        return "\n".join(filter(None, (self.prompt, negative and f"Negative prompt: {negative}", fields)))

    def _value(self, names):
        """A setting of the sampler or of its parts; follows a link to a node that only holds a value."""
        if self._sampler is None:
            return None
        parts = [_inputs(self._prompt, self._sampler).get(part) for part in PARTS]
        for node in (self._sampler, *(part[0] for part in parts if _is_link(part))):
            values = (_inputs(self._prompt, node).get(name) for name in names)
            found = next((value for value in values if value is not None), None)
            if found is not None:
                return self._linked_value(found, (*names, "value")) if _is_link(found) else found
        return None

    def _linked_value(self, link, names):
        inputs = _inputs(self._prompt, link[0])
        return next((inputs[name] for name in names if name in inputs and not _is_link(inputs[name])), None)

    def _text(self, side):
        """The positive or negative prompt."""
        if self._sampler is None:
            return ""
        inputs = _inputs(self._prompt, self._sampler)
        guider = inputs.get("guider")
        if side not in inputs and _is_link(guider):
            inputs = _inputs(self._prompt, guider[0])
        names = (side, "conditioning") if side == "positive" else (side,)
        links = [inputs[name] for name in names if _is_link(inputs.get(name))]
        return self._text_behind(links[0], side, set()) if links else ""

    def _text_behind(self, link, side, seen):
        node = link[0]
        if node in seen:
            return ""
        seen.add(node)
        inputs = _inputs(self._prompt, node)
        text = next((inputs[name] for name in TEXTS if isinstance(inputs.get(name), str) and inputs[name]), None)
        if text is not None:
            return text
        # A node that changes both prompts has an input for each.
        links = [inputs[side]] if _is_link(inputs.get(side)) else [value for value in inputs.values() if _is_link(value)]
        return next(filter(None, (self._text_behind(each, side, seen) for each in links)), "")

    def _model(self):
        for node in upstream(self._prompt, self._sampler):
            for name in ("ckpt_name", "unet_name"):
                value = _inputs(self._prompt, node).get(name)
                if isinstance(value, str):
                    return value.replace("\\", "/").split("/")[-1].rsplit(".", 1)[0]
        return None


def _inputs(prompt, node):
    return prompt.get(node, {}).get("inputs", {})


def _is_link(value):
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
