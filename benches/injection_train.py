"""Which weights tell attacks from ordinary texts? `python benches/injection_train.py --public FOLDER` writes those that ship.

The prior of each weight is no zero but how rare what it stands for is in ordinary texts: so that a cue which no attack of
the training shows still counts, as it has to for families of attacks that nobody has seen. Of each attack the window that
looks worst counts (so that what stands around it does not), of ordinary texts all windows, and the worst ones again
(hard negatives). The thresholds, one for each class of length, leave 1% of the ordinary texts of whole collections above
them that were not trained on; benches/injection.py also sets them on some (CALIBRATED) and counts on the others.
FOLDER: see benches/injection_public.py.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame, injection_public, injection_worlds

from cleanroom.core.injection.cues import ALL_NAMES
from cleanroom.core.injection.features import BUCKETS, Windows, features
from cleanroom.core.injection.judge import Weights

OUT = Path(__file__).resolve().parents[1] / "src/cleanroom/app/injection/weights.json"
LENGTHS = (400, 2000)
CALIBRATED = ("expertqa", "wice", "requests", "manuals a")
SHARE = 0.01
RARE, TRUST = 0.08, 0.35
"""The prior of a weight: TRUST times the logarithm of RARE over the share of ordinary windows that show it."""

WEIGHT, L2_SHOWS, L2_WORDS = 1500.0, 8.0, 0.05
ROUNDS, HARD, FIRST = 4, 4000, 12000
_PLAIN = "you about user narrative request command orders prior must question dots turn quoted address"
_NO_PRIOR = frozenset(_PLAIN.split()) | {
    f"first {i}" for i in ("must", "ai", "reveal", "send", "tool", "fiction", "command", "request")
}
MODULES = (
    "argparse asyncio base64 code codecs configparser contextlib csv ctypes datetime decimal difflib email ftplib "
    "getpass hashlib hmac html http.client http.server imaplib inspect io json logging logging.handlers mailbox "
    "mimetypes multiprocessing netrc optparse os pathlib pdb platform plistlib poplib pprint pydoc re sched secrets "
    "select shlex shutil signal smtplib socket socketserver sqlite3 ssl string subprocess sys tarfile tempfile "
    "textwrap threading trace traceback turtle unittest unittest.mock urllib.request venv warnings wave webbrowser "
    "weakref xml.dom.minidom xmlrpc.client zipfile"
)

Rows = NDArray[np.intp]


@dataclass
class Texts:
    """Texts and all their windows: `shows` (windows x names), `words` (x buckets), `text` of each; `group`, `size` of texts."""

    shows: NDArray[np.uint8]
    words: Any
    text: Rows
    group: NDArray[np.str_]
    size: Rows

    def worst(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The highest score of each text's windows; -50 for a text without any."""
        out = np.full(len(self.group), -50.0)
        np.maximum.at(out, self.text, scores)
        return out

    def features(self) -> Any:
        """Both side by side, sparse."""
        return sparse.hstack([sparse.csr_matrix(self.shows, dtype=np.float32), self.words]).tocsr()


def texts(groups: Mapping[str, Sequence[str]]) -> Texts:
    """The windows of all texts of all groups."""
    made: list[Windows] = []
    names: list[str] = []
    sizes: list[int] = []
    for group, members in groups.items():
        for text in members:
            made.append(features(text))
            names.append(group)
            sizes.append(len(text))
    shows = np.vstack([w.shows.astype(np.uint8) for w in made])
    owner = np.repeat(np.arange(len(made)), [len(w.first) for w in made])
    return Texts(shows, sparse.vstack([_words(w) for w in made]).tocsr(), owner, np.array(names), np.array(sizes))


def _words(windows: Windows) -> Any:
    held = [
        np.concatenate([s.words for s in windows.segments[a:b]])
        for a, b in zip(windows.first, windows.last, strict=True)
    ]
    ends = np.concatenate(([0], np.cumsum([len(h) for h in held]))).astype(np.intp)
    value = np.concatenate(
        [np.full(len(h), max(len(h), 1) ** -0.5, np.float32) for h in held] or [np.zeros(0, np.float32)]
    )
    places = np.concatenate(held) if held else np.zeros(0, np.intp)
    found = sparse.csr_matrix((value, places, ends), shape=(len(held), BUCKETS))
    found.sum_duplicates()
    return found


def joined(parts: Sequence[Texts]) -> Texts:
    """Several sets of texts as one."""
    shift = np.cumsum([0, *(len(p.group) for p in parts[:-1])])
    return Texts(
        np.vstack([p.shows for p in parts]),
        sparse.vstack([p.words for p in parts]).tocsr(),
        np.concatenate([p.text + s for p, s in zip(parts, shift, strict=True)]),
        np.concatenate([p.group for p in parts]),
        np.concatenate([p.size for p in parts]),
    )


