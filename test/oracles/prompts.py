"""Writes what Stable Diffusion WebUI Forge makes of prompts, for test/diffusion/prompts to compare with:
../diffusion/fixtures/prompts.json, and clip-tokenizer.json beside it, which is CLIP's tokenizer without the tokens that
none of these prompts needs.

Run with Python, a copy of Forge (https://github.com/lllyasviel/stable-diffusion-webui-forge) and, from PyPI, torch,
lark, transformers, and for CLIP's vocabulary clip-anytorch: python prompts.py FORGE_FOLDER

Left out are prompts that Forge has no answer to (`(a:1.2.3)` raises an exception) or no single one: where brackets
stand for themselves next to an edit, its grammar is ambiguous, and with lark 1.1.2, which it asks for, about one in
thirty random strings was read in one way or the other, depending on PYTHONHASHSEED.
"""

import gzip
import importlib
import importlib.util
import json
import sys
import types
from pathlib import Path

import torch
from transformers import CLIPTokenizer

FIXTURES = Path(__file__).parent.parent / "diffusion" / "fixtures"
START, END = "<|startoftext|>", "<|endoftext|>"

fox = "a red fox in the snow"
colours = ["red", "orange", "yellow", "green", "blue", "purple", "white", "black"]
animals = ["fox", "owl", "hedgehog", "otter", "badger", "squirrel", "salamander", "kingfisher"]
pairs = [f"{colour} {animal}" for animal in animals for colour in colours]
places = "mountain lake meadow river forest village harbour castle garden desert island valley".split()

PROMPTS = [
    # plain
    "",
    " ",
    "fox",
    fox,
    "A Fox, In CAPITALS",
    "  spaces   everywhere\tand\ttabs ",
    "two\nlines",
    "it's the fox's den; they'll say we've won",
    "1girl, 2 dogs, 35mm f/1.8",
    "don't : worry",
    "semi;colons, dashes - and_underscores",
    "100% \"quoted\" 'text' <lora:x> #tag @name & more",
    # weights
    "(fox)",
    "((fox))",
    "(((fox)))",
    "[fox]",
    "[[fox]]",
    "([fox])",
    "[(fox)]",
    "(fox:1.3)",
    "(fox: 1.3 )",
    "(fox:.5)",
    "(fox:2.)",
    "(fox:+1.5)",
    "(fox:0)",
    "(fox:-1)",
    "a (red:1.2) (fox:1.2)",
    "a (red)(fox)",
    "a ((red:1.3) fox:0.5) [in] the (snow)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
    "((((deep) deeper) deepest) here) and out",
    "(a:1.1) b (c:1.1)",
    "(one (two (three (four:1.4):1.3):1.2):1.1)",
    "[less (more:1.5) less] same",
    "(interleaved [brackets) of two] kinds",
    "(fox:1.3) : 1.3)",
    "time 10:30 (about 10:30)",
    "ratio 16:9, (wide:1.05)",
    "(fox:12)",
    "(,) (.:1.2)",
    "()[](:1.2)fox",
    # escapes
    r"\(fox\)",
    r"\[fox\]",
    r"fox \(animal\), (red \(colour\):1.2)",
    r"back\\slash",
    r"\\(fox\\)",
    r"lone \ backslash and \a letter",
    r"(fox\)",
    r"\(fox:1.2\)",
    "trailing \\",
    # unbalanced and garbage
    "(fox",
    "fox)",
    "[fox",
    "fox]",
    "((fox) in the (snow",
    "))((",
    "][",
    ":::",
    ":1.2)",
    "(:)",
    "a | b",
    "(a|b)",
    "[a|b",
    "{a|b} {c}",
    "[fox:]",
    "[fox:snow]",
    "[a:b:c:3]",
    "[(fox:3]",
    "(fox [owl:3)",
    # BREAK
    "fox BREAK owl",
    "BREAK",
    "BREAK fox",
    "fox BREAK",
    "fox BREAK BREAK owl",
    "foxBREAK, BREAKowl",
    "(fox:1.2) BREAK (owl:0.8)\nBREAK\n[otter]",
    "fox,BREAK,owl",
    # unicode
    "ein Fuchs im Schnee, schöne Grüße",
    "лиса в снегу, (снег:1.2)",
    "雪の中の狐, (狐:1.3)",
    "여우 🦊 in the snow ❄️",
    "🦊(🦉:1.2)[👩‍🚀]",
    "café cafe\u0301 naïve (ﬁ:1.1)",
    "fox\u00a0with\u3000wide spaces",
    # edits
    "a [fox:owl:0.5] here",
    "a [fox:owl:5] here",
    "[fox:3]",
    "[fox::3]",
    "a [ fox : owl : 4 ] here",
    "[fox:owl:.25] and [owl:fox:.75]",
    "[fox:[owl:otter:0.6]:0.3]",
    "[[fox:owl:2]:[otter:badger:8]:5]",
    "a [(fox:1.2):(owl:1.3):0.4]",
    "a ([fox:owl:0.5]:1.2)",
    "[fox:owl:1.5], [snow:sand:12], [day:night:-1], [old:new:0]",
    "[fox:owl:1e1] [a:b:2.5e-1]",
    "[fox:owl:999]",
    "fantasy [mountain:lake:0.25] and [an oak:a tree:0.75][ in foreground::0.6][: in background:0.25] [bad:good:0.5]",
    "((a][:b:c [d:3]",
    r"[fox \[red\]:owl \: x:3]",
    # alternations
    "[fox|owl] here",
    "[fox|owl|otter]",
    "[fe|]male",
    "[fe|||]male",
    "[(fox:1.2)|[owl]|otter:]",
    "a [fox|[owl|otter]] in the [snow:sand:4]",
    "[[fox|owl]:badger:0.5]",
    # long
    ", ".join(pairs[:12]),
    ", ".join(pairs),
    " ".join(pairs[:40]),
    " ".join(places * 6) + ", a " + " ".join(places * 2),
    " ".join(places[:11] * 6) + " fox, " + " ".join(places[:8]) + ", owl",
    " ".join((places * 7)[:75]),
    " ".join((places * 7)[:74]) + ", fox",
    " ".join((places * 7)[:75]) + ", fox",
    " ".join((places * 7)[:76]),
    " ".join((places * 7)[:54]) + ", " + " ".join((places * 7)[:20]) + " x",
    " ".join((places * 7)[:55]) + ", " + " ".join((places * 7)[:19]) + " x",
    "(" + ", ".join(pairs[:20]) + ":1.2), [" + ", ".join(pairs[20:50]) + "]",
    ", ".join(pairs[:8]) + " BREAK " + ", ".join(pairs[8:45]),
    "🦊" * 40,
    "," * 160,
]


