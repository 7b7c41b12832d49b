"""Steps Animation for ComfyUI: movies of the steps of samplers, at full size. See docs/comfyui.md."""

from .package_path import add_package_path

add_package_path()

from .nodes import LoadSteps, SaveAnimation, StepImage, WatchSteps  # noqa: E402

NODES = {
    "StepsAnimationWatch": (WatchSteps, "Steps Animation: watch"),
    "StepsAnimationSave": (SaveAnimation, "Steps Animation: save"),
    "StepsAnimationStep": (StepImage, "Steps Animation: one step"),
    "StepsAnimationLoad": (LoadSteps, "Steps Animation: load"),
}
NODE_CLASS_MAPPINGS = {name: node for name, (node, _) in NODES.items()}
NODE_DISPLAY_NAME_MAPPINGS = {name: label for name, (_, label) in NODES.items()}
__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
