"""What goes on from a generation's beginning to its end."""

from modules import shared

from . import host, last_runs, results, saved_latents, settings
from .movie import Movie
from .options import read_options
from .run import planned_run
from .sampling import Sampling

#: keys of what the API's answer tells in `extra_generation_params`
PATHS, TROUBLE = "Steps animation", "Steps animation trouble"
#: seconds for which a request of the API waits for the movies of its images when they are finished
API_PATIENCE = 120

_current = None


class Session:
    """A generation with its options; they are None where the latents are only kept."""

    def __init__(self, p, options):
        self.p = p
        #: by which generations within this one are told from those after one that failed
        self.job = shared.state.time_start
        self.mode = options["decode"] if options else "on demand"
        self._saves_latents = options["save_latents"] if options else False
        self.run = planned_run(p)
        self.sampling = Sampling(self.run, options["content"] if options else "denoised")
        self.movie = Movie(self.run, options, shared.opts.samples_format) if self.mode != "on demand" else None
        if self.mode == "during":
            self.sampling.on_step = self.movie.add_roughly
        #: what is wrong with the options
        self.trouble = None
        self._added = 0

    def add_batches(self):
        """The batches whose images are finished; here, not at the end, because their latents need not wait then."""
        new = self.run.batches[self._added :]
        self._added = len(self.run.batches)  # those without an image have failed: nothing of them comes later
        for batch in (one for one in new if one.is_finished):
            if self.movie:
                self.movie.add(batch, is_decoded=self.mode == "during")
            if self._saves_latents:
                with host.guarded("save the latents"):
                    saved_latents.save(self.run, batch)

    def add_later(self):
        """The rest, when the web UI has gone on; its model may be another one by then."""
        if self._added < len(self.run.batches):
            self.run.check_model()
            self.add_batches()

    def finish(self):
        """Returns the movies' paths, and what went wrong or None."""
        if self.movie is None:
            return [], self.trouble
        with self.movie.given_up_on_error():
            late = self._add_when_alone()
            paths, trouble = self.movie.finish()
        return paths, late or trouble

    def _add_when_alone(self):
        """Returns what went wrong, for people; there is a movie of what was added before."""
        try:
            if self._added < len(self.run.batches):
                host.run_alone(self.add_later)
        except (ValueError, LookupError) as error:
            return str(error)
        return None

    def abandon(self):
        """The generation has failed: what there is of it becomes a movie, too, and nothing else is kept."""
        self._added = len(self.run.batches)
        self.p = None
        for batch in self.run.batches:
            batch.forget()
        results.work(self.run.tab, "make the movie", self.finish)


def begin(p, arguments):
    global _current
    if _is_within(p):
        return
    _abandon()
    for key in (PATHS, TROUBLE):
        p.extra_generation_params.pop(key, None)  # of an earlier generation by the same script
    try:
        options, trouble = read_options(arguments), None
    except ValueError as error:
        options, trouble = None, str(error)
        host.tell(trouble)
    if trouble or options.enabled or settings.keeps_latents():
        _current = Session(p, options if options and options.enabled else None)
        _current.trouble = trouble
        _notice_failure(p)


def current(p):
    """The session of a generation; None for one that another extension runs within it."""
    return _current if _current and _current.p is p else None


def end(p):
    """The images go to who asked for them: through the API with their movies, on the page before these."""
    global _current
    session = current(p)
    if session is None:
        return
    _current = session.p = None
    with host.guarded("decode the steps"):
        if session.mode != "after" or _is_awaited(p) or _is_of_script(p):
            shared.state.textinfo = "Steps animation"
            session.add_batches()
    shared.state.textinfo = None
    with host.guarded("remember the run"):
        session.run.let_go()
        last_runs.remember(session.run)
    thread, result = results.work(session.run.tab, "make the movie", session.finish)
    if _is_awaited(p):
        thread.join(API_PATIENCE)
        _answer(p, session.run, result)


def _answer(p, run, result):
    still = f"the movie is still being made: look into {run.folder / 'animation'} later."
    trouble = still if result.is_pending else result.trouble
    if result.paths:
        p.extra_generation_params[PATHS] = result.paths
    if trouble:
        p.extra_generation_params[TROUBLE] = trouble
        host.tell(trouble)


def _is_awaited(p):
    return getattr(p, "is_api", False)


def _is_of_script(p):
    """Such as X/Y/Z plot, which go on to the next image, maybe with another model: the first argument is their number."""
    return bool((getattr(p, "script_args", None) or [0])[0])


def _is_within(p):
    return _current is not None and _current.p is not p and _current.job == shared.state.time_start


def _notice_failure(p):
    """A generation that fails has no other end than `close`, by which the web UI frees its memory."""
    if "close" in vars(p) or not hasattr(p, "close"):
        return

    def close():
        del p.close
        if current(p):
            with host.guarded("let go of a generation that failed"):
                _abandon()
        p.close()

    p.close = close


def _abandon():
    global _current
    failed, _current = _current, None
    if failed:
        failed.abandon()