def load_forge(folder: Path):
    """Forge's prompt parser and its engine for CLIP, without the rest of Forge that they import."""
    sys.path.insert(0, str(folder))
    for name, content in {
        "backend.memory_management": {},
        "backend.text_processing.textual_inversion": {"EmbeddingDatabase": None},
        "modules.shared": {"opts": None},
    }.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(content)
    sys.modules["backend"] = package = types.ModuleType("backend")
    package.__path__ = [str(folder / "backend")]
    package.memory_management = sys.modules["backend.memory_management"]
    engine = importlib.import_module("backend.text_processing.classic_engine")
    spec = importlib.util.spec_from_file_location("prompt_parser", folder / "modules" / "prompt_parser.py")
    parser = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(parser)
    return parser, engine


def clip_tokenizer() -> CLIPTokenizer:
    """CLIP's tokenizer, of the merges that OpenAI published; simple_tokenizer.py of clip says which lines count."""
    clip = Path(importlib.util.find_spec("clip").origin).parent
    lines = gzip.open(clip / "bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8").read().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [chr(256 + i) for i in range(256 - len(printable))]
    letters = [chr(byte) for byte in printable] + others
    tokens = [*letters, *(letter + "</w>" for letter in letters), *map("".join, merges), START, END]
    return CLIPTokenizer({token: i for i, token in enumerate(tokens)}, merges)


