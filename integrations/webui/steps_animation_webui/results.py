"""The result that the panel of each tab shows: pending, paths of movies or of a saved image, or an error."""

from threading import Thread

from . import host

#: tab → Result
_shown = {}


class Result:
    def __init__(self):
        #: of the movies, or of a saved image
        self.paths = []
        #: message for the user about what went wrong, or None
        self.trouble = None
        self.is_pending = True

    def settle(self, paths, trouble):
        self.paths, self.trouble = paths, trouble
        self.is_pending = False


def show(tab):
    """Creates a pending result, which the tab shows from now on."""
    _shown[tab] = Result()
    return _shown[tab]


def shown(tab):
    return _shown.get(tab)


def start(tab, action, make):
    """
    Calls `make` in a new thread, and returns the thread and the result. `make` returns paths and an error message or None,
    or raises ValueError or LookupError with a message for the user. `action` is as in `host.guarded`.
    """
    result = show(tab)
    thread = Thread(target=_settle, args=(result, action, make), name=f"steps animation: {action}", daemon=True)
    thread.start()
    return thread, result


def _settle(result, action, make):
    outcome = [], "it failed: see the console."
    try:
        with host.guarded(action):
            try:
                outcome = make()
            except (ValueError, LookupError) as error:
                outcome = [], str(error)
    finally:
        result.settle(*outcome)
