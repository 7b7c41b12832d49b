"""The current generation, from its start to its movies."""

from modules import shared

from . import host, last_runs, results, saved_latents, settings
from .movie import Movie
from .options import read_options
from .run import planned_run
from .sampling import Sampling

#: keys of `extra_generation_params` in the API's response
PATHS, TROUBLE = "Steps animation", "Steps animation trouble"
#: for which a request of the API waits for its movies
API_TIMEOUT_S = 120

_current = None


class Session:
    """A generation and its options; `options` is None if its latents are only kept."""

    def __init__(self, p, options, trouble):
        self.p = p
        #: distinguishes a generation within this one from one after it that has failed
        self.job = shared.state.time_start
        self.mode = options["decode"] if options else "on demand"
        self._saves_latents = options["save_latents"] if options else False
        self.run = planned_run(p)
        self.sampling = Sampling(self.run, options["content"] if options else "denoised")
        self.movie = Movie(self.run, options, shared.opts.samples_format) if self.mode != "on demand" else None
        if self.mode == "during":
            self.sampling.on_step = self.movie.add_preview
        #: error message about the options, or None
        self.trouble = trouble
        self._added_count = 0

    def add_batches(self):
        """Adds the batches whose images are finished, so that the latents of one batch at most have to be kept."""
        new = self.run.batches[self._added_count :]
        self._added_count = len(self.run.batches)  # batches without an image have failed and stay so
        for batch in (each for each in new if each.finished_images()):
            if self.movie:
                self.movie.add(batch, is_decoded=self.mode == "during")
            if self._saves_latents:
                with host.guarded("save the latents"):
                    saved_latents.save(self.run, batch)

    def finish(self):
        """Waits for the movies. Returns their paths, and an error message or None."""
        if self.movie is None:
            return [], self.trouble
        late_trouble = None
        with self.movie.given_up_on_error():
            try:
                if self._added_count < len(self.run.batches):
                    host.run_alone(self._add_late)
            except (ValueError, LookupError) as error:  # the batches added before still become a movie
                late_trouble = str(error)
            paths, trouble = self.movie.finish()
        return paths, late_trouble or trouble

    def _add_late(self):
        """Adds the remaining batches after the generation, when another model may have been loaded. Raises ValueError."""
        self.run.check_model()
        self.add_batches()

    def abandon(self):
        """The generation has failed: makes a movie of the batches added before, and discards everything else."""
        self._added_count = len(self.run.batches)
        self.p = None
        for batch in self.run.batches:
            batch.discard()
        results.start(self.run.tab, "make the movie", self.finish)


def begin(p, arguments):
    """Starts a session if the script is enabled, or latents are kept to animate them afterwards."""
    global _current
    if _is_within(p):
        return
    _abandon()
    for key in (PATHS, TROUBLE):
        p.extra_generation_params.pop(key, None)  # of an earlier generation with the same `p`
    try:
        options, trouble = read_options(arguments), None
        options.is_api = options.is_api or _is_api(p)
    except ValueError as error:
        options, trouble = None, str(error)
        host.report(trouble)
    if trouble or options.enabled or settings.keeps_latents():
        _current = Session(p, options if options and options.enabled else None, trouble)
        _detect_failure(p)


def current(p):
    """The session of a generation; None for one that another extension runs within it."""
    return _current if _current and _current.p is p else None


def end(p):
    """Ends the session. A request of the API waits for its movies; the page shows the images first."""
    global _current
    session = current(p)
    if session is None:
        return
    _current = session.p = None
    with host.guarded("decode the steps"):
        if session.mode != "after" or _is_api(p) or _is_of_script(p):
            shared.state.textinfo = "Steps animation"
            session.add_batches()
    shared.state.textinfo = None
    with host.guarded("remember the run"):
        session.run.release()
        last_runs.remember(session.run)
    thread, result = results.start(session.run.tab, "make the movie", session.finish)
    if _is_api(p):
        thread.join(API_TIMEOUT_S)
        _respond(p, session.run, result)


def _respond(p, run, result):
    pending = f"the movie is not finished yet: look into {run.folder / 'animation'} later."
    trouble = pending if result.is_pending else result.trouble
    if result.paths:
        p.extra_generation_params[PATHS] = result.paths
    if trouble:
        p.extra_generation_params[TROUBLE] = trouble
        host.report(trouble)


def _is_api(p):
    return getattr(p, "is_api", False)


def _is_of_script(p):
    """A script such as X/Y/Z plot may load another model for its next image. The first argument is its number."""
    return bool((getattr(p, "script_args", None) or [0])[0])


def _is_within(p):
    return _current is not None and _current.p is not p and _current.job == shared.state.time_start


def _detect_failure(p):
    """After a generation that fails, the web UI calls nothing but `close`, to free its memory."""
    if "close" in vars(p) or not hasattr(p, "close"):
        return

    def close():
        del p.close
        if current(p):
            with host.guarded("clean up after a generation that failed"):
                _abandon()
        p.close()

    p.close = close


def _abandon():
    global _current
    failed, _current = _current, None
    if failed:
        failed.abandon()
