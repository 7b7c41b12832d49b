"""The last generations of each tab whose steps are still in the ring, and the movies and images made of them afterwards."""

import json

from modules import shared

from . import host, results, saved_latents
from .movie import Movie
from .options import read_options
from .run import DISCARDED

#: tab → its runs, oldest first
_runs = {}


def remember(run):
    _runs[run.tab] = [*kept(run.tab), run]


def kept(tab):
    return [run for run in _runs.get(tab, []) if run.is_kept]


def animate(tab, generation, index, arguments):
    """Starts to make the movie of what the gallery shows (see `find`). Returns the thread and the result."""
    make = lambda: _movies(read_options(arguments), *find(tab, generation, index))  # noqa: E731
    return results.start(tab, "animate the image", make)


def animate_file(tab, name, arguments):
    """Starts to make the movies of a file of latents in the tab's output folder. Returns the thread and the result."""
    make = lambda: _movies(read_options(arguments), saved_latents.read(name, host.output_folder(tab)))  # noqa: E731
    return results.start(tab, "animate the file", make)


def save_step(tab, generation, index, number):
    """Starts to save a step, counted from 1 through all passes. Returns the thread and the result."""

    def make():
        run, image = find(tab, generation, index)

        def decode():
            run.check_model()
            batch, place, latents = run.step(image or 0, number)
            return batch.paster(place)(host.decode(latents, place))

        picture = host.run_alone(decode)
        described = run.images[image or 0]
        text = run.infotexts.get(image or 0)
        path = host.save_image(picture, run.folder, described["seed"], described["prompt"], text, f"-step-{number}")
        return [path], None

    return results.start(tab, "save the step", make)


def find(tab, generation, index):
    """
    Returns (run, number of its image, or None for all) of what the gallery shows at `index`. `generation` is the web UI's
    JSON about the images in the gallery, if there are any. Raises ValueError.
    """
    runs = list(reversed(kept(tab)))
    if not runs:
        raise ValueError("there is no image yet whose steps are kept.")
    info = json.loads(generation) if generation else {}
    seeds, first_image = info.get("all_seeds"), info.get("index_of_first_image", 0)
    if not seeds:
        return runs[0], None
    number, texts = index - first_image, info.get("infotexts", [])
    is_image = 0 <= number < len(seeds)
    seed, text = (seeds[number], texts[index] if index < len(texts) else None) if is_image else (seeds[0], None)
    of_seed = [(run, image) for run in runs for image, each in enumerate(run.images) if each["seed"] == seed]
    if not of_seed:
        raise ValueError(DISCARDED)
    run, image = next(((run, image) for run, image in of_seed if text and run.infotexts.get(image) == text), of_seed[0])
    return run, image if is_image else None


def _movies(options, run, image=None):
    movie = Movie(run, options, shared.opts.samples_format, image)

    def decode():
        run.check_model()
        for batch in run.batches:
            if image is None or batch.first <= image < batch.first + batch.size:
                movie.add(batch)

    with movie.given_up_on_error():
        host.run_alone(decode)
        return movie.finish()
