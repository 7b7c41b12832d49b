"""The script's panel. Only what is in both Gradio 3.41 and 4.40 is used."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import gradio as gr

from . import host, last_runs, results
from .options import FACTS, ORIGINAL, SWITCH

#: larger numbers are no use as sliders
MOST_OF_SLIDERS = 1000
#: javascript/steps_animation.js asks for the result again as long as this is shown
PENDING = '<p class="steps-animation-pending">Being made …</p>'
#: puts the number of the image that the gallery shows in place of the second input
WITH_INDEX = "(...values) => [values[0], selected_gallery_index(), ...values.slice(2)]"


class Panel:
    """The controls of one tab, in the order of the arguments; below them, and below the gallery, what is made with them."""

    def __init__(self, tab, elem_id):
        self._tab = tab
        with gr.Accordion("Steps animation", open=False, elem_id=elem_id("accordion")):
            self.controls = [gr.Checkbox(value=False, label=SWITCH, elem_id=elem_id("is_enabled"))]
            self.controls += [_control(fact, elem_id) for fact in FACTS[:ORIGINAL]]
            with gr.Accordion("More", open=False):
                self.controls += [_control(fact, elem_id) for fact in FACTS[ORIGINAL:]]
            with gr.Row():
                number = {"precision": 0, "value": 1, "minimum": 1}
                self._step = gr.Number(label="Step", elem_id=f"steps_animation_step_{tab}", **number)
                self._save_step = gr.Button("Save step", elem_id=f"steps_animation_save_step_{tab}")
            with gr.Row():
                self._file = gr.Textbox(label="File of latents", elem_id=f"steps_animation_file_{tab}")
                self._animate_file = gr.Button("Animate file", elem_id=f"steps_animation_animate_file_{tab}")
            self._players = [gr.HTML(elem_id=f"steps_animation_player_{tab}")]
        self._animate = None

    def add_below_gallery(self):
        """Where the web UI has just made the row of its buttons below the gallery."""
        self._animate = gr.Button("Animate this image", elem_id=f"steps_animation_animate_{self._tab}", size="sm")
        self._players.append(gr.HTML(elem_id=f"steps_animation_result_{self._tab}"))

    def listen(self, generation):
        """`generation` is the web UI's hidden text of what it has generated last, which changes each time."""
        tab = self._tab
        chosen = {"_js": WITH_INDEX, "outputs": self._players}
        if self._animate:
            self._animate.click(
                fn=lambda told, index, *arguments: self._shown(last_runs.animate(tab, told, _number(index), arguments)),
                inputs=[generation, generation, *self.controls],
                **chosen,
            )
        self._save_step.click(
            fn=lambda told, index, step: self._shown(last_runs.save_step(tab, told, _number(index), _number(step))),
            inputs=[generation, generation, self._step],
            **chosen,
        )
        self._animate_file.click(
            fn=lambda name, *arguments: self._shown(last_runs.animate_file(tab, name.strip(), arguments)),
            inputs=[self._file, *self.controls],
            outputs=self._players,
        )
        refresh = gr.Button(visible=False, elem_id=f"steps_animation_refresh_{tab}")
        for listen in (generation.change, refresh.click):
            listen(fn=self._shown, inputs=[], outputs=self._players, show_progress="hidden")

    def _shown(self, _=None):
        shown = _result(results.shown(self._tab))
        return [shown] * len(self._players) if len(self._players) > 1 else shown


def _number(value):
    return int(value or 0)


def _control(fact, elem_id):
    known = {"label": fact["label"], "value": fact["default"], "info": _info(fact), "elem_id": elem_id(fact["names"][0])}
    if fact["type"] == "boolean":
        return gr.Checkbox(**known)
    if "choices" in fact:
        return gr.Dropdown(choices=fact["choices"], **known)
    if fact["type"] == "string":
        return gr.Textbox(**known)
    step = fact.get("multipleOf", 1)
    if fact["maximum"] > MOST_OF_SLIDERS:
        return gr.Number(precision=0, **known)
    return gr.Slider(minimum=fact["minimum"], maximum=fact["maximum"], step=step, **known)


def _info(fact):
    return f"{fact['help']} ({fact['unit']})" if "unit" in fact else fact["help"]


def _result(result):
    if result is None:
        return ""
    if result.is_pending:
        return PENDING
    trouble = f"<p>{escape(result.trouble)}</p>" if result.trouble else ""
    return "".join(_player(Path(path)) for path in result.paths) + trouble


def _player(path):
    host.allow_to_fetch(path)
    source = f"file={quote(path.as_posix())}"
    shown = {
        **dict.fromkeys((".mp4", ".webm"), f'<video src="{source}" controls autoplay loop muted></video>'),
        **dict.fromkeys((".gif", ".webp", ".png", ".jpg", ".jpeg"), f'<img src="{source}">'),
    }
    return f'<figure style="margin:0">{shown.get(path.suffix, "")}<figcaption>{escape(str(path))}</figcaption></figure>'
