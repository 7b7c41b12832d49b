"""The web UI's script "Steps animation": passes its callbacks on to steps_animation_webui."""

from modules import script_callbacks, scripts, shared
from steps_animation_webui import settings
from steps_animation_webui.package_path import add_package_path

# First, because the folder of the clone is a setting.
script_callbacks.on_ui_settings(settings.add_settings)
add_package_path(getattr(shared.opts, settings.CLONE, None))

from steps_animation_webui import host, session  # noqa: E402
from steps_animation_webui.panel import Panel  # noqa: E402


class StepsAnimationScript(scripts.Script):
    def __init__(self):
        self._panel = None

    def title(self):
        return "Steps animation"

    def show(self, is_img2img):
        return scripts.AlwaysVisible

    def ui(self, is_img2img):
        self._panel = Panel("img2img" if is_img2img else "txt2img", self.elem_id)
        return self._panel.controls

    def after_component(self, component, **kwargs):
        tab = "img2img" if self.is_img2img else "txt2img"
        elem_id = kwargs.get("elem_id")
        if self._panel is None or elem_id not in (f"image_buttons_{tab}", f"generation_info_{tab}"):
            return
        with host.guarded("add its controls"):
            self._panel.listen(component) if elem_id == f"generation_info_{tab}" else self._panel.add_below_gallery()

    def process(self, p, *arguments):
        with host.guarded("start"):
            session.begin(p, arguments)

    def before_process_batch(self, p, *arguments, **kwargs):
        with host.guarded("decode the steps"):
            if session.current(p):
                session.current(p).add_batches()

    def process_before_every_sampling(self, p, *arguments, **kwargs):
        with host.guarded("watch the sampler"):
            if session.current(p):
                session.current(p).sampling.begin_pass(p)

    def postprocess_image(self, p, given, *arguments):
        """For web UIs that do not call `postprocess_image_after_composite`."""
        self.postprocess_image_after_composite(p, given)

    def postprocess_image_after_composite(self, p, given, *arguments):
        with host.guarded("take the finished image"):
            if session.current(p):
                session.current(p).sampling.finish_image(p, given)

    def postprocess(self, p, processed, *arguments):
        with host.guarded("make the movie"):
            session.end(p)
