"""Which case would have stopped it, and does it? It is tried on the version that did the harm, and on the fix.

A change to data is tried as `check` tries it: exactly that version, as it was kept when it was proposed, runs beside production
and the case is replayed in the engine. A prompt and a model are tried through the model port, live or from recorded replies; the
other of the two is as it was when the case was named, and for the fix as it lies there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cleanroom.app.incident.kept import (
    Version,
    change_at,
    keep_prompt,
    keep_recording,
    model_at,
    prompt_at,
)
from cleanroom.app.incident.read import do, folder_of
from cleanroom.app.incident.versions import current, named, parted, served
from cleanroom.app.prompt_cases import prompt_now, put
from cleanroom.app.review.standing import data_of
from cleanroom.app.room import Room
from cleanroom.app.shadow import shadow, subject_with
from cleanroom.codec.golden import golden_line, read_golden
from cleanroom.codec.json_text import read_json
from cleanroom.codec.prompt_case import is_prompt_case, prompt_case_line, read_prompt_cases
from cleanroom.core.base import Digest, Misuse, NotFound, Refused, digest_of
from cleanroom.core.check import CheckResult, Outcome
from cleanroom.core.checks.golden import CASE, GoldenCases
from cleanroom.core.contract import LintFinding
from cleanroom.core.facts import CaseNamed
from cleanroom.core.facts.proofs import Tried
from cleanroom.core.golden import GoldenCase
from cleanroom.core.incident.case import Case, digest_of_case
from cleanroom.core.incident.decide import ongoing
from cleanroom.core.incident.state import Detected, Incident
from cleanroom.core.measure import needed
from cleanroom.core.prompt_case import PromptCase


def read_case(content: bytes, file: str) -> Case:
    """One case in one line of JSON. Raises Misuse with its first mistake, and for several."""
    first = read_json(content.strip().partition(b"\n")[0], file)
    asked = not first.broken and is_prompt_case(first.data)
    cases, findings = read_prompt_cases(content, file) if asked else read_golden(content, file)
    if findings:
        raise _misuse(findings[0])
    if len(cases) != 1:
        raise Misuse(
            f"{file} holds {len(cases)} cases", "Name one regression case; further ones go straight into golden/."
        )
    return cases[0].case


def name_case(room: Room, id: str, case: Case, bad: str = "", then: bytes | None = None) -> Incident:
    """Say which case would have stopped it, and on which version it fails: `bad`, else the linked change as it was served.

    `then`: the content of the prompt as it was then, or of recorded replies of a model that cannot be asked any more. Raises
    Misuse where nothing says which version; NotFound.
    """

    def fact(now: Incident) -> CaseNamed:
        known = ongoing(now)
        version = _bad(room, known, case, bad, then)
        if known.fix is not None and version.digest == known.fix.digest:
            raise Refused(
                f"{version.name} is the fix that is in place", "Name the version that did the harm: --bad VERSION."
            )
        beside = _beside(room, case, version)
        _is_golden(room, id, case)
        if then is not None and version.kind == "model":
            try_case(room, case, version, beside)  # a recording that has no reply to it shows nothing
        at = room.clock.now()
        return CaseNamed(id, case.id, digest_of_case(case), version.name, version.digest, room.by, at, beside)

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


def try_case(room: Room, case: Case, version: Version, beside: Digest | None = None) -> Tried:
    """Run the case on that version. `beside`: the prompt for a model, the model for a prompt; None: as it lies there now.

    Raises Refused where it cannot tell: that is neither red nor green.
    """
    if isinstance(case, PromptCase):
        return _asked(room, case, version, beside)
    if version.kind != "change":
        raise Refused(
            f"{version.name} is no change, and the case {case.id} is of one", "Name a fix of the kind that failed."
        )
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


def into_golden(room: Room, id: str, case: Case) -> Path | None:
    """Put the case into the golden set, from where the next `check` takes it; None where the very case is there already.

    Raises Refused where another case has its id.
    """
    if _is_golden(room, id, case):
        return None
    file = room.project.path(golden_file(id, case))
    file.parent.mkdir(parents=True, exist_ok=True)
    return room.artifacts.write(file.parent, file.name, line_of(case).encode())


def _is_golden(room: Room, id: str, case: Case) -> bool:
    """Is the case in the golden set? Raises Refused where another one has its id: two of one id can never be told apart."""
    cases: Sequence[Case] = room.project.prompt_cases() if isinstance(case, PromptCase) else room.project.golden()
    known = next((c for c in cases if c.id == case.id), None)
    if known is not None and known != case and line_of(known) != _written(room, id, case):
        raise Refused(f"golden/ has another case {case.id!r:.80}", "Give this one an id of its own, and name it again.")
    return known is not None and known == case


def _written(room: Room, id: str, case: Case) -> str:
    """What this incident left in the golden set before; '' for nothing."""
    try:
        return room.project.path(golden_file(id, case)).read_text("utf-8")
    except OSError:
        return ""


def line_of(case: Case) -> str:
    """As one line of JSON."""
    return prompt_case_line(case) if isinstance(case, PromptCase) else golden_line(case)


def _check(case: GoldenCase) -> GoldenCases:
    return GoldenCases(CASE, (case,)) if case.input else GoldenCases(case.key[0][0], (case,), side="candidate")


def _asked(room: Room, case: PromptCase, version: Version, beside: Digest | None) -> Tried:
    if version.kind == "change":
        raise Refused(
            f"{version.name} is no prompt or model, and the case {case.id} asks one",
            "Name a fix of the kind that failed.",
        )
    if version.kind == "prompt":
        prompt = prompt_at(room, version)
        model = model_at(room, Version(f"model/{case.model}", beside)) if beside else room.model(case.model)
    else:
        prompt = prompt_at(room, Version(_prompt(case), beside)) if beside else prompt_now(room, case.prompt)
        model = model_at(room, version)
    passed, because, reply = put(prompt, case, model)
    run = digest_of([version.digest, prompt.digest, digest_of_case(case), reply.model, reply.version, reply.text])
    return Tried(version.name, version.digest, run, passed, because)


def _bad(room: Room, known: Detected, case: Case, bad: str, then: bytes | None) -> Version:
    if isinstance(case, PromptCase):
        return _bad_asked(room, case, bad or _prompt(case), then)
    if bad:
        return named(room, bad)
    if known.opened.change:
        return served(room, known.opened.change)
    hint = "--bad change/NAME@sha256:... ; the ledger has the digest of every version."
    raise Misuse(f"nothing says which version did the harm of incident {known.id}", hint)


def _bad_asked(room: Room, case: PromptCase, bad: str, then: bytes | None) -> Version:
    name, exact = parted(bad)
    kind, _, of = name.partition("/")
    if kind == "prompt" and then is not None and then.lstrip().startswith(b"{"):
        raise Misuse("that file is a recording of a model's replies, and no prompt", "--bad model/NAME --bad-file FILE")
    if kind == "change" or (kind == "prompt" and of != case.prompt):
        hint = f"--bad {_prompt(case)} or --bad model/NAME"
        raise Misuse(f"the case {case.id} asks the prompt {case.prompt}, not {name:.100}", hint)
    if then is None:
        return named(room, bad)
    if exact:
        raise Misuse("either a digest or a file says which version it was", f"--bad {name} --bad-file FILE")
    return (keep_recording if kind == "model" else keep_prompt)(room, name, then)


def _beside(room: Room, case: Case, version: Version) -> Digest | None:
    """What it was used with, as it lies there now: the prompt for a model, the model for a prompt; None where that model's
    file is not on this machine.
    """
    if not isinstance(case, PromptCase):
        return None
    if version.kind == "model":
        return current(room, _prompt(case)).digest
    settings = room.models.named(case.model)
    return None if room.models.unready(settings) else current(room, f"model/{case.model}").digest


def _prompt(case: PromptCase) -> str:
    return f"prompt/{case.prompt}"


def _name(case: Digest) -> str:
    return f"case-{case.removeprefix('sha256:')[:16]}.jsonl"


def _misuse(finding: LintFinding) -> Misuse:
    return Misuse(f"{finding.file}:{finding.line}: {finding.message}", finding.hint)
