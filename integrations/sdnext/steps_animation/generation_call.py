"""What a call of a pipeline was asked for, told as web UIs tell it."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from .masked_crop import MaskedCrop

#: the protocol's largest seed; a larger one is told by the infotext alone
LARGEST_SEED = 2**53 - 1


class GenerationCall:
    """The arguments of a call by their names, those left out by their defaults."""

    def __init__(
        self,
        pipe: Any,
        call: Callable[..., Any],
        args: Tuple[Any, ...],
        kwargs: Dict[str, Any],
        prompt: Union[str, Sequence[str], None] = None,
    ) -> None:
        """`prompt` stands for the call's own, which may be embeddings."""
        bound = inspect.signature(call).bind(*args, **kwargs)
        bound.apply_defaults()
        self._arguments = {**bound.arguments, **bound.arguments.get("kwargs", {})}
        if prompt is not None:
            self._arguments["prompt"] = prompt
        self._sampler = type(pipe.scheduler).__name__
        self._model = _model_name(pipe)
        self._seeds = _seeds(self._arguments.get("generator"))  # now: a generator may be seeded anew later
        self.begins_with_image = self._arguments.get("image") is not None and "strength" in self._arguments
        self.returns_latents = self._arguments.get("output_type") == "latent"
        self.crop = _masked_crop(pipe, self._arguments)

    @property
    def size(self) -> Optional[Tuple[int, int]]:
        """Width and height in pixels, if the call names them."""
        width, height = self._arguments.get("width"), self._arguments.get("height")
        return (int(width), int(height)) if width and height else None

    def seed(self, image: int) -> int:
        """The seed of an image of the batch, as far as the protocol takes it."""
        seed = self._seed(image)
        return seed if seed is not None and 0 <= seed <= LARGEST_SEED else 0

    def prompt(self, image: int, images: int) -> str:
        return self._text("prompt", image, images)

    def infotext(self, image: int, images: int, size: Optional[Tuple[int, int]]) -> str:
        """The `parameters` text that web UIs write into images; `images` is how many the batch has."""
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
        told = [f"{name}: {_quoted(str(value))}" for name, value in settings.items() if value not in (None, "")]
        first = self.prompt(image, images)
        return "\n".join([first, *([f"Negative prompt: {negative}"] if negative else []), ", ".join(told)]).strip()

    def _seed(self, image: int) -> Optional[int]:
        return self._seeds[min(image, len(self._seeds) - 1)] if self._seeds else None

    def _text(self, name: str, image: int, images: int) -> str:
        """One text stands for all images; each of several stands for as many as there are images per prompt."""
        given = self._arguments.get(name)
        texts: List[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
        return str(texts[image * len(texts) // images] or "") if texts else ""


def _masked_crop(pipe: Any, arguments: Dict[str, Any]) -> Optional[MaskedCrop]:
    padding = arguments.get("padding_mask_crop")
    return None if padding is None else MaskedCrop(pipe, arguments["image"], arguments["mask_image"], padding)


def _seeds(generators: Any) -> List[int]:
    """Several images share one generator, or have one each."""
    listed = generators if isinstance(generators, (list, tuple)) else [generators]
    return [int(generator.initial_seed()) for generator in listed if hasattr(generator, "initial_seed")]


def _model_name(pipe: Any) -> str:
    """A repository's name, or that of a folder or file without those it lies in."""
    named = str(getattr(pipe, "name_or_path", None) or getattr(pipe.config, "_name_or_path", None) or "")
    return named if re.fullmatch(r"[\w.-]+/[\w.-]+", named) and not Path(named).exists() else Path(named).name


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r"[,:\n]", value) else value
