"""How many attacks are found, at how many false alarms: `python benches/injection.py [--quick] [--json FILE] [--public FOLDER]`.

Each family of attacks is left out of the training in turn, and then looked for (so are a quarter of our own ordinary lines).
The thresholds, one for each class of length, leave 1% of the ordinary texts of whole collections above them that nothing
was trained on. Beside that: thresholds set by some of these collections and counted on the others; the weights that ship,
on families that no training and no pattern has seen (final.txt and, from --public FOLDER, collections of others: see
benches/injection_public.py), attacks in the middle of long documents, patterns alone, and peers that need no model, where
FOLDER has them. Without FOLDER there are no requests of users among the ordinary texts, and the recall comes out too high;
only figures with it may be quoted. The figures of the JSON:
    recall_at_1pct_fp    mean over left-out families of the share that is found; recall_min_family: of the worst of them
    false_alarms         of ordinary texts of left-out collections, at those thresholds; _max: 95% upper limit; _of: how many
    recall_calibrated    at thresholds that some collections set; false_alarms_new: of the others
    false_alarms_hard    of ordinary lines of our own, left out, many of which speak of instructions, prompts, secrets
    recall_in_documents  of left-out families, in the middle of documents of 2,000 to 12,000 signs
    recall_final, recall_public   of families never trained on, and of the collections of others, by the weights that ship
    recall_patterns      of all families by patterns alone, with false_alarms_patterns
    ms_per_text          of the held-out ordinary texts, by the weights that ship; us_per_sign
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame, injection_public, injection_worlds
from benches.injection_train import CALIBRATED, Texts, classes, held_out, scores, texts, thresholds, trainer

from cleanroom.app.injection import weights
from cleanroom.core.injection import judge
from cleanroom.core.injection.judge import by_patterns

FOLDS = 4
NO_ATTACK = ("agent-injection-bench control", "agent-injection-bench baseline")
"""Groups of a collection that hold no attack by its own account."""

Bools = NDArray[np.bool_]


def left_out(public: Path | None, quick: bool) -> tuple[dict[str, Any], dict[str, float]]:
    """The figures of families left out of the training, and the recall of each."""
    trained = trainer(public, 100 if quick else 450)
    others = texts(held_out(public, 80 if quick else 350))
    inside = _inside()
    line = np.array([int(g.rpartition(":")[2]) % FOLDS for g in trained.own.group])
    apart = ~np.isin(others.group, CALIBRATED)
    found: dict[str, float] = {}
    parts: dict[str, list[Any]] = {name: [] for name in ("new", "wrong", "inside", "hard", "calibrated")}
    families = sorted(set(trained.attacks.group.tolist()))
    together = len(families) // FOLDS if quick else 1
    for number, family in enumerate(families):
        out, fold = trained.attacks.group == family, line == number // together % FOLDS
        if number % together == 0:
            weight = trained.train(~np.isin(trained.attacks.group, families[number : number + together]), ~fold)
        values, bad = scores(weight, others), scores(weight, trained.attacks)[out]
        limits = np.array(thresholds(values, others))
        kind = classes(trained.attacks)[out]
        found[family] = float((bad > limits[kind]).mean())
        parts["wrong"].append(values > limits[classes(others)])
        parts["inside"].append((scores(weight, inside) > limits[classes(inside)])[inside.group == family].mean())
        parts["hard"].append((scores(weight, trained.own) > limits[classes(trained.own)])[fold].mean())
        set_by_some = np.array(thresholds(values[~apart], _of(others, ~apart)))
        parts["calibrated"].append((bad > set_by_some[kind]).mean())
        parts["new"].append((values > set_by_some[classes(others)])[apart].mean())
    alarms = np.array(parts["wrong"])
    figures = {
        "recall_at_1pct_fp": float(np.mean(list(found.values()))),
        "recall_min_family": min(found.values()),
        "recall_in_documents": float(np.mean(parts["inside"])),
        **_alarms("false_alarms", float(alarms.mean()), len(others.group)),
        "recall_calibrated": float(np.mean(parts["calibrated"])),
        **_alarms("false_alarms_new", float(np.mean(parts["new"])), int(apart.sum())),
        "false_alarms_hard": float(np.mean(parts["hard"])),
    }
    for name in sorted(set(others.group.tolist())):
        figures[f"false_alarms {name}"] = float(alarms[:, others.group == name].mean())
    return figures, found


def _alarms(name: str, share: float, of: int) -> dict[str, float]:
    """With the upper limit of Clopper and Pearson."""
    wrong = round(share * of)
    return {name: share, f"{name}_max": float(stats.beta.ppf(0.95, wrong + 1, of - wrong)), f"{name}_of": of}


def _of(whole: Texts, keep: Bools) -> Texts:
    """Sizes and groups of some of the texts: what thresholds ask for."""
    return Texts(whole.shows[:0], whole.words[:0], whole.text[:0], whole.group[keep], whole.size[keep])


def _inside() -> Texts:
    """Eight attacks of each family in the middle of ordinary documents."""
    carriers = [
        t
        for of in injection_worlds.documents(injection_worlds.HELD_OUT, 200).values()
        for t in of
        if 2000 <= len(t) <= 12_000
    ]
    rng = np.random.default_rng(injection_worlds.SEED)
    made: dict[str, list[str]] = {}
    for family, members in injection_worlds.attacks().items():
        for pick in rng.permutation(len(members))[:8]:
            around = carriers[int(rng.integers(len(carriers)))]
            cut = around.find(". ", len(around) // 2) + 1 or len(around) // 2
            made.setdefault(family, []).append(f"{around[:cut]}\n{members[int(pick)]}\n{around[cut:]}")
    return texts(made)


def shipped(public: Path | None, quick: bool) -> tuple[dict[str, float], dict[str, float]]:
    """The figures of the weights that ship, on what they never saw, and the recall of each family."""
    given = weights()
    final = injection_worlds.attacks(6, "final.txt")
    rows = {f"final: {name}": _share(of, lambda t: judge(t, given) is not None) for name, of in final.items()}
    figures = {"recall_final": float(np.mean(list(rows.values())))}
    ordinary = injection_worlds.documents(injection_worlds.HELD_OUT, 60 if quick else 350)
    flat = [t[:20_000] for name, of in ordinary.items() if name not in CALIBRATED for t in of]
    start = time.perf_counter()
    wrong = sum(judge(t, given) is not None for t in flat)
    took = time.perf_counter() - start
    figures |= {
        "false_alarms_shipped": wrong / len(flat),
        "ms_per_text": 1e3 * took / len(flat),
        "us_per_sign": 1e6 * took / sum(map(len, flat)),
        "recall_patterns": float(
            np.mean([_share(of[:60], by_patterns) for of in injection_worlds.attacks(4).values()])
        ),
        "false_alarms_patterns": _share(flat, by_patterns),
    }
    if public is not None:
        theirs = {
            k: v[: 40 if quick else 150] for k, v in injection_public.attacks(public).items() if k not in NO_ATTACK
        }
        found = {f"public: {name}": _share(of, lambda t: judge(t, given) is not None) for name, of in theirs.items()}
        collections: dict[str, list[float]] = {}
        for name, share in found.items():
            collections.setdefault(name.split()[1], []).append(share)
        figures["recall_public"] = (
            float(np.mean([np.mean(v) for v in collections.values()])) if collections else float("nan")
        )
        rows |= found
    return figures, rows


def peers(public: Path) -> Iterator[tuple[str, float, float, float]]:
    """Peers that need no model: their recall of families of ours, of the final ones, and their false alarms."""
    sys.path.insert(0, str(public))
    ordinary = [t for of in injection_worlds.documents(injection_worlds.HELD_OUT, 60).values() for t in of]
    asked = [t for name, of in injection_public.ordinary(public).items() if name == "requests" for t in of[:300]]
    sets: tuple[Mapping[str, Sequence[str]], ...] = (
        injection_worlds.attacks(4),
        injection_worlds.attacks(4, "final.txt"),
    )
    ours = weights()
    for name, flags in (
        *_peers(),
        ("patterns alone", by_patterns),
        ("ours, which knows them", lambda t: judge(t, ours) is not None),
    ):
        recall = [float(np.mean([_share(of, flags) for of in s.values()])) for s in sets]
        yield name, recall[0], recall[1], _share(ordinary + asked, flags)


def _peers() -> Iterator[tuple[str, Callable[[str], bool]]]:
    try:
        picket = importlib.import_module("aicordon.picket").load()
        yield "aicordon 1.4 Picket", lambda t: bool(picket.check(t).flagged)
    except ImportError:
        pass
    try:
        scanner = importlib.import_module("prompt_shield").PromptScanner()
        yield "ai-injection-guard 0.3", lambda t: not bool(scanner.scan(t).is_safe)
    except ImportError:
        pass


def _share(of: Sequence[str], flags: Callable[[str], bool]) -> float:
    return float(np.mean([flags(t) for t in of])) if of else float("nan")


def main() -> int:
    """Measure, print, and write the JSON."""
    parser = frame.options(
        "How many attacks are found, at how many false alarms?", "fewer documents, four families left out at once"
    )
    parser.add_argument("--public", type=Path, metavar="FOLDER", help="packages of public collections, and peers")
    given = frame.given(parser)
    if not injection_worlds.FACTS.is_dir():
        print(f"{injection_worlds.FACTS} is not there: nothing is measured", file=sys.stderr)
        return 0
    if given.public is None:
        print(
            "without --public there are no requests of users: these figures are too good to be quoted", file=sys.stderr
        )
    figures, rows = shipped(given.public, given.quick)
    more, families = left_out(given.public, given.quick)
    figures = {**more, **figures}
    rows = {**{f"left out: {k}": v for k, v in families.items()}, **rows}
    if given.public is not None:
        for name, ours, final, wrong in peers(given.public):
            print(f"{name:26} recall {ours:5.2f}  final {final:5.2f}  false alarms {wrong:7.4f}")
    for name, value in (*rows.items(), *figures.items()):
        print(f"{name:54} {value:9.4f}")
    return frame.written(given.json, "injection", figures)


if __name__ == "__main__":
    frame.run(main)
