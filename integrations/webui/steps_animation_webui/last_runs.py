"""The last generations of each tab, as long as the ring has their steps, and what can still be made of them."""

import json

from modules import shared

from . import host, results, saved_latents
from .movie import Movie
from .options import read_options
from .run import GONE

#: tab → its runs, oldest first
_runs = {}


def remember(run):
    _runs[run.tab] = [*kept(run.tab), run]


def kept(tab):
    return [run for run in _runs.get(tab, []) if run.is_kept]


def animate(tab, told, index, arguments):
    """Makes the movie of an image that the gallery shows, or those of all where none is chosen, and returns at once."""

    def make():
        options = read_options(arguments)
        run, image = find(tab, told, index)
        return _movies(run, options, image)

    return results.work(tab, "animate the image", make)


def animate_file(tab, name, arguments):
    """Makes the movies of a file of latents below the tab's output folder, and returns at once."""

    def make():
        options = read_options(arguments)
        return _movies(saved_latents.read(name, host.output_folder(tab)), options)

    return results.work(tab, "animate the file", make)


def save_step(tab, told, index, number):
    """Saves a step, counted from 1 through all passes, as the web UI saves images, and returns at once."""

    def make():
        run, image = find(tab, told, index)

        def decode():
            run.check_model()
            batch, place, latents = run.step(image or 0, number)
            return batch.in_whole(host.decode(latents, place), place)

        picture = host.run_alone(decode)
        facts = run.images[image or 0]
        text = run.infotexts.get(image or 0)
        path = host.save_image(picture, run.folder, facts["seed"], facts["prompt"], text, f"-step-{number}")
        return [path], None

    return results.work(tab, "save the step", make)


def find(tab, told, index):
    """
    (run, number of its image or None for all) of what the gallery shows at an index, of which the web UI tells `told`, the
    JSON of a generation. Raises ValueError.
    """
    runs = list(reversed(kept(tab)))
    if not runs:
        raise ValueError("there is no image yet whose steps are known.")
    facts = json.loads(told) if told else {}
    seeds, grids = facts.get("all_seeds"), facts.get("index_of_first_image", 0)
    if not seeds:
        return runs[0], None
    number, texts = index - grids, facts.get("infotexts", [])
    is_image = 0 <= number < len(seeds)
    seed, text = (seeds[number], texts[index] if index < len(texts) else None) if is_image else (seeds[0], None)
    of_seed = [(run, image) for run in runs for image, one in enumerate(run.images) if one["seed"] == seed]
    if not of_seed:
        raise ValueError(GONE)
    run, image = next(((run, image) for run, image in of_seed if text and run.infotexts.get(image) == text), of_seed[0])
    return run, image if is_image else None


def _movies(run, options, image=None):
    movie = Movie(run, options, shared.opts.samples_format, image)

    def decode():
        run.check_model()
        for batch in run.batches:
            if image is None or batch.first <= image < batch.first + batch.size:
                movie.add(batch)

    with movie.given_up_on_error():
        host.run_alone(decode)
        return movie.finish()
