"""Does the blameless linter name blame, and nothing else? `python benches/blame.py [--quick] [--json FILE] [--missed]`.

Labelled sentences of tests/data/blame: `dev` was written by the author of the rules before them, `fresh` in rounds after them
(each was judged once before the rules were mended for it); `stranger2` and `stranger3` by people who have not seen the rules,
which were then mended for what they missed; `held_out` by another stranger, before there were any rules: their authors have
not read it, and --missed does not show it. The figures:
    precision, recall                    of held_out; of dev while held_out is not there
    precision_FILE, recall_FILE          of each file
    recall_FILE_KIND, fine_FILE_KIND     share of a kind's blame that is named, and of a kind's other sentences that pass
    page_ms                              median CPU time to read a page of 500 words
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TypedDict

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

from cleanroom.core.postmortem.blame import judge, lint

DATA = Path(__file__).resolve().parents[1] / "tests" / "data" / "blame"
FILES = ("held_out", "dev", "fresh", "stranger2", "stranger3")


class Row(TypedDict):
    """A labelled sentence; label is blame or fine."""

    text: str
    label: str
    kind: str
    why: str


def rows(name: str) -> list[Row]:
    """The sentences of a file; none where there is no such file."""
    file = DATA / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []


def scores(found: list[tuple[Row, bool]]) -> tuple[float, float]:
    """Precision and recall."""
    right = sum(named for row, named in found if row["label"] == "blame")
    named_all = sum(named for _, named in found)
    blamed = sum(row["label"] == "blame" for row, _ in found)
    return right / max(named_all, 1), right / max(blamed, 1)


def of_kinds(name: str, found: list[tuple[Row, bool]]) -> dict[str, float]:
    """Of every kind in a file: the share of its blame that is named, and of its other sentences that pass."""
    kinds: dict[str, list[bool]] = defaultdict(list)
    for row, named in found:
        blamed = row["label"] == "blame"
        kinds[f"{'recall' if blamed else 'fine'}_{name}_{row.get('kind', '').replace(' ', '_')}"].append(
            named is blamed
        )
    return {kind: round(sum(right) / len(right), 4) for kind, right in sorted(kinds.items())}


def page_ms(texts: list[str]) -> float:
    """Median milliseconds of CPU to read a page of 500 words, in paragraphs and a list."""
    page, words = "# Incident\n\n", 0
    for i, text in enumerate(texts * 20):
        page += f"- {text}\n" if i % 10 > 6 else f"{text} " + ("\n\n" if i % 10 == 6 else "")
        words += len(text.split())
        if words >= 500:
            break
    lint(page)
    taken = []
    for _ in range(15):
        start = time.process_time()
        lint(page)
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken)


def measured(missed: bool) -> dict[str, float]:
    """All figures; prints the tables, and what is missed where asked."""
    figures: dict[str, float] = {}
    texts: list[str] = []
    for name in FILES:
        found = [(row, judge(row["text"]) is not None) for row in rows(name)]
        if not found:
            print(f"{name:9} is not there")
            continue
        precision, recall = scores(found)
        print(f"{name:9} {len(found):4} sentences   precision {precision:.3f}   recall {recall:.3f}")
        figures |= {f"precision_{name}": round(precision, 4), f"recall_{name}": round(recall, 4)}
        figures |= of_kinds(name, found)
        texts += [row["text"] for row, _ in found]
        wrong = [row for row, named in found if named is not (row["label"] == "blame")]
        for row in wrong if missed and name != "held_out" else ():
            print(f"    {row['label']:6}{row.get('kind', ''):12}{row['text']}")
    first = "held_out" if "precision_held_out" in figures else "dev"
    figures |= {"precision": figures[f"precision_{first}"], "recall": figures[f"recall_{first}"]}
    figures["page_ms"] = round(page_ms(texts), 2)
    print(f"a page of 500 words: {figures['page_ms']:.1f} ms")
    return figures


def main() -> int:
    """Judge every labelled sentence, print, write the figures."""
    parser = frame.options("Is blame named, and nothing else?", "the same, it takes a second")
    parser.add_argument("--missed", action="store_true", help="print the sentences that were judged wrongly")
    given = frame.given(parser)
    return frame.written(given.json, "blame", measured(given.missed))


if __name__ == "__main__":
    frame.run(main)