class Trainer:
    """Attacks, ordinary texts of our own by line, requests and documents, from which weights are made again and again."""

    def __init__(self, attacks: Texts, own: Texts, requests: Texts, documents: Texts) -> None:
        self.attacks, self.own, self.requests, self.documents = attacks, own, requests, documents
        self.sets = [s.features() for s in (attacks, own, requests, documents)]

    def train(self, attack: NDArray[np.bool_], own: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The weights (shows, words, bias) from those attacks and those ordinary texts of our own, and all the others."""
        bad, mine, asked, told = self.sets
        rng = np.random.default_rng(injection_worlds.SEED)
        kept = np.flatnonzero(own[self.own.text])
        some = rng.permutation(told.shape[0])[:FIRST]
        families, sizes = np.unique(self.attacks.group[attack], return_counts=True)
        share = {
            name: WEIGHT / len(families) / size for name, size in zip(families.tolist(), sizes.tolist(), strict=True)
        }
        prior = np.concatenate((self._prior(kept), np.zeros(BUCKETS), [-3.0]))
        strength = np.concatenate((np.full(len(ALL_NAMES), L2_SHOWS), np.full(BUCKETS, L2_WORDS), [0.0]))
        found = prior
        for _ in range(ROUNDS):
            rows = self._worst_rows(bad @ found[:-1], attack)
            weight = [np.array([share[str(g)] for g in self.attacks.group[self.attacks.text[rows]]])]
            ordinary = [mine[kept], asked, told[some]]
            weight += [
                np.full(part.shape[0], WEIGHT * s / part.shape[0])
                for part, s in zip(ordinary, (1, 1, 0.7), strict=True)
            ]
            matrix = sparse.vstack([bad[rows], *ordinary]).tocsr()
            truth = np.zeros(matrix.shape[0])
            truth[: len(rows)] = 1
            found = _fitted(matrix, truth, np.concatenate(weight), strength, prior, found)
            some = np.unique(np.concatenate((some, np.argsort(-(told @ found[:-1]))[:HARD])))
        return found

    def _prior(self, kept: Rows) -> NDArray[np.float64]:
        parts = (self.own.shows[kept], self.requests.shows, self.documents.shows)
        share = np.mean([p.mean(axis=0) for p in parts], axis=0)
        prior = TRUST * np.clip(np.log(RARE / np.maximum(share, 2e-4)), 0, None)
        for place, name in enumerate(ALL_NAMES):
            if name in _NO_PRIOR or name.startswith("about"):
                prior[place] = 0
        return np.asarray(prior)

    def _worst_rows(self, scores: NDArray[np.float64], keep: NDArray[np.bool_]) -> Rows:
        text = self.attacks.text
        order = np.lexsort((scores, text))
        last = np.append(text[order][1:] != text[order][:-1], True)
        rows = order[last]
        return np.asarray(rows[keep[text[rows]]])


def _fitted(
    matrix: Any, truth: NDArray[np.float64], weight: NDArray[np.float64], strength: NDArray[np.float64],
    prior: NDArray[np.float64], start: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """The most likely weights of a logistic regression whose weights have a normal prior around `prior`."""

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = matrix @ w[:-1] + w[-1]
        off = w - prior
        value = float((weight * np.logaddexp(0, np.where(truth > 0, -z, z))).sum() + 0.5 * (strength * off**2).sum())
        slope = weight * (expit(z) - truth)
        return value, np.append(matrix.T @ slope, slope.sum()) + strength * off

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x)


def scores(found: NDArray[np.float64], of: Texts) -> NDArray[np.float64]:
    """The score of each text: of its worst window."""
    names = len(ALL_NAMES)
    return of.worst(np.asarray(of.shows @ found[:names].astype(np.float32) + of.words @ found[names:-1] + found[-1]))


def classes(of: Texts) -> Rows:
    """Which class of length each text is of."""
    return np.searchsorted(LENGTHS, of.size, side="right")


def thresholds(values: NDArray[np.float64], of: Texts) -> tuple[float, ...]:
    """Above which SHARE of the texts of a class lie; never lower for longer texts."""
    kind = classes(of)
    found = [float(np.quantile(values[kind == k], 1 - SHARE, method="higher")) for k in range(len(LENGTHS) + 1)]
    return tuple(float(t) for t in np.maximum.accumulate(found))


def manuals() -> list[str]:
    """Technical documents: what the modules of Python's standard library say of themselves (PSF licence)."""
    found = []
    for name in MODULES.split():
        module = importlib.import_module(name)
        parts = [inspect.getdoc(module) or ""]
        for key, value in sorted(vars(module).items()):
            if (inspect.isclass(value) or inspect.isfunction(value)) and (said := inspect.getdoc(value)):
                parts.append(f"{key}: {said}")
        found.append("\n\n".join(parts)[:12_000])
    return [text for text in found if len(text) > 200]


def readmes() -> dict[str, list[str]]:
    """What the installed packages say of themselves, never trained on: names up to m ('manuals a'), and the others."""
    found: dict[str, list[str]] = {"manuals a": [], "manuals b": []}
    for file in sorted(Path(np.__file__).parents[1].glob("*.dist-info/METADATA")):
        _, _, text = file.read_text("utf-8", "replace").partition("\n\n")
        if len(text) > 200:
            found["manuals a" if file.parent.name.lower() < "n" else "manuals b"].append(text[:15_000])
    return found


def some(groups: Mapping[str, Sequence[str]], most: int) -> dict[str, list[str]]:
    """At most so many texts a group, drawn once and for all."""
    rng = np.random.default_rng(injection_worlds.SEED)
    return {name: [of[i] for i in sorted(rng.permutation(len(of))[:most].tolist())] for name, of in groups.items()}


def trainer(public: Path | None, most: int) -> Trainer:
    """All that is trained on; `most`: documents of each dataset. Without `public` no requests of users, but questions."""
    asked = (
        injection_public.ordinary(public)
        if public is not None
        else injection_worlds.questions(injection_worlds.TRAINED)
    )
    requests = {k: v for k, v in asked.items() if public is None or injection_public.LIVE in k}
    if not requests:
        raise SystemExit(f"{public} holds no requests: see benches/injection_public.py for what to install there")
    documents = injection_worlds.documents(injection_worlds.TRAINED, most)
    if not documents:
        raise SystemExit(f"{injection_worlds.FACTS} is not there: nothing to train on")
    return Trainer(
        texts(injection_worlds.attacks()),
        texts(injection_worlds.ordinary_by_line()),
        texts(some(requests, 3000)),
        joined([texts(documents), texts({"manuals": manuals()})]),
    )


def held_out(public: Path | None, most: int) -> dict[str, list[str]]:
    """Ordinary texts of whole collections that nothing was trained on."""
    theirs = injection_public.ordinary(public) if public is not None else {}
    asked = {k: v for k, v in theirs.items() if injection_public.LIVE not in k}
    asked.pop("bastioncorpus benign", None)
    documents = {
        k: [t[:20_000] for t in v] for k, v in injection_worlds.documents(injection_worlds.HELD_OUT, most).items()
    }
    return {**documents, **some({**asked, **readmes()}, 2 * most)}


def weights_of(found: NDArray[np.float64], limits: Sequence[float]) -> Weights:
    """As the detector takes them."""
    names = len(ALL_NAMES)
    shows, words = found[:names].astype(np.float32), found[names:-1].astype(np.float32)
    return Weights(shows, words, float(found[-1]), LENGTHS, tuple(limits))


def written(weights: Weights) -> str:
    """The file that ships: words as signed bytes times a scale."""
    scale = float(np.abs(weights.words).max()) / 127
    words = np.round(weights.words / scale).astype(np.int8)
    made = {
        "about": "Weights of the injection detector; made by benches/injection_train.py, not by hand.",
        "lengths": list(weights.lengths),
        "thresholds": [round(t, 3) for t in weights.thresholds],
        "bias": round(weights.bias, 4),
        "shows": {name: round(float(w), 4) for name, w in zip(ALL_NAMES, weights.shows, strict=True)},
        "scale": scale,
        "words": base64.b64encode(words.tobytes()).decode(),
    }
    return json.dumps(made, indent=1) + "\n"


def main() -> int:
    """Train on everything, set the thresholds, write."""
    parser = frame.options(
        "Which weights tell attacks from ordinary texts?", "fewer documents (for a look, not to ship)"
    )
    parser.add_argument("--public", type=Path, required=True, metavar="FOLDER", help="packages of public collections")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help="where to write the weights")
    given = frame.given(parser)
    most = 100 if given.quick else 450
    trained = trainer(given.public, most)
    found = trained.train(np.ones(len(trained.attacks.group), bool), np.ones(len(trained.own.group), bool))
    others = texts(held_out(given.public, 80 if given.quick else 350))
    limits = thresholds(scores(found, others), others)
    given.out.write_text(written(weights_of(found, limits)), encoding="utf-8")
    print(f"{given.out}: thresholds {', '.join(f'{t:.2f}' for t in limits)} for texts below and above {LENGTHS} signs")
    return 0


if __name__ == "__main__":
    frame.run(main)
