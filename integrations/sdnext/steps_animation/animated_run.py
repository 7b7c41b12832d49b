"""One call of a pipeline on its way to its movies."""

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
        self._steps = self._images = 0
        #: of what is decoded, which is the finished image's but for inpainting "only masked"
        self._size = call.size
        self._whole_size = None if call.crop else call.size
        self._finished: List[Pixels] = []
        self._returned_latents: Any = None
        self._reason = "interrupted"
        self._recording: Optional[Recording] = None
        #: whether its movies can still be asked for
        self.waits = settings.decode == "on demand"

    def step(self, arguments: Dict[str, Any], output: Any) -> None:
        """A step that the scheduler took: with what, and what it returned."""
        latents = arguments["sample"]
        if self._steps == 0:
            self._images = latents.shape[0]
            self._ring.begin(self._name, content=self._settings.content)
        if self._settings.content == "denoised":
            latents = denoised(self._scheduler, arguments["model_output"], arguments["timestep"], latents, output)
        self._steps += 1
        arrived = self._ring.add(self._name, 0, self._steps, latents)
        if arrived is not None and self._settings.decode == "during":
            self._show(self._steps, arrived)

    def end(self, result: Any) -> None:
        """The call is over; `result` is what it returned, or None if it failed."""
        if self._steps == 0:
            self.waits = False
            if result is None:
                return  # it failed before there was anything to see
            raise ValueError(f"No step of {type(self._scheduler).__name__} was seen, so there is no movie.")
        if result is not None and not getattr(self._pipe, "_interrupt", False):
            self._reason = "finished"
        try:
            if result is not None:
                self._take(returned_images(result))
        finally:
            self._finish()

    def animate(self) -> None:
        """Makes the movies of a run that waits for this; returns while they are made."""
        if self.waits:
            self.waits = False
            self._make()

    def step_picture(self, step: int, image: int) -> Pixels:
        """A step from 1, decoded now. Raises IndexError for one that there is not, LookupError when none are kept."""
        if not (1 <= step <= self._steps and 0 <= image < self._images):
            raise IndexError(f"There are the steps 1 to {self._steps} of the images 0 to {self._images - 1}.")
        with self._decoder.ready():
            return self._picture(self._kept(), step, image)

    @property
    def is_over(self) -> bool:
        """Whether `collect` returns at once."""
        return self._recording is None or self._recording.is_over

    @property
    def is_collected(self) -> bool:
        return self._recording is None and not self.waits

    def collect(self) -> Tuple[List[Dict[str, Any]], Optional[str]]:
        """Waits for the movies: what `record` told of them, and what went wrong."""
        if self._recording is None:
            return [], None
        recording, self._recording = self._recording, None
        return recording.finish(), recording.trouble

    @property
    def _name(self) -> Any:
        """Only runs that wait are kept beside others."""
        return id(self) if self._settings.decode == "on demand" else "current"

    def _take(self, images: Any) -> None:
        if self._call.returns_latents:
            self._returned_latents = images.detach().to("cpu", copy=True)
        else:
            self._finished = image_pixels(images)
            self._whole_size = self._finished[0][1]
            if not self._call.crop:
                self._size = self._whole_size

    def _finish(self) -> None:
        try:
            if self._settings.latents_folder:
                save_run(self._kept(), self._settings.latents_folder, self._described(self._size), self._tab)
        finally:
            if self._settings.decode != "on demand":
                self._make()

    def _kept(self) -> LatentRun:
        run = self._ring.get(self._name)
        if run is None:
            raise LookupError("The latents of this run had to make room for those of later ones.")
        return run

    def _show(self, step: int, arrived: Callable[[], Any]) -> None:
        """Has a step decoded beside the run, once its latents have arrived."""
        if self._recording is None:
            calls = getattr(self._pipe, "num_timesteps", None) or len(self._scheduler.timesteps)
            self._recording = self._record(planned=-(-calls // getattr(self._scheduler, "order", 1)))
        for image in range(self._images):
            self._recording.step(image, step, partial(self._arrived_picture, arrived, image))

    def _make(self) -> None:
        """Has `record` make the movies of all steps, and of the finished images."""
        kept = self._kept()
        recording = self._recording = self._recording or self._record(planned=len(kept.steps))
        last: Dict[int, Any] = {}
        try:
            with self._decoder.ready():
                if self._returned_latents is not None:
                    self._finished = [self._decoded(each[None]) for each in self._returned_latents]
                for _, step, _ in kept.steps:
                    for image in range(self._images):
                        last[image] = partial(self._picture, kept, step, image)
                        if self._settings.decode != "during":
                            last[image] = last[image]()
                            recording.step(image, step, last[image])
        finally:
            last.update(enumerate(self._finished))
            for image, picture in last.items():
                recording.image(image, picture, self._infotext(image), self._reason)
            recording.close()
            self._finished, self._returned_latents = [], None

    def _picture(self, kept: LatentRun, step: int, image: int) -> Pixels:
        return self._decoded(kept.steps[step - 1][2][image : image + 1])

    def _arrived_picture(self, arrived: Callable[[], Any], image: int) -> Pixels:
        return self._decoded(arrived()[image : image + 1])

    def _decoded(self, latents: Any) -> Pixels:
        picture = self._decoder.picture(latents, self._size)
        return self._call.crop.whole(picture) if self._call.crop else picture

    def _record(self, planned: int) -> Recording:
        passes = [{"steps": planned, "exact": True}]
        arguments = ("--tab", self._tab, *self._settings.arguments)
        return Recording(self._described(self._whole_size), passes, self._settings.outdir, arguments)

    @property
    def _tab(self) -> str:
        return "img2img" if self._call.begins_with_image else "txt2img"

    def _described(self, size: Optional[Tuple[int, int]]) -> List[Dict[str, Any]]:
        """The images as the protocol's start message has them."""
        return [self._describe(image, size) for image in range(self._images)]

    def _describe(self, image: int, size: Optional[Tuple[int, int]]) -> Dict[str, Any]:
        prompt = self._call.prompt(image, self._images)
        named = dict(zip(("width", "height"), size or ()))
        return {"seed": self._call.seed(image), "prompt": prompt, "infotext": self._infotext(image), **named}

    def _infotext(self, image: int) -> str:
        return self._call.infotext(image, self._images, self._whole_size)
