"""Converts the images of pipelines to pixels: rows of red, green, blue."""

from __future__ import annotations

from typing import Any, List, NamedTuple

from .recording import Pixels


def returned_images(result: Any) -> Any:
    """The images in the result of a pipeline: its `images`, or the first item of a tuple. Raises ValueError."""
    images = getattr(result, "images", None)
    if images is None and isinstance(result, (tuple, list)) and result:
        images = result[0] if isinstance(result, tuple) else result
    if images is None:
        raise ValueError("The pipeline returned no images; only pipelines that make images can be animated.")
    return images


def image_pixels(images: Any) -> List[Pixels]:
    """Takes PIL images, a NumPy array (images, rows, columns, 3) or a tensor (images, 3, rows, columns) from 0 to 1."""
    if hasattr(images, "permute"):
        images = images.detach().float().cpu().permute(0, 2, 3, 1).numpy()
    if hasattr(images, "astype"):
        return [_array_pixels((image * 255).round().clip(0, 255).astype("uint8")) for image in images]
    return [_pil_pixels(image) if hasattr(image, "convert") else image_pixels(image[None])[0] for image in images]


class MaskedCrop(NamedTuple):
    """Inpainting of the surroundings of a mask only (`padding_mask_crop`), for which pipelines take PIL images."""

    pipe: Any
    image: Any
    mask: Any
    #: in pixels
    padding: int

    def paste(self, step: Pixels) -> Pixels:
        """Pastes a step into the whole image, as the pipeline does with the finished one."""
        from PIL import Image

        pixels, size = step
        region = self.pipe.mask_processor.get_crop_region(self.mask, *size, pad=self.padding)
        picture = Image.frombytes("RGB", size, pixels)
        return image_pixels([self.pipe.image_processor.apply_overlay(self.mask, self.image, picture, region)])[0]


def _pil_pixels(image: Any) -> Pixels:
    return image.convert("RGB").tobytes(), image.size


def _array_pixels(image: Any) -> Pixels:
    height, width = image.shape[:2]
    return image[..., :3].tobytes(), (width, height)
