"""Words to vectors: a word-level tokenizer and a small transformer, trained together with the UNet."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn

from captions import MARKS, vocabulary
from scenes import Drawings

LENGTH = 24  # tokens
WIDTH = 192
PAD, UNKNOWN, BEGIN = "[PAD]", "[UNK]", "[BOS]"


def make_tokenizer(drawings: Drawings) -> Tokenizer:
    words = vocabulary(drawings)
    ids = {token: index for index, token in enumerate([PAD, UNKNOWN, BEGIN, *sorted(words)])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, ids[BEGIN])]
    )
    return tokenizer


def encode_marked(tokenizer: Tokenizer, captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids [N, LENGTH] of marked captions, and whether a token belongs to the subject of each mark [N, LENGTH, 2]."""
    words = [caption.split() for caption in captions]
    plain = [[word.rstrip(",").rstrip(MARKS) + "," * word.endswith(",") for word in each] for each in words]
    encodings = tokenizer.encode_batch(plain, is_pretokenized=True)
    ids, owned = torch.zeros(len(words), LENGTH, dtype=torch.long), torch.zeros(len(words), LENGTH, len(MARKS))
    for row, encoding in enumerate(encodings):
        for token, (number, word) in enumerate(zip(encoding.ids[:LENGTH], encoding.word_ids)):
            ids[row, token] = number
            for side, mark in enumerate(MARKS):
                owned[row, token, side] = word is not None and mark in words[row][word]
    return ids, owned


def save_tokenizer(tokenizer: Tokenizer, folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": LENGTH,
        "pad_token": PAD,
        "unk_token": UNKNOWN,
        "bos_token": BEGIN,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


class Attention(nn.Module):
    """Self- or cross-attention, written out so that it exports to plain ONNX operators."""

    def __init__(self, width: int, context_width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(context_width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x, context, bias=None):
        """`bias`, [N, length of x, length of context], is added to the attention logits."""
        key, value = self.key_value(context).chunk(2, -1)
        query, key, value = self.split(self.query(x)), self.split(key), self.split(value)
        weights = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        weights = (weights if bias is None else weights + bias[:, None]).softmax(-1)
        return self.out((weights @ value).transpose(1, 2).flatten(2))


class TextEncoder(nn.Module):
    """Token ids [N, LENGTH] to hidden states [N, LENGTH, WIDTH]; those of padding are zero."""

    def __init__(self, words: int, layers: int = 2, heads: int = 4):
        super().__init__()
        self.words = nn.Embedding(words, WIDTH)
        self.places = nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
        self.attentions = nn.ModuleList(Attention(WIDTH, WIDTH, heads) for _ in range(layers))
        self.mlps = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH))
            for _ in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(layers + 1))

    def forward(self, input_ids):
        present = (input_ids != 0).unsqueeze(-1).to(self.places.dtype)
        x = (self.words(input_ids) + self.places) * present
        for attention, mlp, norm in zip(self.attentions, self.mlps, self.norms):
            normed = norm(x) * present
            x = (x + attention(normed, normed)) * present
            x = (x + mlp(x)) * present
        return self.norms[-1](x) * present
