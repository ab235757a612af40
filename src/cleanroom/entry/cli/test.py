"""`cleanroom test`: do the prompts still answer their cases as they must?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from cleanroom.core.base import Misuse
from cleanroom.core.check import Outcome
from cleanroom.entry.cli.check import CODES, progress
from cleanroom.entry.cli.files import content_of
from cleanroom.entry.cli.output import As, AsJson, print_json, screen
from cleanroom.entry.cli.rows import show_rows

if TYPE_CHECKING:
    from cleanroom.app.prompt_cases import Answered
    from cleanroom.app.room import Room
    from cleanroom.core.prompt_case import PromptCase


def test(
    prompts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROMPT]...", help="Prompts of prompts/; all that have cases, if none."),
    ] = None,
    case: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The cases of this file instead of golden/prompts/.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="Ask this one instead of the model that a case names.")
    ] = "",
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record the replies here, to be replayed later.")
    ] = None,
    who: As = None,
    project: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Put the cases of prompts to their models, and judge the replies: what failed once must not come back."""
    from cleanroom.app.prompt_cases import answer, chosen, worst
    from cleanroom.core.base import plain
    from cleanroom.wiring import room

    work = room(project, who)
    cases = chosen(_cases(work, case), prompts or ())
    with progress() as step:
        found = answer(work, cases, model, record, step)
    if as_json:
        print_json({"outcome": worst(found), "cases": [plain(a) for a in found]})
    else:
        _show(found, screen())
    raise typer.Exit(CODES[worst(found)])


def _cases(work: Room, file: Path | None) -> tuple[PromptCase, ...]:
    from cleanroom.codec.prompt_case import read_prompt_cases

    if file is None:
        return tuple(work.project.prompt_cases())
    content = content_of(file, "Name a file with cases, one JSON object a line.")
    reads, findings = read_prompt_cases(content, str(file))
    if findings:
        raise Misuse(f"{file}:{findings[0].line}: {findings[0].message}", findings[0].hint)
    return tuple(r.case for r in reads)


def _show(found: tuple[Answered, ...], console: Console) -> None:
    from cleanroom.entry.report.terminal import STYLES

    if not found:
        console.print(
            "no cases of prompts yet: golden/prompts/*.jsonl, a line each; docs/models.md says how.", soft_wrap=True
        )
        return
    rows = []
    for one in found:
        prompt = f"{one.prompt} {one.version}".strip()
        cells = (Text(one.outcome, f"bold {STYLES[one.outcome]}"), *map(Text, (one.case, prompt, one.model)))
        rows.append((cells, Text("" if one.outcome is Outcome.PASS else one.because)))
    show_rows(("says", "case", "prompt", "model"), rows, console)
    counts = {o: sum(one.outcome is o for one in found) for o in STYLES}
    said = ", ".join(f"{n} {o}" for o, n in counts.items() if n)
    console.print(f"\n{len(found)} {'case' if len(found) == 1 else 'cases'}: {said}", markup=False, highlight=False)
