"""Inpainting of nothing but a mask's surroundings (`padding_mask_crop`): its steps, pasted into the whole picture."""

from __future__ import annotations

from typing import Any

from .pixels import image_pixels
from .recording import Pixels


class MaskedCrop:
    """`image` and `mask` are PIL images; pipelines take no others there."""

    def __init__(self, pipe: Any, image: Any, mask: Any, padding: int) -> None:
        self._pipe, self._image, self._mask, self._padding = pipe, image, mask, padding

    def whole(self, step: Pixels) -> Pixels:
        """As the pipeline itself pastes its finished image."""
        from PIL import Image

        pixels, size = step
        region = self._pipe.mask_processor.get_crop_region(self._mask, *size, pad=self._padding)
        picture = Image.frombytes("RGB", size, pixels)
        return image_pixels([self._pipe.image_processor.apply_overlay(self._mask, self._image, picture, region)])[0]
