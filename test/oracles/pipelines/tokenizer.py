"""CLIP's tokenizer, cut to the merges that a few texts need."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import regex
from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
TOKENS = 77
# How CLIP splits words (Radford et al. 2021, and its published tokenizer).
WORD = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE)


def byte_letters():
    """The letters that GPT-2 and CLIP write the 256 bytes with, in the order of their ids."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {**{byte: chr(byte) for byte in plain}, **{byte: chr(256 + i) for i, byte in enumerate(others)}}


def clip_merges():
    """All of CLIP's merges, from the file in the package clip-anytorch."""
    folder = Path(next(iter(find_spec("clip").submodule_search_locations)))
    lines = gzip.open(folder / "bpe_simple_vocab_16e6.txt.gz").read().decode().split("\n")
    return [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]


def merges_of(word, ranks, letters):
    """The merges that turn a word's bytes into its tokens."""
    symbols = [letters[byte] for byte in word.encode()]
    symbols[-1] += "</w>"
    used = []
    while True:
        pairs = [pair for pair in zip(symbols, symbols[1:]) if pair in ranks]
        if not pairs:
            return used
        best = min(pairs, key=ranks.get)
        used.append(best)
        merged = []
        while symbols:
            take = 2 if tuple(symbols[:2]) == best else 1
            merged.append("".join(symbols[:take]))
            symbols = symbols[take:]
        symbols = merged


def build(merges, padding):
    letters = list(byte_letters().values())
    words = [*letters, *(letter + "</w>" for letter in letters), *("".join(merge) for merge in merges), START, END]
    vocabulary = {word: i for i, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=list(merges), pad_token=padding, model_max_length=TOKENS)


def reduced_tokenizer(texts, padding=END):
    """A tokenizer that reads `texts` as CLIP does, with few ids: bytes, bytes that end words, merges, start, end."""
    ranks = {merge: i for i, merge in enumerate(clip_merges())}
    letters = byte_letters()
    words = {word for text in texts for word in WORD.findall(text.lower())}
    needed = {merge for word in words for merge in merges_of(word, ranks, letters)}
    reduced = build(sorted(needed, key=ranks.get), padding)
    whole = build(list(ranks), padding)
    for text in texts:
        assert reduced.tokenize(text) == whole.tokenize(text), text
    return reduced


def save_tokenizer(tokenizer, folder):
    """Writes tokenizer.json and tokenizer_config.json, and the vocab.json and merges.txt of older exports."""
    tokenizer.save_pretrained(folder)
    tokenizer.backend_tokenizer.model.save(str(folder))
