"""The API against its own document: schemathesis finds no server error, no undocumented status, no answer off its schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder
from tests.doors import ANA, ROOT, Yard, bearer
from tests.flag_samples import flag
from tests.projects import FixedClock
from tests.propose_samples import RIGHT, ROWS, small_shop
from tests.queue_samples import output

from cleanroom.app import access, flags
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.queue.add import add
from cleanroom.app.validate import check
from cleanroom.core.base import Instant, instant, micros
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.policy import ROLE_OF
from cleanroom.entry.api.app import create_app
from cleanroom.entry.report.files import report_files

EXAMPLES = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1
CHANGE = "checkout"
LISTENING = ["/v1/events", "/ofrep/v1/events"]
"""They never end by themselves; test_serve.py and test_ofrep.py look at them."""
ACCEPTED = ["2xx", 400, 401, 403, 404, 409, 429]
"""What an API may say to what fits its schema: 400 for what no schema can express."""


class Hurrying(FixedClock):
    """A minute passes at each look, so that wrong tokens are answered with 401 and not held up with 429."""

    def now(self) -> Instant:
        self.at = instant(micros(self.at) + 60_000_000)
        return self.at


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    """A project with a change that was checked and an output that waits, so that there is something to answer with."""
    work = small_shop(tmp_path / "shop", ROWS)
    roles = "".join(f'{role} = ["{ROOT}"]\n' for role in sorted({*ROLE_OF.values(), "admin"}))
    (tmp_path / "shop" / "cleanroom.toml").write_text(f'name = "shop"\n[roles]\n{roles}', "utf-8")
    clock = Hurrying()
    author = replace(work, clock=clock, operator=ANA)
    propose_by_hand(author, Mapping(tuple(MappedName(*pair, "") for pair in RIGHT.items())), "events.jsonl", CHANGE)
    check(author, CHANGE, None, report_files)
    add(author, [output("first", confidence=None)])
    flags.put(author, flag())
    return Yard(replace(author, operator=ROOT), clock)


def document(home: Yard) -> schemathesis.BaseSchema:
    """The API as its document describes it, to be called with a token of all scopes."""
    app = create_app(home.room, hosts=("testserver",))
    config = schemathesis.Config.from_dict(
        {
            "headers": bearer(home.token(lasts=access.LONGEST_TOKEN)),
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config).exclude(path=LISTENING)


def failures(recorder: ScenarioRecorder) -> Iterator[str]:
    """What the checks found, each with the request that shows it."""
    for case, checks in recorder.checks.items():
        for found in checks:
            if found.failure_info is not None:
                request = recorder.cases[case].value.as_curl_command()
                yield f"{recorder.label}\n  {request}\n  {found.name}: {found.failure_info.failure}"


def test_the_api_is_as_its_document_says(home: Yard) -> None:
    calls, answered, wrong = 0, set(), set()
    for event in from_schema(document(home)).execute():
        match event:
            case ScenarioFinished(recorder=recorder):
                calls += len(recorder.interactions)
                answers = [i.response for i in recorder.interactions.values() if i.response is not None]
                if any(a.status_code < 300 for a in answers):
                    answered.add(recorder.label)
                wrong |= set(failures(recorder))
            case NonFatalError():
                wrong.add(event.info.format())
    assert not wrong, f"{len(wrong)} faults in {calls} calls:\n" + "\n".join(sorted(wrong)[:20])
    assert calls > 500
    assert len(answered) > 20  # not refusals only: so many operations did what they are for