def restricted(tokenizer: CLIPTokenizer, texts: list[str]) -> dict:
    """The tokenizer's JSON with those merges alone that the texts need: every other would never be applied."""
    backend = tokenizer.backend_tokenizer
    described = json.loads(backend.to_str())
    model = described["model"]
    ranks = {tuple(merge): rank for rank, merge in enumerate(model["merges"])}
    needed = set()
    for text in texts:
        for word, _ in backend.pre_tokenizer.pre_tokenize_str(backend.normalizer.normalize_str(text)):
            symbols = [*word[:-1], word[-1] + "</w>"]
            while True:
                found = [(ranks[pair], i) for i, pair in enumerate(zip(symbols, symbols[1:])) if pair in ranks]
                if not found:
                    break
                rank, i = min(found)
                needed.add(rank)
                symbols[i : i + 2] = ["".join(symbols[i : i + 2])]
    merges = [merge for rank, merge in enumerate(model["merges"]) if rank in needed]
    kept = {"".join(merge) for merge in merges} | {START, END}
    model["vocab"] = {token: i for token, i in model["vocab"].items() if i < 512 or token in kept}
    model["merges"] = merges
    return described


def engine_for(module, tokenizer: CLIPTokenizer, padding: int, hidden=None):
    """As much of Forge's engine as its methods for tokens and weights need."""
    engine = types.SimpleNamespace(
        emphasis=module.emphasis.EmphasisOriginal(),
        chunk_length=75,
        id_start=tokenizer.bos_token_id,
        id_end=tokenizer.eos_token_id,
        id_pad=padding,
        comma_token=tokenizer.get_vocab()[",</w>"],
        embeddings=types.SimpleNamespace(find_embedding_at_position=lambda tokens, position: (None, None)),
        tokenize=lambda texts: tokenizer(texts, truncation=False, add_special_tokens=False)["input_ids"],
    )

    def encode(tokens):
        engine.seen = tokens.tolist()
        return hidden if hidden is not None else torch.ones((*tokens.shape, 1))

    engine.encode_with_transformers = encode
    return engine


def chunks_of(module, engine, prompt: str) -> list[dict]:
    chunks, _ = module.ClassicTextProcessingEngine.tokenize_line(engine, prompt)
    result = []
    for chunk in chunks:
        module.ClassicTextProcessingEngine.process_tokens(engine, [chunk.tokens], [chunk.multipliers])
        result.append({"ids": engine.seen[0], "weights": chunk.multipliers})
    return result


def weighted(module, tokenizer: CLIPTokenizer, weights: list[list[float]]) -> dict:
    """The hidden states of a stack of chunks before and after weighting."""
    torch.manual_seed(6)
    hidden = torch.round(torch.randn(len(weights), len(weights[0]), 6) + 0.1, decimals=4)
    engine = engine_for(module, tokenizer, tokenizer.eos_token_id, hidden)
    result = module.ClassicTextProcessingEngine.process_tokens(engine, weights, weights)
    return {
        "width": hidden.shape[-1],
        "weights": [weight for chunk in weights for weight in chunk],
        "hidden": [round(value, 4) for value in hidden.flatten().tolist()],
        "weighted": [round(value, 7) for value in result.flatten().tolist()],
    }


def write(name: str, content) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (FIXTURES / name).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser, module = load_forge(Path(sys.argv[1]).resolve())
    tokenizer = clip_tokenizer()
    clip = engine_for(module, tokenizer, tokenizer.eos_token_id)
    other_padding = engine_for(module, tokenizer, 0)

    def schedule(prompt, *arguments):
        return parser.get_learned_conditioning_prompt_schedules([prompt], *arguments)[0]

    cases, texts = [], []
    for prompt in PROMPTS:
        attention = parser.parse_prompt_attention(prompt)
        texts += [text for text, weight in attention]
        cases.append({
            "prompt": prompt,
            "attention": [part for part in attention if part[0] != ""],
            "schedules": {
                "10": schedule(prompt, 10),
                "25": schedule(prompt, 25),
                "10, then hires 8": schedule(prompt, 10, 8),
            },
            "chunks": chunks_of(module, clip, prompt),
        })
    write("clip-tokenizer.json", restricted(tokenizer, texts))
    ones = [1.0] * 8
    write("prompts.json", {
        "cases": cases,
        "otherPadding": [{"prompt": p, "chunks": chunks_of(module, other_padding, p)} for p in ["", fox, "a BREAK b"]],
        "weighting": [
            weighted(module, tokenizer, [[1, 1.1, 1.1, 1, 0.5, 1, 1, 1]]),
            weighted(module, tokenizer, [[1, 1.4, 0, -0.5, 1, 1, 1, 1], ones, [1, 1, 2.5, 1, 1, 1, 1, 1]]),
            weighted(module, tokenizer, [ones, ones]),
        ],
    })
    print(len(cases), "prompts")


main()
