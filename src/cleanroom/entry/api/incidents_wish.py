"""What may be asked of incidents: the bodies of the requests, bounded."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app.incident.contain import Act
from cleanroom.core.facts.incidents import Category, Severity, Work
from cleanroom.core.incident.messages import MOST, Audience

VERSION = r"^(change|prompt|model)/[^@\s]{1,200}(@sha256:[0-9a-f]{64})?$"
_CASE: dict[str, Any] = {
    "id": "refund-not-purchase",
    "input": {"event": "chk_refund", "value": 12.5},
    "expect": {"event_name": "refund"},
}


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opening(_Wish):
    """For an alert, by its id; else what somebody saw or a user reported. What it is linked to is found."""

    alert: str = Field(default="", max_length=60, examples=[""])
    title: str = Field(default="", max_length=500, examples=["orders are counted twice"])
    system: str = Field(default="", max_length=200, examples=[""])
    severity: Severity = "sev2"
    change: str = Field(default="", max_length=200, examples=[""])
    flag: str = Field(default="", max_length=200, examples=[""])
    because: str = Field(default="", max_length=500, examples=["a user wrote"])


class Containing(_Wish):
    """What to do; the best that can be done without `act`. `none`: it ended by itself, and `because` says how."""

    act: Act | None = None
    target: str = Field(default="", max_length=200)
    because: str = Field(default="", max_length=500)


class Leading(_Wish):
    """Who leads; whoever is proposed, where that is empty."""

    person: str = Field(default="", max_length=200, examples=["ana@shop.example"])
    because: str = Field(default="", max_length=500)


class Grading(_Wish):
    """Another severity, and why."""

    severity: Severity
    because: str = Field(max_length=500, examples=["only one customer saw it"])


class Sorting(_Wish):
    """Which path it takes."""

    category: Category


class Noting(_Wish):
    """What happened, and when: now, where that is not said."""

    text: str = Field(max_length=2000, examples=["the provider says that it is back"])
    at: str | None = Field(default=None, max_length=40, examples=["2026-11-22T09:00:00Z"])


class Answering(_Wish):
    """A person's answer to a question of the path, by its id."""

    question: str = Field(max_length=100, examples=["hallucination/prompt"])
    answer: str = Field(max_length=2000, examples=["no: checked by hand"])


class Mitigating(_Wish):
    """The fix that is in place: change/NAME (checked), prompt/NAME, model/NAME, or other/WORDS that nothing can run."""

    fix: str = Field(max_length=300, examples=["change/checkout"])
    because: str = Field(max_length=500, examples=["refunds keep their own name"])


class CaseWish(_Wish):
    """The regression case, as a line of golden/ or of a prompt's cases has it, and the version that it fails on.

    `bad` without a digest: the version that was rolled out; without `bad`: the linked change as it was served. `then`: the
    file of a prompt as it was then, or of recorded replies of a model that cannot be asked any more.
    """

    case: dict[str, Any] = Field(examples=[_CASE])
    bad: str = Field(default="", max_length=300, pattern=f"^$|{VERSION}", examples=["change/checkout"])
    then: str = Field(default="", max_length=200_000)


class MonitorWish(_Wish):
    """A sensor of kind rate, by its name."""

    sensor: str = Field(max_length=200, examples=["refunds-bad"])


class ActionWish(_Wish):
    """What is to be done, by whom, and until when."""

    what: str = Field(max_length=500, examples=["have the deploy require an eval pass"])
    work: Work
    owner: str = Field(max_length=200, examples=["ana@shop.example"])
    due: str = Field(max_length=40, examples=["2027-11-29"])
    required: bool = Field(default=True, strict=True)


class Moving(_Wish):
    """Another owner or another day, and why."""

    owner: str = Field(default="", max_length=200)
    due: str | None = Field(default=None, max_length=40)
    because: str = Field(max_length=500, examples=["ana is on leave"])


class Evidence(_Wish):
    """What shows that it was done: a change, a file, a digest, an address."""

    evidence: str = Field(max_length=500, examples=["change/checkout"])


class Filing(_Wish):
    """Which tracker of cleanroom.toml; the first, where that is empty."""

    tracker: str = Field(default="", max_length=60)


class Reason(_Wish):
    """Why; it goes into the ledger, and everybody can read it."""

    because: str = Field(max_length=500, examples=["the supplier's model is gone: nothing can be run"])


class Drafting(_Wish):
    """With `replace`, what somebody has written on the page is thrown away."""

    replace: bool = Field(default=False, strict=True)


class ReviewWish(_Wish):
    """When it is looked at again, and who is to read it by then."""

    on: str = Field(max_length=40, examples=["2027-01-15"])
    readers: list[Annotated[str, Field(max_length=200)]] = Field(max_length=100, examples=[["ana@shop.example"]])


class MessageWish(_Wish):
    """What to say, to whom, and through which channels of cleanroom.toml."""

    audience: Audience
    text: str = Field(max_length=MOST, examples=["Some answers were wrong.\n\nThey are not given any more."])
    channels: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=20, examples=[[]])
