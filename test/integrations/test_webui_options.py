"""The script's arguments: those of the original in its order, then the newer ones."""

import sys
import unittest

from fakes import webui

sys.path.insert(0, str(webui.EXTENSION))

from steps_animation_webui.package_path import add_package_path  # noqa: E402

add_package_path()

from steps_animation.options import read_options as read_shared_options  # noqa: E402
from steps_animation_webui.options import OPTIONS, ORIGINAL_COUNT, SWITCH, read_options  # noqa: E402

LABELS = [
    "Script Enabled",
    "Codec",
    "Interpolation",
    "Duration",
    "Skip steps",
    "Additional duration of the last frame",
    "Debug info",
    "Run on incomplete",
    "Delete intermediate",
    "Create animation",
    "Intermediate files path",
    "Output animation path",
]
ARGUMENTS = [True, "aom-av1", "MCI", "4.5", "3", 2, "true", False, "false", True, "steps", "movies"]


class OptionsTest(unittest.TestCase):
    def test_are_the_originals_in_its_order(self):
        self.assertEqual([SWITCH, *(option["label"] for option in OPTIONS[:ORIGINAL_COUNT])], LABELS)

    def test_include_all_shared_options(self):
        written = read_shared_options()
        self.assertEqual([option["label"] for option in OPTIONS[: len(written)]], [option["label"] for option in written])

    def test_accept_the_originals_arguments_with_numbers_as_text(self):
        options = read_options(ARGUMENTS)
        self.assertTrue(options.enabled)
        arguments = options.arguments()
        for expected in ("--codec=aom-av1", "--interpolation=mci", "--duration=4.5", "--skip-steps=3", "--debug"):
            self.assertIn(expected, arguments)
        for expected in ("--last-frame-duration=2", "--no-run-incomplete", "--no-delete-intermediate"):
            self.assertIn(expected, arguments)
        self.assertIn("--intermediate-path=steps", arguments)
        self.assertIn("--animation-path=movies", arguments)

    def test_accept_an_object_with_old_and_new_names(self):
        options = read_options([{"tmp_delete": "no", "fps": "25", "duration": "auto"}])
        arguments = options.arguments()
        self.assertEqual([options.enabled, options["tmp_delete"]], [True, False])
        self.assertTrue({"--fps=25", "--duration=auto", "--no-delete-intermediate"} <= set(arguments))
        self.assertEqual(read_options([{"delete_intermediate": False}]).arguments(), read_options([{"tmp_delete": 0}]).arguments())

    def test_mean_the_look_reveal_in_the_panel_and_classic_for_the_api(self):
        panel = read_options([True, *(option["default"] for option in OPTIONS)])
        self.assertEqual(panel.arguments()[0], "--look=reveal")
        self.assertFalse([each for each in panel.arguments() if each.startswith(("--duration", "--pacing"))])
        panel.is_api = True
        self.assertEqual(panel.arguments()[0], "--look=classic")
        self.assertIn("--duration=10", panel.arguments())
        self.assertEqual(read_options([{"fps": 25}]).arguments()[0], "--look=classic")

    def test_come_on_top_of_a_look_where_they_differ_from_their_defaults(self):
        arguments = read_options([{"look": "loop", "duration": 4}]).arguments()
        self.assertEqual(arguments[:2], ["--look=loop", "--duration=4"])
        self.assertNotIn("--interpolation=blend", arguments)
        with self.assertRaises(ValueError):
            read_options([{"look": "pretty"}])

    def test_are_disabled_by_default(self):
        for given in ([], [None], [False, "gif"], ["false"], [{"is_enabled": False}]):
            self.assertFalse(read_options(given).enabled, given)

    def test_automatic_intermediate_format_is_that_of_the_web_ui(self):
        options = read_options([True])
        for format, kept in (("png", "png"), ("JPEG", "jpg"), ("webp", "webp"), ("avif", "png")):
            self.assertIn(f"--intermediate-format={kept}", options.arguments(format))
        self.assertIn("--intermediate-format=png", read_options([{"intermediate_format": "png"}]).arguments("jpg"))

    def test_errors_name_the_option(self):
        wrong = [
            (["perhaps"], "Script Enabled"),
            ([True, "mpeg1"], "Codec must be one of x264"),
            ([True, "x264", "blend", "long"], "Duration must be a number from 0.5 to 120"),
            ([True, "x264", "blend", 1000], "Duration"),
            ([True, "x264", "blend", "nan"], "Duration"),
            ([True, "x264", "blend", 5, 1.5], "Skip steps must be a whole number"),
            ([{"duratoin": 5}], '"duratoin"'),
            ([{"tmp_path": ""}], "Intermediate files path"),
        ]
        for given, words in wrong:
            with self.assertRaises(ValueError) as caught:
                read_options(given)
            self.assertIn(words, str(caught.exception))

    def test_a_text_is_never_taken_for_a_flag(self):
        self.assertIn("--animation-path=--help", read_options([{"out_path": "--help"}]).arguments())

    def test_select_the_steps_of_the_movie(self):
        options = read_options([{"skip_steps": 2, "every": 3, "stop_at": 9}])
        self.assertEqual([number for number in range(1, 15) if options.shows(number)], [3, 6, 9])


if __name__ == "__main__":
    unittest.main()
