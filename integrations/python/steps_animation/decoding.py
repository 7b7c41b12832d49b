"""Decodes latents of a diffusers pipeline as the pipeline itself does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Generator, Optional, Tuple

from .pixels import image_pixels
from .recording import Pixels


class LatentDecoder:
    def __init__(self, pipe: Any, vae: Any = None) -> None:
        """`vae` replaces the pipeline's own, such as an AutoencoderTiny. Raises ValueError if there is none."""
        self._pipe = pipe
        self._is_own = vae is None
        self._vae: Any = getattr(pipe, "vae", None) if vae is None else vae
        if self._vae is None:
            raise ValueError(f"{type(pipe).__name__} has no VAE that could decode its steps.")

    @property
    def interferes(self) -> bool:
        """Whether decoding changes state that the pipeline uses, so that the two cannot run at the same time."""
        return self._is_own and (self._upcasts() or bool(getattr(self._pipe, "_all_hooks", None)))

    @contextmanager
    def ready(self) -> Generator[None, None, None]:
        """Prepares for decoding while the pipeline is idle, and restores everything, random state included."""
        import torch

        device = self._device()
        upcasts = self._upcasts()
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            if upcasts:
                self._vae.to(dtype=torch.float32)
            try:
                yield
            finally:
                if upcasts:
                    self._vae.to(dtype=torch.float16)
                if self._is_own and hasattr(self._pipe, "maybe_free_model_hooks"):
                    self._pipe.maybe_free_model_hooks()

    def picture(self, latents: Any, size: Optional[Tuple[int, int]]) -> Pixels:
        """
        Decodes the latents of one image, (1, channels, rows, columns) or packed (1, patches, channels), in the pipeline's
        scale. `size` is that of the image in pixels, if known. Raises ValueError if packed latents do not fit any size.
        """
        import torch

        with torch.no_grad():
            unpacked = self._unpacked(latents, size) if latents.ndim == 3 else latents
            scaled = self._scaled(unpacked.to(self._device(), self._vae.dtype))
            decoded = self._vae.decode(scaled, return_dict=False)[0]
            image = decoded[:, :, 0] if decoded.ndim == 5 else decoded  # from -1 to 1
            return image_pixels((image / 2 + 0.5).clamp(0, 1))[0]

    def _unpacked(self, latents: Any, size: Optional[Tuple[int, int]]) -> Any:
        """Flux and similar models sample a sequence of patches of 2x2 latents."""
        factor = self._pipe.vae_scale_factor
        patches = latents.shape[1]
        for width, height in filter(None, (size, self._default_size())):
            for side in (2 * factor, factor):  # of a patch in pixels; older versions of diffusers include the 2 in the factor
                if (width // side) * (height // side) == patches:
                    return self._pipe._unpack_latents(latents, height, width, factor)
        raise ValueError(f"The size of an image of {patches} patches is not known: pass width and height to the pipeline.")

    def _default_size(self) -> Optional[Tuple[int, int]]:
        side = getattr(self._pipe, "default_sample_size", None)
        return (side * self._pipe.vae_scale_factor,) * 2 if isinstance(side, int) else None

    def _scaled(self, latents: Any) -> Any:
        config = self._vae.config
        mean, deviation = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
        factor = getattr(config, "scaling_factor", None) or 1
        if mean is None or deviation is None:
            return latents / factor + (getattr(config, "shift_factor", None) or 0)
        shape = (1, len(mean)) + (1,) * (latents.ndim - 2)
        return latents * latents.new_tensor(deviation).view(shape) / factor + latents.new_tensor(mean).view(shape)

    def _upcasts(self) -> bool:
        """The VAE of SDXL overflows in float16; such pipelines have a method that converts it to float32."""
        import torch

        forced = self._is_own and getattr(self._vae.config, "force_upcast", False)
        return bool(forced) and hasattr(self._pipe, "upcast_vae") and self._vae.dtype == torch.float16

    def _device(self) -> Any:
        """Where the VAE computes; while it is offloaded, its weights are elsewhere."""
        try:
            from diffusers.utils.torch_utils import get_module_execution_device
        except ImportError:  # an older diffusers
            return self._pipe._execution_device if self._is_own else self._vae.device
        return get_module_execution_device(self._vae)
