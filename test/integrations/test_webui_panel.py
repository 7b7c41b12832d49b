"""The panel has a control for each argument, in order, and players for the results."""

import unittest
from types import SimpleNamespace
from unittest import mock

from fakes import webui

modules = webui.install()

import scripts.steps_animation_script as script_module  # noqa: E402
from steps_animation_webui import last_runs, results  # noqa: E402
from steps_animation_webui.options import OPTIONS, SWITCH, read_options  # noqa: E402


class PanelTest(unittest.TestCase):
    def setUp(self):
        results._shown.clear()
        webui.components.clear()
        webui.allowed.clear()
        self.script = script_module.StepsAnimationScript()
        self.controls = self.script.ui(False)
        self.generation = SimpleNamespace(change=mock.Mock())
        for place in ("txt2img_gallery", "image_buttons_txt2img", "html_log_txt2img", "generation_info_img2img"):
            self.script.after_component(SimpleNamespace(), elem_id=place)
        self.script.after_component(self.generation, elem_id="generation_info_txt2img")

    def component(self, name):
        return next(one for one in webui.components if one.attributes.get("elem_id") == f"steps_animation_{name}_txt2img")

    def click(self, name, *inputs):
        (listener,) = self.component(name).listeners
        return listener, listener["fn"](*inputs)

    def shown(self, paths, trouble=None):
        results.show("txt2img").settle(paths, trouble)
        in_panel, below_gallery = self.generation.change.call_args.kwargs["fn"]()
        self.assertEqual(in_panel, below_gallery)
        return in_panel

    def test_is_always_visible_in_both_tabs_under_the_originals_title(self):
        self.assertEqual(self.script.title(), "Steps animation")
        self.assertTrue(all(self.script.show(tab) is modules.scripts.AlwaysVisible for tab in (False, True)))

    def test_has_a_control_for_each_argument(self):
        self.assertEqual([control.label for control in self.controls], [SWITCH, *(option["label"] for option in OPTIONS)])

    def test_has_values_that_are_the_defaults(self):
        values = [control.attributes["value"] for control in self.controls]
        self.assertIs(values[0], False)
        self.assertEqual(read_options(values).arguments(), read_options([]).arguments())

    def test_has_sliders_for_small_ranges(self):
        kinds = {control.label: type(control).__name__ for control in self.controls}
        wanted = {"Codec": "Dropdown", "Duration": "Slider", "Skip steps": "Number", "Debug info": "Checkbox"}
        self.assertEqual({label: kinds[label] for label in wanted}, wanted)

    def test_shows_the_movies_of_the_last_generation(self):
        shown = self.shown(["/out/1-<b>.mp4", "/out/1.gif", "/out/1.mov"], "half & half")
        self.assertIn('<video src="file=/out/1-%3Cb%3E.mp4"', shown)
        self.assertIn('<img src="file=/out/1.gif"', shown)
        self.assertNotIn("file=/out/1.mov", shown)  # browsers do not play it
        self.assertIn("/out/1-&lt;b&gt;.mp4", shown)
        self.assertIn("half &amp; half", shown)

    def test_allows_the_page_to_load_files_of_any_folder(self):
        self.shown(["/elsewhere/1.mp4"])
        self.assertEqual(set(webui.allowed), {"/elsewhere/1.mp4"})

    def test_refreshes_while_a_movie_is_being_made(self):
        result = results.show("txt2img")
        script = (webui.EXTENSION / "javascript" / "steps_animation.js").read_text("utf8")
        (pending,) = {*self.click("refresh")[1]}
        self.assertIn('class="steps-animation-pending"', pending)
        for name in (".steps-animation-pending", "#steps_animation_player_${tab}", "#steps_animation_refresh_${tab}"):
            self.assertIn(name, script)
        result.settle(["/out/1.mp4"], None)
        self.assertIn("<video", self.click("refresh")[1][0])

    def test_animates_the_image_that_the_gallery_shows(self):
        with mock.patch.object(last_runs, "animate") as animate:
            listener, _ = self.click("animate", "{}", "2", True, "gif")
        animate.assert_called_once_with("txt2img", "{}", 2, (True, "gif"))
        self.assertEqual(listener["inputs"], [self.generation, self.generation, *self.controls])
        self.assertIn("selected_gallery_index()", listener["_js"])

    def test_saves_a_step_of_the_image_that_the_gallery_shows(self):
        with mock.patch.object(last_runs, "save_step") as save_step:
            self.click("save_step", "{}", "2", 7)
        save_step.assert_called_once_with("txt2img", "{}", 2, 7)

    def test_animates_a_file_of_latents(self):
        with mock.patch.object(last_runs, "animate_file") as animate_file:
            self.click("animate_file", " latents-42.safetensors", True)
        animate_file.assert_called_once_with("txt2img", "latents-42.safetensors", (True,))


if __name__ == "__main__":
    unittest.main()
