"""Captions of scenes in many wordings, some of which are held out for the evaluation."""

import random

from scenes import COLOURS, Drawings, Scene

WORDINGS = ["{}", "{}", "{}", "a picture of {}", "an emoji of {}", "{} emoji", "a drawing of {}", "{} icon"]
BACKGROUNDS = ["{} on a {} background", "{} on {}", "{}, {} background", "{} with a {} background", "{} background, {}"]
PAIRS = ["{} and {}", "{} and {}", "{} with {}", "{} next to {}", "{}, {}"]
#: around the subject and its background
FRAME_WORDS = set(" ".join([*WORDINGS, *BACKGROUNDS]).replace("{}", "").replace(",", "").split())
PLACES = ["{} on the {}", "{} at the {}", "{}, {}"]
#: end every word of the phrase for the subject on the left and on the right of a scene that has two
MARKS = "◂▸"
#: held out from training
HELD_OUT = [
    "please draw {} for me", "i want to see {}", "one {} in front of a {} wall", "{} over {}", "show {} against {} color",
    "cute little {}", "my favorite {}", "{} image, {} backdrop",
]


def caption(drawings: Drawings, scene: Scene, share_of_synonyms: float = 0.12) -> str:
    """One of the wordings; a white background is often not mentioned."""
    return marked_caption(drawings, scene, share_of_synonyms).translate(dict.fromkeys(map(ord, MARKS)))


def marked_caption(drawings: Drawings, scene: Scene, share_of_synonyms: float) -> str:
    """A caption in which MARKS say which words belong to which of two subjects."""
    subjects = [phrase(drawings, scene, drawing, share_of_synonyms) for drawing in scene.drawings]
    if len(subjects) == 2:
        text = random.choice(PAIRS).format(*(marked(words, mark) for words, mark in zip(subjects, MARKS)))
    else:
        text = placed(subjects[0], scene)
    style = drawings.style_of[scene.drawings[0]]
    if random.random() < 0.3:
        text = random.choice([f"{text}, {style} style", f"{text} in {style} style", f"{style} {bare(text)}"])
    if random.random() < 0.3:
        text = random.choice(WORDINGS).format(text)
    if scene.background == ("white",) and random.random() < 0.75:
        return text
    return on_background(text, " to ".join(scene.background) + (" gradient" if len(scene.background) == 2 else ""))


def phrase(drawings: Drawings, scene: Scene, drawing: int, share_of_synonyms: float) -> str:
    subject = drawings.subjects[drawings.subject_of[drawing]]
    synonyms = [word for word in subject["synonyms"] if word not in COLOURS]
    name = random.choice(synonyms) if synonyms and random.random() < share_of_synonyms else random.choice(subject["names"])
    categories = [word for word in subject["categories"] if word not in COLOURS]
    if categories and random.random() < 0.08:
        name = f"{name} {random.choice(categories)}"
    words = " ".join(word for word in (scene.size if not scene.place or random.random() < 0.4 else "", scene.tint, name) if word)
    return random.choice([words, with_article(words), with_article(words), f"the {words}"])


def marked(words: str, mark: str) -> str:
    return " ".join(word + mark for word in words.split(" "))


def placed(text: str, scene: Scene) -> str:
    return random.choice(PLACES).format(text, scene.place) if scene.place else text


def on_background(text: str, colours: str) -> str:
    wording = random.choice(BACKGROUNDS)
    return wording.format(colours, text) if wording.startswith("{} background") else wording.format(text, colours)


def with_article(words: str) -> str:
    if words.endswith("s") and not words.endswith(("ss", "us")):
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def bare(text: str) -> str:
    first, _, rest = text.partition(" ")
    return rest if first.rstrip(MARKS) in ("a", "an", "the") and rest else text


def held_out_caption(wording: str, name: str, colour: str) -> str:
    return wording.format(name, colour) if wording.count("{}") == 2 else f"{wording.format(name)} on {colour}"


def vocabulary(drawings: Drawings) -> set[str]:
    """The vocabulary of all training captions."""
    texts = [*WORDINGS, *BACKGROUNDS, *PAIRS, *PLACES, *COLOURS, *drawings.styles]
    texts += ["a an the small big left right top bottom style in gradient to"]
    for subject in drawings.subjects:
        texts += [*subject["names"], *subject["synonyms"], *subject["categories"]]
    return {word for text in texts for word in text.replace("{}", " ").replace(",", " , ").split()}
