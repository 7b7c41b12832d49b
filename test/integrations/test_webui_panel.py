"""The panel has a control for each argument, in their order, and shows the movies."""

import unittest
from types import SimpleNamespace
from unittest import mock

from fakes import webui

modules = webui.install()

import gradio  # noqa: E402
import scripts.steps_animation_script as script_module  # noqa: E402
from steps_animation_webui import session  # noqa: E402
from steps_animation_webui.options import FACTS, SWITCH, read_options  # noqa: E402


class PanelTest(unittest.TestCase):
    def setUp(self):
        self.script = script_module.StepsAnimationScript()
        self.controls = self.script.ui(False)

    def listener(self):
        log = SimpleNamespace(change=mock.Mock())
        self.script.after_component(SimpleNamespace(change=self.fail), elem_id="txt2img_prompt")
        self.script.after_component(log, elem_id="html_log_txt2img")
        return log.change.call_args.kwargs["fn"]

    def test_is_always_visible_in_both_tabs_under_the_originals_title(self):
        self.assertEqual(self.script.title(), "Steps animation")
        self.assertTrue(all(self.script.show(tab) is modules.scripts.AlwaysVisible for tab in (False, True)))

    def test_has_a_control_for_each_argument(self):
        self.assertEqual([control.label for control in self.controls], [SWITCH, *(fact["label"] for fact in FACTS)])

    def test_has_values_that_are_the_defaults(self):
        values = [control.facts["value"] for control in self.controls]
        self.assertIs(values[0], False)
        self.assertEqual(read_options(values).arguments(), read_options([]).arguments())

    def test_has_sliders_where_they_are_of_use(self):
        kinds = {control.label: type(control).__name__ for control in self.controls}
        wanted = {"Codec": "Dropdown", "Duration": "Slider", "Skip steps": "Number", "Debug info": "Checkbox"}
        self.assertEqual({label: kinds[label] for label in wanted}, wanted)

    def test_shows_the_movies_of_the_last_generation(self):
        made = ["/out/1-<b>.mp4", "/out/1.gif", "/out/1.mov"], "half & half"
        with mock.patch.object(session, "last", return_value=made):
            shown = self.listener()()
        self.assertIn('<video src="file=/out/1-%3Cb%3E.mp4"', shown)
        self.assertIn('<img src="file=/out/1.gif"', shown)
        self.assertNotIn("file=/out/1.mov", shown)  # browsers do not play it
        self.assertIn("/out/1-&lt;b&gt;.mp4", shown)
        self.assertIn("half &amp; half", shown)

    def test_has_a_button_that_animates_the_last_image(self):
        with mock.patch.object(gradio.Button, "click") as click:
            self.script.ui(False)
        (call,) = click.call_args_list
        with mock.patch.object(session, "animate_last", return_value=(["/out/1.mp4"], None)) as animate:
            shown = call.kwargs["fn"](True, "gif")
        animate.assert_called_once_with("txt2img", (True, "gif"))
        self.assertIn("/out/1.mp4", shown)


if __name__ == "__main__":
    unittest.main()
