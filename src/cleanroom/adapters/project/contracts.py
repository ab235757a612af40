"""What do contracts/ and golden/ hold? The plan, its schemas bundled, the golden cases, and every mistake in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from cleanroom.adapters.project.files import MOST_GOLDEN, files_of, inside, read
from cleanroom.codec.golden import MAX_FILE, CaseRead, judge_golden, read_golden
from cleanroom.codec.json_text import pointer_path, read_json
from cleanroom.codec.plan import Reading, read_plan
from cleanroom.codec.positions import MAX_BYTES, Document, ordered
from cleanroom.codec.schema_refs import bundle
from cleanroom.core.base import Misuse
from cleanroom.core.contract import Contract, Event, LintFinding, Plan
from cleanroom.core.golden import GoldenCase
from cleanroom.core.mistakes import Mistake
from cleanroom.ports.validator import InvalidSchema, Validator

Findings = tuple[LintFinding, ...]


class Contracts:
    """The files of one plan. `plan` is its path below `root`; schemas lie relative to the plan, golden cases in golden/."""

    def __init__(self, root: Path, plan: str, validator: Validator) -> None:
        self._root = root
        self._plan = plan
        self._validator = validator

    def contract(self) -> tuple[Contract | None, Findings]:
        """The plan with the schemas it names, each as one document; None when there is an error."""
        reading = self._read_plan()
        schemas, found = self._schemas(reading)
        findings = ordered((*reading.findings, *found))
        if reading.value is None or any(f.severity == "error" for f in found):
            return None, findings
        return Contract(reading.value, schemas), findings

    def golden(self) -> tuple[tuple[GoldenCase, ...], Findings]:
        """All well-formed cases, and what is wrong in golden/."""
        cases, findings = self._golden(self._read_plan().draft)
        return tuple(c.case for c in cases), findings

    def lint(self) -> Findings:
        """Every mistake in the plan, in every schema below its folder, and in every golden case."""
        reading = self._read_plan()
        _, named = self._schemas(reading)
        lying = (f for path in self._lying_schemas() for f in self._bundled(path)[1])
        return ordered((*reading.findings, *named, *lying, *self._golden(reading.draft)[1]))

    def _read_plan(self) -> Reading[Plan]:
        try:
            content = read(inside(self._root, self._plan), MAX_BYTES)
        except Misuse as error:
            return _unreadable(self._plan, error.message, error.hint)
        if content is None:
            hint = f"Draft one: cleanroom contract infer DATA --out {self._plan}"
            return _unreadable(self._plan, "there is no plan", hint)
        return _plan_of(content, self._plan)

    def _schemas(self, reading: Reading[Plan]) -> tuple[tuple[tuple[str, str], ...], Findings]:
        """The schemas that events name, as text, and what is wrong with them."""
        texts: list[tuple[str, str]] = []
        findings: list[LintFinding] = []
        for event in reading.draft.events if reading.draft else ():
            if event.schema is None:
                continue
            try:
                path = self._schema_path(event)
            except Misuse as error:
                mistake = Mistake(("events", event.name, "schema"), error.message, error.hint)
                findings.append(reading.document.locate(mistake))
                continue
            text, found = self._bundled(path)
            findings += found
            if text is not None:
                texts.append((event.name, text))
        return tuple(texts), tuple(findings)

    def _schema_path(self, event: Event) -> str:
        """The event's schema as a path below the root. Raises Misuse when it leads outside or there is none."""
        named = str(event.schema)
        relative = PurePosixPath(self._plan).parent / named
        path = inside(self._root, str(relative))
        if named.startswith("/") or "://" in named:
            raise Misuse(f"schema {named!r} is not a path inside the project", "Write it relative to the plan.")
        if not path.is_file():
            raise Misuse(f"there is no schema {named!r}", f"Write {path.relative_to(self._root)}, or correct the name.")
        return path.relative_to(self._root).as_posix()

    def _bundled(self, path: str) -> tuple[str | None, Findings]:
        """The schema at `path` as one document that compiles, or what is wrong in it and in the files it refers to."""
        try:
            whole = bundle(path, lambda name: read(inside(self._root, name), MAX_BYTES))
            if whole.text is None:
                return None, whole.findings
            self._validator.compile(whole.text)
        except InvalidSchema as error:
            return None, tuple(self._located(path, error, len(whole.files) > 1))
        except Misuse as error:
            return None, (LintFinding(path, 1, 1, error.message, error.hint),)
        return whole.text, ()

    def _located(self, path: str, error: InvalidSchema, compound: bool) -> Iterator[LintFinding]:
        """Mistakes of a schema at their lines. In a compound one, those of other files are found when they are read."""
        document = read_json(read(inside(self._root, path), MAX_BYTES) or b"", path)
        located = 0
        for pointer, message in error.mistakes:
            at = pointer_path(pointer, document.data)
            if compound and len(at) < pointer.count("/"):
                continue
            located += 1
            yield document.locate(Mistake(at, f"not a valid JSON Schema: {message}"))
        if not located:
            yield document.locate(Mistake((), f"a schema that it refers to is not valid: {error.mistakes[0][1]}"))

    def _lying_schemas(self) -> Iterator[str]:
        folder = (self._root / self._plan).parent
        for path in sorted(folder.rglob("*.json")):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(self._root).parts):
                yield path.relative_to(self._root).as_posix()

    def _golden(self, plan: Plan | None) -> tuple[tuple[CaseRead, ...], Findings]:
        cases: list[CaseRead] = []
        contents, unread = files_of(self._root, "golden", (".jsonl",), MAX_FILE, MOST_GOLDEN)
        findings = list(unread)
        for content, name in contents:
            read_cases, found = read_golden(content, name)
            cases += read_cases
            findings += found
        return tuple(cases), ordered((*findings, *judge_golden(plan, cases)))


@lru_cache(maxsize=8)
def _plan_of(content: bytes, file: str) -> Reading[Plan]:
    """A server asks for the plan with every decision: the same bytes are parsed once."""
    return read_plan(content, file)


def _unreadable(file: str, message: str, hint: str) -> Reading[Plan]:
    document = Document(file, broken=True)
    return Reading(None, (LintFinding(file, 1, 1, message, hint),), document)
