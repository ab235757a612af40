"""Which attacks and which ordinary texts is the injection detector trained on and measured with?

Attacks and ordinary texts of our own lie in benches/injection_texts, with several wordings a line; the documents are the sources,
claims and questions of ../shared/data/facts/dev (licences in its README), where they are; nobody else's attacks are trained on.
"""

from __future__ import annotations

import base64
import codecs
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

TEXTS = Path(__file__).resolve().parent / "injection_texts"
FACTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "facts" / "dev"
TRAINED = ("begin", "conjnli", "faithdial_audit", "fever", "infotabs", "summedits", "bump", "gensearch")
HELD_OUT = ("attributedqa", "expertqa", "q2", "wice", "wice_spans")
"""Whole datasets of ordinary texts: some to train on, others only for the rate of false alarms."""

SEED = 2026
_SLOT = re.compile(r"‹([^‹›]*)›")
_LOOKALIKE = str.maketrans("aeopcxiy", "аеорсхіу")
_LEET = str.maketrans("aeiost", "431057")


def read(name: str) -> dict[str, list[str]]:
    """The lines of a file by what stands above them after '# '."""
    found: dict[str, list[str]] = {}
    lines = []
    for line in (TEXTS / name).read_text("utf-8").splitlines():
        if line.startswith("# "):
            lines = found.setdefault(line[2:], [])
        elif line.strip():
            lines.append(line)
    return found


def wordings(line: str, most: int, rng: np.random.Generator) -> list[str]:
    """Up to `most` different texts that a line stands for."""
    slots = [m[1].split("|") if "‹" not in m[1] else [m[1]] for m in _SLOT.finditer(line)]
    many = int(np.prod([len(s) for s in slots], dtype=float)) if slots else 1
    picks = range(many) if many <= most else sorted(rng.choice(many, most, replace=False).tolist())
    out = []
    for pick in picks:
        rest = int(pick)
        chosen = []
        for slot in slots:
            rest, k = divmod(rest, len(slot))
            chosen.append(slot[k])
        fixed = _SLOT.split(line)[::2]
        whole = "".join(a + b for a, b in zip(fixed, [*chosen, ""], strict=True))
        out.append(whole.replace("\\n", "\n").replace("\\|", "|"))
    return list(dict.fromkeys(out))


def attacks(most: int = 12, file: str = "attacks.txt") -> dict[str, list[str]]:
    """Attacks by family; those of `attacks.txt` with the two families that the program puts into codes."""
    rng = np.random.default_rng(SEED)
    found = {name: [t for line in lines for t in wordings(line, most, rng)] for name, lines in read(file).items()}
    if file == "attacks.txt":
        found |= {"codes": list(_coded(_CODES, rng)), "disguises": list(_coded(_DISGUISES, rng))}
    return found


def _coded(ways: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    parts = read("encoded.txt")
    for payload, way in itertools.product(parts["payloads"], ways):
        line = str(rng.choice(parts["wrappings"])) if way in _CODES else "{}"
        (wrapping,) = wordings(line, 1, rng)
        yield wrapping.replace("{}", disguised(payload, way))


_CODES = ("base64", "base64 twice", "hex", "binary", "percent", "rot13", "reversed", "entities")
_DISGUISES = ("leet", "spaced", "dotted", "zero width", "look-alikes", "wide", "tags", "accents")


def disguised(text: str, way: str) -> str:
    """The text in that code or disguise."""
    return _WAYS[way](text)


_WAYS: dict[str, Callable[[str], str]] = {
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "base64 twice": lambda t: base64.b64encode(base64.b64encode(t.encode())).decode(),
    "hex": lambda t: t.encode().hex(),
    "binary": lambda t: " ".join(f"{b:08b}" for b in t.encode()),
    "percent": lambda t: "".join(f"%{b:02X}" for b in t.encode()),
    "entities": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "reversed": lambda t: t[::-1],
    "leet": lambda t: t.translate(_LEET),
    "spaced": lambda t: " ".join(t.replace(" ", "")),
    "dotted": lambda t: " ".join(".".join(w) for w in t.split()),
    "zero width": "\u200b".join,
    "look-alikes": lambda t: t.translate(_LOOKALIKE),
    "wide": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "tags": lambda t: "Nice weather today. " + "".join(chr(0xE0000 + ord(c)) for c in t),
    "accents": lambda t: "".join(c + "\u0301" if c in "aeiou" else c for c in t),
}


def ordinary_by_line(most: int = 12) -> dict[str, list[str]]:
    """Ordinary texts by manner and line ('mail:3'), those in codes too: what a product sees that is coded is mostly harmless."""
    rng = np.random.default_rng(SEED + 1)
    found = {
        f"{name}:{number}": wordings(line, most, rng)
        for name, lines in read("ordinary.txt").items()
        for number, line in enumerate(lines)
    }
    plain = [
        t for name, of in found.items() if name.partition(":")[0] in ("everyday", "mail", "markup and data") for t in of
    ]
    for number, way in enumerate((*_CODES, "spaced", "leet", "zero width", "wide")):
        found[f"codes:{number}"] = [disguised(plain[int(rng.integers(len(plain)))], way) for _ in range(12)]
    return found


def questions(datasets: Sequence[str], most: int = 1500) -> dict[str, list[str]]:
    """The short texts of datasets (claims, answers, questions): what stands in for requests of users where there are none."""
    found = documents(datasets, most)
    return {name: short for name, of in found.items() if (short := [t for t in of if len(t) < 200][: most // 4])}


def documents(datasets: Sequence[str], most: int) -> dict[str, list[str]]:
    """Ordinary documents, claims and questions of each dataset that is there, at most so many different ones."""
    found: dict[str, list[str]] = {}
    rng = np.random.default_rng(SEED + 2)
    for name in datasets:
        file = FACTS / f"{name}.jsonl"
        if not file.is_file():
            continue
        texts: dict[str, None] = {}
        with file.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                texts.update((row[k], None) for k in ("source", "claim", "question") if row.get(k))
        kept = list(texts)
        picks = sorted(rng.permutation(len(kept))[:most].tolist())
        found[name] = [kept[i] for i in picks]
    return found
