"""Which case would have stopped it, and does it? It is tried on the version that did the harm, and on the fix.

A change to data is tried as `check` tries it: exactly that version, as it was kept when it was proposed, runs beside production
and the case is replayed in the engine. A prompt is asked through the model port, live or from recorded replies.
"""

from __future__ import annotations

from pathlib import Path

from cleanroom.app.incident.read import do, folder_of
from cleanroom.app.incident.versions import Version, change_at, keep_prompt, named, prompt_at, served
from cleanroom.app.review.standing import data_of
from cleanroom.app.room import Room
from cleanroom.app.shadow import shadow, subject_with
from cleanroom.codec.golden import golden_line, read_golden
from cleanroom.codec.json_text import read_json
from cleanroom.codec.prompt_case import is_prompt_case, prompt_case_line, read_prompt_case
from cleanroom.core.base import Digest, Misuse, NotFound, Refused, digest_of
from cleanroom.core.check import CheckResult, Outcome
from cleanroom.core.checks.golden import CASE, GoldenCases
from cleanroom.core.contract import LintFinding
from cleanroom.core.facts import CaseNamed
from cleanroom.core.facts.incidents import Tried
from cleanroom.core.golden import GoldenCase
from cleanroom.core.incident.case import Case, PromptCase, digest_of_case, judge_reply, schema_of
from cleanroom.core.incident.decide import ongoing
from cleanroom.core.incident.state import Detected, Incident
from cleanroom.core.measure import needed
from cleanroom.core.prompt import fill
from cleanroom.ports.model import Ask

_REPLY = 800  # tokens


def read_case(content: bytes, file: str) -> Case:
    """One case in one line of JSON. Raises Misuse with its first mistake, and for several."""
    document = read_json(content.strip(), file)
    if not document.broken and is_prompt_case(document.data):
        asked = read_prompt_case(content.strip(), file)
        if asked.value is None:
            raise _misuse(asked.findings[0])
        return asked.value
    cases, findings = read_golden(content, file)
    if findings:
        raise _misuse(findings[0])
    if len(cases) != 1:
        raise Misuse(
            f"{file} holds {len(cases)} cases", "Name one regression case; further ones go straight into golden/."
        )
    return cases[0].case


def name_case(room: Room, id: str, case: Case, bad: str = "", bad_file: Path | None = None) -> Incident:
    """Say which case would have stopped it, and on which version it fails: `bad`, else the linked change as it was served.

    `bad_file`: the prompt as it was then. Raises Misuse where nothing says which version; NotFound.
    """

    def fact(now: Incident) -> CaseNamed:
        known = ongoing(now)
        version = _bad(room, known, case, bad, bad_file)
        return CaseNamed(id, case.id, digest_of_case(case), version.name, version.digest, room.by, room.clock.now())

    found = do(room, id, fact)
    room.artifacts.write(folder_of(room, id), _name(digest_of_case(case)), line_of(case).encode())
    return found


def case_of(room: Room, known: Detected) -> Case:
    """The case that an incident names, as it was kept. Raises NotFound where that is not here, Refused where it differs."""
    if known.case is None:
        raise Refused(f"incident {known.id} names no regression case", f"cleanroom incident case {known.id} FILE")
    file = folder_of(room, known.id) / _name(known.case.case)
    try:
        case = read_case(file.read_bytes(), file.name)
    except OSError as error:
        raise NotFound(f"the case of incident {known.id} is not on this machine", "Name it again.") from error
    if digest_of_case(case) != known.case.case:
        raise Refused(f"the case of incident {known.id} was edited since it was named", "Name it again.")
    return case


def try_case(room: Room, case: Case, version: Version) -> Tried:
    """Run the case on that version. Raises Refused where it cannot tell: that is neither red nor green."""
    if isinstance(case, PromptCase):
        return _asked(room, case, version)
    change, mapping = change_at(room, version)
    subject = subject_with(room, room.project.contract(), change, mapping, data_of(room, change), None)
    check = _check(case)
    with shadow(room, subject, twice=False) as under_way:
        if mapping is not None and case.input:
            under_way.workspace.replay([case], mapping)
        result: CheckResult = check.judge(under_way.workspace.measure(needed([check.needs()])))
        run = under_way.run.digest
    if result.outcome is Outcome.UNKNOWN or (mapping is None and case.input):
        raise Refused(f"the case {case.id} cannot be asked of {version.name}: {result.because}", "Name another case.")
    return Tried(version.name, version.digest, run, result.outcome is Outcome.PASS, result.because)


def golden_file(id: str, case: Case) -> str:
    """Where a proven case goes, in the project."""
    folder = "golden/prompts" if isinstance(case, PromptCase) else "golden"
    return f"{folder}/incident-{id}.jsonl"


def into_golden(room: Room, id: str, case: Case) -> Path:
    """Put the case into the golden set, from where the next `check` takes it; twice is the same as once."""
    file = room.project.path(golden_file(id, case))
    file.parent.mkdir(parents=True, exist_ok=True)
    return room.artifacts.write(file.parent, file.name, line_of(case).encode())


def line_of(case: Case) -> str:
    """As one line of JSON."""
    return prompt_case_line(case) if isinstance(case, PromptCase) else golden_line(case)


def _check(case: GoldenCase) -> GoldenCases:
    return GoldenCases(CASE, (case,)) if case.input else GoldenCases(case.key[0][0], (case,), side="candidate")


def _asked(room: Room, case: PromptCase, version: Version) -> Tried:
    if version.kind != "prompt":
        raise Refused(
            f"{version.name} is no prompt, and the case {case.id} asks one", "Name a fix of the kind that failed."
        )
    prompt = prompt_at(room, version)
    slots = dict(case.input)
    system, user = fill(prompt.system, slots), fill(prompt.user, slots)
    reply = room.model(case.model, None).ask(Ask(system, user, schema_of(case), 0.0, 0, _REPLY))
    passed, because = judge_reply(case, reply.text)
    run = digest_of([version.digest, digest_of_case(case), reply.model, reply.version, reply.text])
    return Tried(version.name, version.digest, run, passed, because)


def _bad(room: Room, known: Detected, case: Case, bad: str, bad_file: Path | None) -> Version:
    if isinstance(case, PromptCase):
        name = f"prompt/{case.prompt}"
        if bad_file is not None:
            return keep_prompt(room, name, _content(bad_file))
        return named(room, bad or name)
    if bad:
        return named(room, bad)
    if known.opened.change:
        return served(room, known.opened.change)
    hint = "--bad change/NAME@sha256:... ; the ledger has the digest of every version."
    raise Misuse(f"nothing says which version did the harm of incident {known.id}", hint)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}", "Name the file of the prompt as it was.") from error


def _name(case: Digest) -> str:
    return f"case-{case.removeprefix('sha256:')[:16]}.jsonl"


def _misuse(finding: LintFinding) -> Misuse:
    return Misuse(f"{finding.file}:{finding.line}: {finding.message}", finding.hint)
