"""The script's panel. Uses only what Gradio 3.41 and 4.40 have in common."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import gradio as gr

from steps_animation.options import help_text

from . import host, last_runs, results
from .options import LOOK, OPTIONS, ORIGINAL_COUNT, SWITCH

#: options with a larger maximum have a number field in place of a slider
MAX_OF_SLIDERS = 1000
#: javascript/steps_animation.js refreshes the player while it contains this class
PENDING = '<p class="steps-animation-pending">The movie is being made …</p>'
#: replaces the second input by the index of the image that the gallery shows
WITH_INDEX = "(...values) => [values[0], selected_gallery_index(), ...values.slice(2)]"


class Panel:
    """The controls of one tab, in the order of the arguments, and the players in the panel and below the gallery."""

    def __init__(self, tab, elem_id):
        self._tab = tab
        with gr.Accordion("Steps animation", open=False, elem_id=elem_id("accordion")):
            self.controls = [gr.Checkbox(value=False, label=SWITCH, elem_id=elem_id("is_enabled"))]
            # Above the options that come on top of it; among the arguments it is one of the last.
            look = _control(LOOK, elem_id)
            self.controls += [_control(option, elem_id) for option in OPTIONS[:ORIGINAL_COUNT]]
            with gr.Accordion("More", open=False):
                newer = OPTIONS[ORIGINAL_COUNT:]
                self.controls += [look if option is LOOK else _control(option, elem_id) for option in newer]
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
        """To be called when the web UI has created the row of buttons below the gallery."""
        self._animate = gr.Button("Animate this image", elem_id=f"steps_animation_animate_{self._tab}", size="sm")
        self._players.append(gr.HTML(elem_id=f"steps_animation_result_{self._tab}"))

    def listen(self, generation):
        """`generation` is the web UI's hidden JSON about the last generation, which changes each time."""
        tab = self._tab
        for_shown_image = {"_js": WITH_INDEX, "outputs": self._players}
        if self._animate:
            self._animate.click(
                fn=lambda info, index, *arguments: self._show(last_runs.animate(tab, info, _integer(index), arguments)),
                inputs=[generation, generation, *self.controls],
                **for_shown_image,
            )
        self._save_step.click(
            fn=lambda info, index, step: self._show(last_runs.save_step(tab, info, _integer(index), _integer(step))),
            inputs=[generation, generation, self._step],
            **for_shown_image,
        )
        self._animate_file.click(
            fn=lambda name, *arguments: self._show(last_runs.animate_file(tab, name.strip(), arguments)),
            inputs=[self._file, *self.controls],
            outputs=self._players,
        )
        refresh = gr.Button(visible=False, elem_id=f"steps_animation_refresh_{tab}")
        for listen in (generation.change, refresh.click):
            listen(fn=self._show, inputs=[], outputs=self._players, show_progress="hidden")

    def _show(self, _=None):
        html = _result(results.shown(self._tab))
        return [html] * len(self._players) if len(self._players) > 1 else html


def _integer(value):
    return int(value or 0)


def _control(option, elem_id):
    common = {"label": option["label"], "value": option["default"], "info": help_text(option)}
    common["elem_id"] = elem_id(option["names"][0])
    if option["type"] == "boolean":
        return gr.Checkbox(**common)
    if "choices" in option:
        return gr.Dropdown(choices=option["choices"], **common)
    if option["type"] == "string":
        return gr.Textbox(**common)
    step = option.get("multipleOf", 1)
    if option["maximum"] > MAX_OF_SLIDERS:
        return gr.Number(precision=0, **common)
    return gr.Slider(minimum=option["minimum"], maximum=option["maximum"], step=step, **common)


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
    elements = {
        **dict.fromkeys((".mp4", ".webm"), f'<video src="{source}" controls autoplay loop muted></video>'),
        **dict.fromkeys((".gif", ".webp", ".png", ".jpg", ".jpeg"), f'<img src="{source}">'),
    }
    element = elements.get(path.suffix, "")
    return f'<figure style="margin:0">{element}<figcaption>{escape(str(path))}</figcaption></figure>'
