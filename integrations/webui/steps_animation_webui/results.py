"""What the panel of each tab shows: movies, or what became of them, while and after they are made."""

from threading import Thread

from . import host

_shown = {}


class Result:
    def __init__(self):
        #: of the movies, or of a saved picture
        self.paths = []
        #: what went wrong, for people; None if nothing did
        self.trouble = None
        self.is_pending = True

    def settle(self, paths, trouble):
        self.paths, self.trouble = paths, trouble
        self.is_pending = False


def show(tab):
    """A new result, in place of what the tab shows."""
    _shown[tab] = Result()
    return _shown[tab]


def shown(tab):
    return _shown.get(tab)


def work(tab, doing, make):
    """
    Shows what comes of `make`, which runs in a thread of its own and returns paths and what went wrong, or raises ValueError
    or LookupError for people. Returns the thread and the result at once.
    """
    result = show(tab)
    thread = Thread(target=_settle, args=(result, doing, make), name=f"steps animation: {doing}", daemon=True)
    thread.start()
    return thread, result


def _settle(result, doing, make):
    outcome = [], "it did not succeed: see the console."
    try:
        with host.guarded(doing):
            try:
                outcome = make()
            except (ValueError, LookupError) as error:
                outcome = [], str(error)
    finally:
        result.settle(*outcome)
