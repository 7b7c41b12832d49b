"""Images as pipelines return them, as rows of red, green, blue."""

from __future__ import annotations

from typing import Any, List

from .recording import Pixels


def returned_images(result: Any) -> Any:
    """The images in what a pipeline returned: its `images`, or the first part of a tuple."""
    images = getattr(result, "images", None)
    if images is None and isinstance(result, (tuple, list)) and result:
        images = result[0] if isinstance(result, tuple) else result
    if images is None:
        raise ValueError("The pipeline returned no images; only pipelines that make images can be animated.")
    return images


def image_pixels(images: Any) -> List[Pixels]:
    """Of PIL images, of a NumPy array (images, rows, columns, 3) or of a tensor (images, 3, rows, columns) from 0 to 1."""
    if hasattr(images, "permute"):
        images = images.detach().float().cpu().permute(0, 2, 3, 1).numpy()
    if hasattr(images, "astype"):
        return [_of_array((image * 255).round().clip(0, 255).astype("uint8")) for image in images]
    return [_of_image(image) if hasattr(image, "convert") else image_pixels(image[None])[0] for image in images]


def decoded_pixels(decoded: Any) -> Pixels:
    """Of what a VAE decodes: a tensor (1, 3, rows, columns) from -1 to 1."""
    return image_pixels((decoded / 2 + 0.5).clamp(0, 1))[0]


def _of_image(image: Any) -> Pixels:
    return image.convert("RGB").tobytes(), image.size


def _of_array(image: Any) -> Pixels:
    height, width = image.shape[:2]
    return image[..., :3].tobytes(), (width, height)
