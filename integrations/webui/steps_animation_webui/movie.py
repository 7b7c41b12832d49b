"""The movie of a run: its steps' pictures on their way to `record`."""

from contextlib import contextmanager
from functools import partial

from steps_animation import Recording

from . import host, settings
from .run import infotext


class Movie:
    """Takes the batches of a run one after another, of all its images or of one alone."""

    def __init__(self, run, options, samples_format, image=None):
        self._run, self._options, self._samples_format = run, options, samples_format
        shown = range(len(run.images)) if image is None else [image]
        #: image of the run → image of the movie
        self._numbers = {each: number for number, each in enumerate(shown)}
        self._recording = None

    def add_roughly(self, batch, pass_index, step, arrived):
        """A step of the batch at hand, as an estimate of its colours: that is decoded in another thread."""
        recording = self._started(batch)
        for place, number in self._places(batch):
            rough = partial(_rough, arrived, place, batch.putting_in_whole(place))
            recording.step(number, step, rough, pass_index)

    def add(self, batch, is_decoded=False):
        """A batch whose images are finished. Its steps are decoded here and now, unless they have been."""
        recording = self._started(batch, exact=True)
        if not is_decoded:
            with host.guarded("decode the steps"):
                self._decode(batch)
        for image, picture, reason in batch.finished_images():
            if image in self._numbers:
                recording.image(self._numbers[image], host.pixels(picture), infotext(picture), reason)

    def _decode(self, batch):
        for pass_index, step, latents in self._taken(batch):
            for place, number in self._places(batch):
                picture = batch.in_whole(host.decode(latents, place), place)
                self._recording.step(number, step, host.pixels(picture), pass_index)

    def finish(self):
        """Waits for the movies. Returns their paths, and what went wrong or None."""
        if self._recording is None:
            return [], None
        results = self._recording.finish()
        return [result["path"] for result in results if result["type"] == "animation"], self._recording.trouble

    @contextmanager
    def given_up_on_error(self):
        """Whatever goes wrong in here, no thread, picture or process of the movie stays."""
        try:
            yield
        except BaseException:
            if self._recording is not None:
                self._recording.give_up()
            raise

    def _started(self, batch, exact=False):
        if self._recording is None:
            run = self._run
            known = (_with_size(run, batch), _counted(run, batch)) if exact else (run.images, run.passes)
            images, passes = known
            where = [f"--folder={run.folder}", f"--tab={run.tab}", "--no-save-images"]
            arguments = [*where, *self._options.arguments(self._samples_format)]
            shown = [images[image] for image in self._numbers]
            settings.point_to_clone()
            self._recording = Recording(shown, passes, run.folder / "intermediate", arguments)
        return self._recording

    def _places(self, batch):
        """The images of a batch that are shown: their places in it, and in the movie."""
        places = range(min(batch.size, len(self._run.images) - batch.first))
        return [(place, self._numbers[batch.first + place]) for place in places if batch.first + place in self._numbers]

    def _taken(self, batch):
        """The steps that the movie shows, and the last one of each pass, by which `record` counts."""
        wanted = self._options["passes"]
        kinds = [one["kind"] for one in self._run.passes]
        taken = [index for index, kind in enumerate(kinds) if kind == wanted or wanted not in kinds]
        before = 0
        for index in taken:
            for one in (one for one in batch.steps if one[0] == index):
                if self._options.takes(before + one[1]) or one[1] == batch.counts[index]:
                    yield one
            before += batch.counts.get(index, 0)


def _rough(arrived, place, put_in_whole):
    return host.pixels(put_in_whole(host.decode(arrived(), place, host.CHEAP)))


def _with_size(run, batch):
    """Movies whose size is known are encoded while the steps come; `record` sees to it where one differs."""
    sizes = [picture.size for _, picture, _ in batch.finished_images()]
    facts = {"width": sizes[0][0], "height": sizes[0][1]} if sizes else {}
    return [{**image, **facts} for image in run.images]


def _counted(run, batch):
    """The passes with the steps that they had, which is certain but for samplers that choose them anew for each batch."""
    exact = len(run.images) <= batch.size or "adaptive" not in run.sampler.lower()
    return [
        {**one, "steps": batch.counts.get(index, one["steps"]), "exact": exact and index in batch.counts}
        for index, one in enumerate(run.passes)
    ]
