"""The movie of a run: its steps' pictures on their way to `record`."""

from steps_animation import Recording
from steps_animation.latents import save_latents

from . import host


class Movie:
    """Takes the batches of a run one after another."""

    def __init__(self, run, options, samples_format):
        self._run, self._options, self._samples_format = run, options, samples_format
        self._recording = None
        self._latent_files = 0

    def add_roughly(self, batch, pass_index, step, latents):
        """A step of the batch at hand, as an estimate of its colours: that is decoded in another thread."""
        recording = self._started(batch)
        for place, image in _places(batch, latents):
            recording.step(image, step, lambda place=place: _rough(batch, latents, place), pass_index)

    def add(self, batch, is_decoded=False):
        """A batch whose images are finished. Its steps are decoded here and now, unless they have been."""
        recording = self._started(batch, exact=True)
        if not is_decoded:
            with host.guarded("decode the steps"):
                self._decode(batch)
        for image, picture, reason in batch.finished_images():
            if image < len(self._run.images):
                recording.image(image, host.pixels(picture), _infotext(picture), reason)
        if self._options["save_latents"]:
            self._save_latents(batch)

    def _decode(self, batch):
        for pass_index, step, latents in self._taken(batch):
            for place, image in _places(batch, latents):
                picture = batch.in_whole(host.decode(latents, place), place)
                self._recording.step(image, step, host.pixels(picture), pass_index)

    def finish(self):
        """Waits for the movies. Returns their paths, and what went wrong or None."""
        if self._recording is None:
            return [], None
        results = self._recording.finish()
        return [result["path"] for result in results if result["type"] == "animation"], self._recording.trouble

    def _started(self, batch, exact=False):
        if self._recording is None:
            run = self._run
            images, passes = (_with_size(run, batch), _counted(run, batch)) if exact else (run.images, run.passes)
            where = [f"--folder={run.folder}", f"--tab={run.tab}", "--no-save-images"]
            arguments = [*where, *self._options.arguments(self._samples_format)]
            self._recording = Recording(images, passes, run.folder / "intermediate", arguments)
        return self._recording

    def _taken(self, batch):
        """The steps that the movie shows, and the last one of each pass, by which `record` counts."""
        wanted = self._options["passes"]
        kinds = [one["kind"] for one in self._run.passes]
        taken = [index for index, kind in enumerate(kinds) if kind == wanted or wanted not in kinds]
        counts, before = batch.counts(), 0
        for index in taken:
            steps = [one for one in batch.latents.steps if one[0] == index]
            for one in steps:
                if self._options.takes(before + one[1]) or one[1] == counts[index]:
                    yield one
            before += counts.get(index, 0)

    def _save_latents(self, batch):
        with host.guarded("save the latents"):
            folder = self._run.folder / "intermediate"
            folder.mkdir(parents=True, exist_ok=True)
            seed = self._run.images[batch.first]["seed"]
            names = (f"latents-{seed}{end}.safetensors" for end in ("", *(f"-{number}" for number in range(1, 10**6))))
            save_latents(batch.latents, next(folder / name for name in names if not (folder / name).exists()))


def _places(batch, latents):
    """The images of a batch: their places in it, and in the run."""
    return [(place, batch.first + place) for place in range(len(latents))]


def _rough(batch, latents, place):
    return host.pixels(batch.in_whole(host.decode(latents, place, host.CHEAP), place))


def _infotext(picture):
    """None where the web UI is told to write none."""
    return picture.info.get("parameters")


def _with_size(run, batch):
    """Movies whose size is known are encoded while the steps come; `record` sees to it where one differs."""
    sizes = [picture.size for _, picture, _ in batch.finished_images()]
    facts = {"width": sizes[0][0], "height": sizes[0][1]} if sizes else {}
    return [{**image, **facts} for image in run.images]


def _counted(run, batch):
    """The passes with the steps that they had, which is certain but for samplers that choose them anew for each batch."""
    counts = batch.counts()
    exact = len(run.images) == len(batch.finished) or "adaptive" not in run.sampler.lower()
    return [
        {**one, "steps": counts.get(index, one["steps"]), "exact": exact and index in counts}
        for index, one in enumerate(run.passes)
    ]
