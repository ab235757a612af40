"""A shop whose assistant failed three times: once proven, once waived, and now again, with its alert, flag and fallback."""

from __future__ import annotations

from pathlib import Path

from tests import watched_shop
from tests.flag_samples import flag
from tests.page_shop import ANA, BEN, OTO, acting
from tests.slo_samples import REGISTER, SYSTEM

from cleanroom.app import alerts, flags
from cleanroom.app.incident.open import open_for_alert
from cleanroom.app.room import Room
from cleanroom.core import facts as f
from cleanroom.core.alerts.state import base_of as alert_of
from cleanroom.core.base import DAY, MINUTE, Instant, digest_of, instant
from cleanroom.core.facts.incidents import Since
from cleanroom.core.facts.proofs import Earlier, Tried
from cleanroom.core.incident.state import base_of, subject_of
from cleanroom.core.ledger import Write

SETTINGS = f'name = "shop"\n[roles]\nreviewer = ["{BEN}"]\nowner = ["{OTO}"]\nadmin = ["{BEN}"]\n'
KEY = "checkout"
_MORE = f"""features: [{KEY}]
fallback: {{flag: {KEY}, means: everybody gets the rules from before the model}}
"""
RATE = f"kind: rate\nsystem: {SYSTEM}\nmetric: error\nwindow: 6h\nthreshold: 0.1\nleast: 20\nevery: 1h\n"


def declare(folder: Path) -> None:
    """The assistant of watched_shop, with a flag behind it, a fallback, and a sensor that can be replayed."""
    (folder / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    watched_shop.declare(folder)
    (folder / "systems" / "assistant.yaml").write_text(REGISTER + _MORE, "utf-8")
    (folder / "sensors" / "errors.yaml").write_text(RATE, "utf-8")


def fail(work: Room) -> str:
    """All that happened, told by the ledger; the number of the incident that is open."""
    now = watched_shop.now_of(work)
    flags.put(work, flag())
    watched_shop.watch(work)
    (bad,) = (alert_of(a.alert).id for a in alerts.every(work) if alert_of(a.alert).level == "critical")
    by, other = acting(work, ANA).by, acting(work, OTO).by
    _append(work, "1", [*_begun("1", now - 60 * DAY, bad, by), *_proven("1", now - 60 * DAY, by)])
    _append(work, "2", [*_begun("2", now - 20 * DAY, bad, by), *_waived("2", now - 20 * DAY, by, other)])
    made = open_for_alert(acting(work, BEN), bad)
    id = base_of(made).id
    sort = f.IncidentSorted(
        id, "hallucination", (f"slo/no-errors says 'error' (weight 2): {base_of(made).title}",), None, work.clock.now()
    )
    _append(work, id, [sort])
    return id


def _append(work: Room, id: str, told: list[f.Fact]) -> None:
    begin = len(work.store.history(subject_of(id)))
    work.store.append([Write(subject_of(id), begin + n, fact) for n, fact in enumerate(told)])


def _begun(id: str, at: int, alert: str, by: f.By) -> list[f.Fact]:
    """Detected 50 minutes after it began, contained 4 minutes later, fixed after two hours."""

    def t(minutes: int) -> Instant:
        return instant(at + minutes * MINUTE)

    began = Since(instant(at - 50 * MINUTE), "first bad outcome of answers-2 behind checkout")
    title = "answers promise refunds that the shop does not give"
    return [
        f.IncidentOpened(id, title, (SYSTEM,), "sev1", began, t(0), (alert,), KEY, "answers-2", "new", "a user wrote", by, t(1)),
        f.IncidentSorted(id, "hallucination", ("a person read ten answers",), by, t(2)),
        f.LeadNamed(id, by.person, "began the rollout of answers-2", None, t(2)),
        f.IncidentContained(id, "kill-flag", KEY, True, "everybody is served 'legacy'", by, t(4)),
        f.LeadNamed(id, by.person, "began the rollout of answers-2", by, t(9)),
        f.DiagnosisAnswered(id, "hallucination/retrieval", "yes: 13 of 40 answers came without sources", (), None, t(20)),
        f.IncidentTold(id, "internal", digest_of("told"), ("log",), by, t(30)),
        f.IncidentMitigated(id, "change/answers-3", digest_of("answers-3"), "answers without sources are refused", by, t(120)),
    ]  # fmt: skip


def _proven(id: str, at: int, by: f.By) -> list[f.Fact]:
    """The case is red and green, the sensor saw it earlier, two actions are done."""

    def t(days: int) -> Instant:
        return instant(at + days * DAY)

    case, bad, sensor = digest_of("case"), digest_of("answers-2"), digest_of("errors")
    red = Tried(
        "change/answers-2", bad, digest_of("red"), False, "answer is 'within 90 days', expected 'within 30 days'"
    )
    green = Tried("change/answers-3", digest_of("answers-3"), digest_of("green"), True, "the reply is as it must be")
    earlier = Earlier("errors", sensor, instant(at - 35 * MINUTE), 35 * MINUTE, 20 * MINUTE, 40 * DAY, 1, 3.6)
    return [
        f.CaseNamed(id, "refund-days", case, "change/answers-2", bad, by, t(1)),
        f.MonitorNamed(id, "errors", sensor, by, t(1)),
        f.ActionAdded(id, "a1", "have the deploy require an eval pass", "fix", by.person, t(5), True, by, t(1)),
        f.ActionAdded(id, "a2", "add the refund rules to the runbook", "docs", by.person, t(5), True, by, t(1)),
        f.ActionDone(id, "a1", "change/answers-3", by, t(2)),
        f.ActionDone(id, "a2", "docs/refunds.md", by, t(2)),
        f.PostmortemPublished(id, digest_of("page"), by, t(3)),
        f.IncidentProven(id, "refund-days", case, red, green, earlier, ("a1", "a2"), by, t(4)),
        f.IncidentClosed(id, "proven", by, t(4)),
    ]  # fmt: skip


def _waived(id: str, at: int, by: f.By, other: f.By) -> list[f.Fact]:
    """The model is gone, so that nothing can be run; an action is still open, and late."""

    def t(days: int) -> Instant:
        return instant(at + days * DAY)

    what = "have answers name the page of their source"
    return [
        f.ActionAdded(id, "a1", what, "monitor", BEN, t(9), True, by, t(1)),
        f.WaiverAsked(id, "the supplier withdrew the model: no version of it can be run", by, t(2)),
        f.WaiverAgreed(id, other, t(2)),
        f.IncidentClosed(id, "waived", other, t(2)),
    ]  # fmt: skip
