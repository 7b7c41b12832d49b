"""Steps Animation for ComfyUI: movies of how images come into being, at full size (docs/comfyui.md)."""

from .nodes import SaveAnimation, WatchSteps

NODE_CLASS_MAPPINGS = {"StepsAnimationWatch": WatchSteps, "StepsAnimationSave": SaveAnimation}
NODE_DISPLAY_NAME_MAPPINGS = {
    "StepsAnimationWatch": "Steps Animation: watch",
    "StepsAnimationSave": "Steps Animation: save",
}
__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
