"""The script's panel. Only what is in both Gradio 3.41 and 4.40 is used."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import gradio as gr

from . import host, session
from .options import FACTS, ORIGINAL, SWITCH

#: larger numbers are no use as sliders
MOST_OF_SLIDERS = 1000
BUTTON = "Animate the last image"


class Panel:
    """The controls of one tab, in the order of the arguments, with a button and a player below them."""

    def __init__(self, tab, elem_id):
        self._tab = tab
        with gr.Accordion("Steps animation", open=False, elem_id=elem_id("accordion")):
            self.controls = [gr.Checkbox(value=False, label=SWITCH, elem_id=elem_id("is_enabled"))]
            self.controls += [_control(fact, elem_id) for fact in FACTS[:ORIGINAL]]
            with gr.Accordion("More", open=False):
                self.controls += [_control(fact, elem_id) for fact in FACTS[ORIGINAL:]]
            button = gr.Button(BUTTON, elem_id=elem_id("animate"))
            self._player = gr.HTML(elem_id=elem_id("player"))
        self.on_click(button)

    def on_click(self, button):
        """Lets a button animate the tab's last images with the options of this panel."""
        button.click(fn=self._animate, inputs=self.controls, outputs=[self._player])

    def on_finished(self, component):
        """Shows the movies whenever a component changes that the web UI fills in after each generation."""
        component.change(fn=lambda: _players(*session.last(self._tab)), inputs=[], outputs=[self._player])

    def _animate(self, *arguments):
        made = host.run_alone(lambda: session.animate_last(self._tab, arguments))
        return _players(*(made or ([], "it did not succeed: see the console.")))


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


def _players(paths, trouble):
    return "".join(_player(Path(path)) for path in paths) + (f"<p>{escape(trouble)}</p>" if trouble else "")


def _player(path):
    source = f"file={quote(path.as_posix())}"
    name = escape(str(path))
    shown = {
        **dict.fromkeys((".mp4", ".webm"), f'<video src="{source}" controls autoplay loop muted></video>'),
        **dict.fromkeys((".gif", ".webp", ".png"), f'<img src="{source}">'),
    }
    return f'<figure style="margin:0">{shown.get(path.suffix, "")}<figcaption>{name}</figcaption></figure>'
