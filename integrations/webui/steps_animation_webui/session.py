"""What goes on from a generation's beginning to its end, and the last generation of each tab."""

from threading import Thread

from modules import shared

from . import host, settings
from .movie import Movie
from .options import read_options
from .run import Run

#: keys of what the API's answer tells in `extra_generation_params`
PATHS, TROUBLE = "Steps animation", "Steps animation trouble"

_current = None
_last = {}


class Session:
    """A generation with its options; they are None where the latents are only kept."""

    def __init__(self, p, options):
        self.p = p
        #: by which generations within this one are told from those after one that failed
        self.job = shared.state.time_start
        self.mode = options["decode"] if options else "on demand"
        self.run = Run(p, options["content"] if options else "denoised")
        self.movie = Movie(self.run, options, shared.opts.samples_format) if self.mode != "on demand" else None
        if self.mode == "during":
            self.run.on_step = self.movie.add_roughly
        self._added = 0
        self.paths, self.trouble = [], None

    def add_batches(self):
        """The batches whose images are finished; here, not at the end, because their latents need not wait then."""
        finished = [batch for batch in self.run.batches[self._added :] if batch.finished]
        self._added += len(finished)
        for batch in finished if self.movie else []:
            self.movie.add(batch, is_decoded=self.mode == "during")

    def finish(self):
        if self.movie:
            self.paths, self.trouble = self.movie.finish()


def begin(p, arguments):
    global _current
    if _is_within(p):
        return
    failed, _current = _current, None
    if failed:
        Thread(target=failed.finish, daemon=True).start()  # what there is of it becomes a movie, too
    for key in (PATHS, TROUBLE):
        p.extra_generation_params.pop(key, None)  # of an earlier generation by the same script
    try:
        options = read_options(arguments)
    except ValueError as error:
        host.tell(str(error))
        _current = Session(p, None)
        _current.trouble = str(error)
        return
    if options.enabled or settings.keeps_latents():
        _current = Session(p, options if options.enabled else None)


def current(p):
    """The session of a generation; None for one that another extension runs within it."""
    return _current if _current and _current.p is p else None


def end(p):
    global _current
    session = current(p)
    if session is None:
        return
    _current = None
    try:
        shared.state.textinfo = "Steps animation"
        session.add_batches()
        session.finish()
    finally:
        shared.state.textinfo = None
        session.p = None
        session.run.forget_latents()
        _last[session.run.tab] = session
    if session.paths:
        p.extra_generation_params[PATHS] = session.paths
    if session.trouble:
        p.extra_generation_params[TROUBLE] = session.trouble
        host.tell(session.trouble)


def last(tab):
    """(paths of the movies, what went wrong or None) of the last generation of a tab, or of its animation afterwards."""
    session = _last.get(tab)
    return (session.paths, session.trouble) if session else ([], None)


def animate_last(tab, arguments):
    """Makes the movies of the last generation of a tab, with these options. Returns as `last` does."""
    session = _last.get(tab)
    try:
        options = read_options(arguments)
        if session is None or not session.run.batches:
            raise ValueError("there is no image yet whose steps are known.")
        if session.run.model != host.model():
            raise ValueError("the image was made with another model: choose that one again.")
        if not session.run.recall_latents():
            raise ValueError("the image's steps have made room for later ones: generate it again.")
    except ValueError as error:
        return [], str(error)
    try:
        movie = Movie(session.run, options, shared.opts.samples_format)
        for batch in session.run.batches:
            movie.add(batch)
        session.paths, session.trouble = movie.finish()
    finally:
        session.run.forget_latents()
    return last(tab)


def _is_within(p):
    return _current is not None and _current.p is not p and _current.job == shared.state.time_start
