"""The arguments of a pipeline call, and the infotext that web UIs would write for it."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from .pixels import MaskedCrop

#: the largest seed of the protocol; larger ones are in the infotext only
MAX_SEED = 2**53 - 1


class GenerationCall:
    """The arguments of a call by name, defaults included."""

    def __init__(
        self,
        pipe: Any,
        call: Callable[..., Any],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
        prompt: Union[str, Sequence[str], None] = None,
    ) -> None:
        """`prompt` replaces that of the call, which may be embeddings. Raises TypeError for arguments that do not fit."""
        bound = inspect.signature(call).bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = self._arguments = {**bound.arguments, **bound.arguments.get("kwargs", {})}
        if prompt is not None:
            arguments["prompt"] = prompt
        self._sampler = type(pipe.scheduler).__name__
        self._model = _model_name(pipe)
        self._seeds = _seeds(arguments.get("generator"))  # read now: a generator may get another seed later
        is_img2img = arguments.get("image") is not None and "strength" in arguments
        self.tab = "img2img" if is_img2img else "txt2img"
        self.returns_latents = arguments.get("output_type") == "latent"
        padding = arguments.get("padding_mask_crop")
        self.crop: Optional[MaskedCrop] = None
        if padding is not None:
            self.crop = MaskedCrop(pipe, arguments["image"], arguments["mask_image"], padding)

    @property
    def size(self) -> Optional[Tuple[int, int]]:
        """Width and height in pixels, if the call names them."""
        width, height = self._arguments.get("width"), self._arguments.get("height")
        return (int(width), int(height)) if width and height else None

    def seed(self, image: int) -> int:
        """The seed of an image of the batch; 0 if it is unknown or out of the protocol's range."""
        seed = self._seed(image)
        return seed if seed is not None and 0 <= seed <= MAX_SEED else 0

    def prompt(self, image: int, images: int) -> str:
        """The prompt of an image; `images` is the size of the batch."""
        return self._text("prompt", image, images)

    def infotext(self, image: int, images: int, size: Optional[Tuple[int, int]]) -> str:
        """The `parameters` text that web UIs write into images; `images` is the size of the batch."""
        negative = self._text("negative_prompt", image, images)
        settings = {
            "Steps": self._arguments.get("num_inference_steps"),
            "Sampler": self._sampler,
            "CFG scale": self._arguments.get("guidance_scale"),
            "Seed": self._seed(image),
            "Size": size and f"{size[0]}x{size[1]}",
            "Model": self._model,
            "Denoising strength": self._arguments.get("strength"),
        }
        fields = [f"{name}: {_quoted(str(value))}" for name, value in settings.items() if value not in (None, "")]
        prompt = self.prompt(image, images)
        return "\n".join([prompt, *([f"Negative prompt: {negative}"] if negative else []), ", ".join(fields)]).strip()

    def _seed(self, image: int) -> Optional[int]:
        return self._seeds[min(image, len(self._seeds) - 1)] if self._seeds else None

    def _text(self, name: str, image: int, images: int) -> str:
        """A single text applies to all images; each text of a list applies to the same number of images."""
        value = self._arguments.get(name)
        texts: List[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
        return str(texts[image * len(texts) // images] or "") if texts else ""


def _seeds(generators: Any) -> List[int]:
    """The images of a batch share one generator, or have one each."""
    listed = generators if isinstance(generators, (list, tuple)) else [generators]
    return [int(generator.initial_seed()) for generator in listed if hasattr(generator, "initial_seed")]


def _model_name(pipe: Any) -> str:
    """The name of a repository, or that of a folder or file without its path."""
    name = str(getattr(pipe, "name_or_path", None) or getattr(pipe.config, "_name_or_path", None) or "")
    return name if re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not Path(name).exists() else Path(name).name


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r"[,:\n]", value) else value
