"""Sends the steps of a run to `record`."""

from contextlib import contextmanager
from functools import partial

from steps_animation import Recording

from . import host, settings
from .run import infotext


class Movie:
    """The movies of all images of a run, or of one. Its batches are added one after the other."""

    def __init__(self, run, options, samples_format, image=None):
        self._run, self._options, self._samples_format = run, options, samples_format
        shown = range(len(run.images)) if image is None else [image]
        #: image of the run → image of the recording
        self._numbers = {each: number for number, each in enumerate(shown)}
        self._recording = None

    def add_preview(self, batch, pass_index, step, get_copy):
        """Adds a step of the current batch as a rough preview, which is decoded in another thread."""
        recording = self._start(batch)
        for place, number in self._places(batch):
            preview = partial(_preview, get_copy, place, batch.paster(place))
            recording.step(number, step, preview, pass_index)

    def add(self, batch, is_decoded=False):
        """Adds a batch whose images are finished. Decodes its steps, unless previews of them have been added."""
        recording = self._start(batch, exact=True)
        if not is_decoded:
            with host.guarded("decode the steps"):
                self._decode(batch)
        for image, picture, reason in batch.finished_images():
            if image in self._numbers:
                recording.image(self._numbers[image], host.pixels(picture), infotext(picture), reason)

    def _decode(self, batch):
        for pass_index, step, latents in self._shown_steps(batch):
            for place, number in self._places(batch):
                picture = batch.paster(place)(host.decode(latents, place))
                self._recording.step(number, step, host.pixels(picture), pass_index)

    def finish(self):
        """Waits for the movies. Returns their paths, and an error message or None."""
        if self._recording is None:
            return [], None
        results = self._recording.finish()
        return [result["path"] for result in results if result["type"] == "animation"], self._recording.trouble

    @contextmanager
    def given_up_on_error(self):
        """Gives the recording up on an error, so that no thread, picture or process of it is left."""
        try:
            yield
        except BaseException:
            if self._recording is not None:
                self._recording.give_up()
            raise

    def _start(self, batch, exact=False):
        if self._recording is None:
            run = self._run
            images, passes = (_with_size(run, batch), _counted(run, batch)) if exact else (run.images, run.passes)
            folders = [f"--folder={run.folder}", f"--tab={run.tab}", "--no-save-images"]
            arguments = [*folders, *self._options.arguments(self._samples_format)]
            settings.export_clone()
            shown = [images[image] for image in self._numbers]
            self._recording = Recording(shown, passes, run.folder / "intermediate", arguments)
        return self._recording

    def _places(self, batch):
        """(place in the batch, number in the recording) of each image of a batch that is shown."""
        places = range(min(batch.size, len(self._run.images) - batch.first))
        return [(place, self._numbers[batch.first + place]) for place in places if batch.first + place in self._numbers]

    def _shown_steps(self, batch):
        """The steps that the movie shows, and the last one of each pass, by which `record` knows their number."""
        wanted = self._options["passes"]
        kinds = [each["kind"] for each in self._run.passes]
        shown_passes = [index for index, kind in enumerate(kinds) if kind == wanted or wanted not in kinds]
        before = 0
        for index in shown_passes:
            for step in (step for step in batch.steps if step[0] == index):
                if self._options.shows(before + step[1]) or step[1] == batch.counts[index]:
                    yield step
            before += batch.counts.get(index, 0)


def _preview(get_copy, place, paste):
    return host.pixels(paste(host.decode(get_copy(), place, host.CHEAP)))


def _with_size(run, batch):
    """Lets `record` encode while the steps arrive; it can handle an image of another size."""
    sizes = [picture.size for _, picture, _ in batch.finished_images()]
    size = {"width": sizes[0][0], "height": sizes[0][1]} if sizes else {}
    return [{**image, **size} for image in run.images]


def _counted(run, batch):
    """The passes with their actual steps, which hold for all batches unless an adaptive sampler chooses the number."""
    exact = len(run.images) <= batch.size or "adaptive" not in run.sampler.lower()
    return [
        {**each, "steps": batch.counts.get(index, each["steps"]), "exact": exact and index in batch.counts}
        for index, each in enumerate(run.passes)
    ]
