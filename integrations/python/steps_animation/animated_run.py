"""The steps of one pipeline call, and the movies made of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .decoding import LatentDecoder
from .denoised import denoised
from .generation_call import GenerationCall
from .latents import LatentRing, LatentRun
from .pixels import image_pixels, returned_images
from .recording import Pixels, Recording
from .saved_run import save_run


class Settings(NamedTuple):
    outdir: Path
    #: of `record`
    arguments: Tuple[str, ...]
    #: "after", "during" or "on demand"
    decode: str
    #: "denoised" or "noisy"
    content: str
    latents_folder: Optional[Path]


class AnimatedRun:
    def __init__(
        self, pipe: Any, call: GenerationCall, decoder: LatentDecoder, ring: LatentRing, settings: Settings
    ) -> None:
        self._pipe, self._scheduler = pipe, pipe.scheduler
        self._call, self._decoder, self._ring, self._settings = call, decoder, ring, settings
        self._step_count = self._image_count = 0
        #: of what the VAE decodes; differs from the finished image's if only the surroundings of a mask are inpainted
        self._decoded_size = call.size
        self._image_size = None if call.crop else call.size
        self._finished: List[Pixels] = []
        self._returned_latents: Any = None
        self._reason = "interrupted"
        self._recording: Optional[Recording] = None
        #: whether `animate` can still be called
        self.is_on_demand = settings.decode == "on demand"
        #: in the ring, which keeps several runs only if they are on demand
        self._name: Any = id(self) if self.is_on_demand else "current"

    def step(self, arguments: Dict[str, Any], output: Any) -> None:
        """To be called after each step, with the arguments of `scheduler.step` by name and its result."""
        latents = arguments["sample"]
        if self._step_count == 0:
            self._image_count = latents.shape[0]
            self._ring.begin(self._name, content=self._settings.content)
        if self._settings.content == "denoised":
            latents = denoised(self._scheduler, arguments["model_output"], arguments["timestep"], latents, output)
        self._step_count += 1
        get_copy = self._ring.add(self._name, 0, self._step_count, latents)
        if get_copy is not None and self._settings.decode == "during":
            self._record_step(self._step_count, get_copy)

    def end(self, result: Any) -> None:
        """To be called after the call with its result, None if it failed. Raises ValueError if no step was observed."""
        if self._step_count == 0:
            self.is_on_demand = False
            if result is None:
                return  # it failed before its first step
            raise ValueError(f"No step of {type(self._scheduler).__name__} was observed, so there is no movie.")
        if result is not None and not getattr(self._pipe, "_interrupt", False):
            self._reason = "finished"
        try:
            if result is not None:
                self._take_images(returned_images(result))
        finally:
            self._save_and_animate()

    def animate(self) -> None:
        """Decodes the steps of a run on demand. Returns while `record` finishes the movies."""
        if self.is_on_demand:
            self.is_on_demand = False
            self._decode_steps()

    def step_picture(self, step: int, image: int) -> Pixels:
        """Decodes a step (from 1). Raises IndexError if it does not exist, LookupError if it has been discarded."""
        if not (1 <= step <= self._step_count and 0 <= image < self._image_count):
            raise IndexError(f"There are the steps 1 to {self._step_count} of the images 0 to {self._image_count - 1}.")
        with self._decoder.ready():
            return self._picture(self._latents().steps[step - 1][2], image)

    @property
    def is_over(self) -> bool:
        """Whether `collect` would not block."""
        return self._recording is None or self._recording.is_over

    @property
    def is_collected(self) -> bool:
        return self._recording is None and not self.is_on_demand

    def collect(self) -> Tuple[List[Dict[str, Any]], Optional[str]]:
        """Waits for the movies. Returns the results of `record`, and an error message or None."""
        if self._recording is None:
            return [], None
        recording, self._recording = self._recording, None
        return recording.finish(), recording.trouble

    def _take_images(self, images: Any) -> None:
        if self._call.returns_latents:
            self._returned_latents = images.detach().to("cpu", copy=True)
        else:
            self._finished = image_pixels(images)
            self._image_size = self._finished[0][1]
            if not self._call.crop:
                self._decoded_size = self._image_size

    def _save_and_animate(self) -> None:
        try:
            if self._settings.latents_folder:
                save_run(self._latents(), self._settings.latents_folder, self._images(self._decoded_size), self._call.tab)
        finally:
            if self._settings.decode != "on demand":
                self._decode_steps()

    def _latents(self) -> LatentRun:
        run = self._ring.get(self._name)
        if run is None:
            raise LookupError("The latents of this run were discarded to keep those of later runs.")
        return run

    def _record_step(self, step: int, get_copy: Callable[[], Any]) -> None:
        """Queues a step to be decoded during the run, once its latents are in main memory."""
        if self._recording is None:
            calls = getattr(self._pipe, "num_timesteps", None) or len(self._scheduler.timesteps)
            self._recording = self._start_recording(steps=-(-calls // getattr(self._scheduler, "order", 1)))
        for image in range(self._image_count):
            self._recording.step(image, step, lambda image=image: self._picture(get_copy(), image))

    def _decode_steps(self) -> None:
        """Sends all steps and the finished images to `record`."""
        run = self._latents()
        recording = self._recording = self._recording or self._start_recording(steps=len(run.steps))
        last: Dict[int, Any] = {}
        try:
            with self._decoder.ready():
                if self._returned_latents is not None:
                    latents = self._returned_latents
                    self._finished = [self._picture(latents, image) for image in range(len(latents))]
                for _, step, latents in run.steps:
                    for image in range(self._image_count):
                        last[image] = partial(self._picture, latents, image)
                        if self._settings.decode != "during":
                            last[image] = last[image]()
                            recording.step(image, step, last[image])
        finally:
            last.update(enumerate(self._finished))
            for image, picture in last.items():
                recording.image(image, picture, self._infotext(image), self._reason)
            recording.close()
            self._finished, self._returned_latents = [], None

    def _picture(self, latents: Any, image: int) -> Pixels:
        """`latents` are those of the whole batch."""
        picture = self._decoder.picture(latents[image : image + 1], self._decoded_size)
        return self._call.crop.paste(picture) if self._call.crop else picture

    def _start_recording(self, steps: int) -> Recording:
        arguments = ("--tab", self._call.tab, *self._settings.arguments)
        passes = [{"steps": steps, "exact": True}]
        return Recording(self._images(self._image_size), passes, self._settings.outdir, arguments)

    def _images(self, size: Optional[Tuple[int, int]]) -> List[Dict[str, Any]]:
        """The images of the protocol's start message."""
        dimensions = dict(zip(("width", "height"), size or ()))
        return [
            {
                "seed": self._call.seed(image),
                "prompt": self._call.prompt(image, self._image_count),
                "infotext": self._infotext(image),
                **dimensions,
            }
            for image in range(self._image_count)
        ]

    def _infotext(self, image: int) -> str:
        return self._call.infotext(image, self._image_count, self._image_size)
