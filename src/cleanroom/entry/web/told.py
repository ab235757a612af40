"""How is a line of the ledger told to a person? One sentence, a sign and a tone for each kind of fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cleanroom.core import facts as f
from cleanroom.core.base import Instant, plain
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.policy import Policy
from cleanroom.entry.report.view import several, share, shown
from cleanroom.entry.web.told_incidents import Incidents, of_incident
from cleanroom.entry.web.told_watch import Alerting, Promising, Sensing, of_alert, of_promise, of_sensor

_SIGN = {"PASS": "pass", "WARN": "warn", "UNKNOWN": "unknown", "FAIL": "fail"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is told. `quote`: a person's own words. `void`: why it no longer counts."""

    index: int
    subject: str
    says: str
    sign: str
    at: Instant
    tone: str = ""
    quote: str = ""
    void: str = ""


def told(entry: LedgerEntry, voids: Mapping[int, str] | None = None) -> Line:
    """The line of an entry; `voids` says by index which approvals no longer count, and why."""
    says, sign, tone, quote = _of(entry.fact)
    void = (voids or {}).get(entry.index, "")
    return Line(entry.index, entry.subject, says, sign, entry.fact.at, "" if void else tone, quote, void)


def _of(fact: f.Fact) -> tuple[str, str, str, str]:
    """Sentence, sign, tone, quote."""
    if isinstance(fact, Alerting):
        return of_alert(fact)
    if isinstance(fact, Sensing):
        return of_sensor(fact)
    if isinstance(fact, Promising):
        return of_promise(fact)
    if isinstance(fact, Incidents):
        return of_incident(fact)
    match fact:
        case f.Proposed() | f.Ran() | f.Judged() | f.Checked():
            return *_run(fact), ""
        case f.Approved() | f.Rejected() | f.Waived() | f.Looked() | f.PolicySet():
            return _decision(fact)
        case f.Received() | f.Reviewed() | f.Escalated():
            return _output(fact)
        case f.CutoffSet() | f.CutoffWithdrawn() | f.ReviewForced() | f.CorrectionsExported() | f.CheckpointPublished():
            return _kept(fact)
        case f.FlagSet() | f.FlagKilled() | f.FlagRestored():
            return _flag(fact)
        case (
            f.RolloutStarted()
            | f.RolloutWeighed()
            | f.RolloutAdvanced()
            | f.RolloutHeld()
            | f.RolloutResumed()
            | f.RolloutRolledBack()
            | f.RolloutPromoted()
            | f.RolloutObserved()
        ):
            return _rollout(fact)
        case _:
            return *_access(fact), ""


def _flag(fact: f.FlagSet | f.FlagKilled | f.FlagRestored) -> tuple[str, str, str, str]:
    match fact:
        case f.FlagSet(flag=flag, rollout=name):
            what = f", for the rollout of {_s(name)}" if name else ""
            return f"{by(fact.by)} set the flag {_s(flag.key)}{what}", "flag", "", ""
        case f.FlagKilled(flag=key, because=words):
            return f"{by(fact.by)} killed the flag {_s(key)}: everybody gets the safe variant", "fail", "fail", words
        case f.FlagRestored(flag=key):
            return f"{by(fact.by)} restored the flag {_s(key)}", "flag", "", ""


def _rollout(
    fact: f.RolloutStarted
    | f.RolloutWeighed
    | f.RolloutAdvanced
    | f.RolloutHeld
    | f.RolloutResumed
    | f.RolloutRolledBack
    | f.RolloutPromoted
    | f.RolloutObserved,
) -> tuple[str, str, str, str]:
    match fact:
        case f.RolloutStarted(name=name, flag=key):
            return f"{by(fact.by)} began the rollout of {_s(name)} behind the flag {_s(key)}", "rollout", "", ""
        case f.RolloutWeighed(because=because):
            return f"Weighed, and waiting: {shown(because, 300)}", "clock", "", ""
        case f.RolloutAdvanced(step=step, because=because):
            return f"Phase {step + 1} began: {shown(because, 300)}", "up", "", ""
        case f.RolloutHeld(by=who, because=because):
            return f"Held{f' by {by(who)}' if who else ''}", "warn", "warn", because
        case f.RolloutResumed():
            return f"{by(fact.by)} let it go on", "next", "", ""
        case f.RolloutRolledBack(by=who, because=because):
            return f"Rolled back{f' by {by(who)}' if who else ''}", "fail", "fail", because
        case f.RolloutPromoted(because=because):
            return "Promoted", "pass", "pass", because
        case f.RolloutObserved(outcome=outcome, because=because):
            return f"The battery on what the candidate made says {outcome}", _SIGN[outcome], outcome.lower(), because


def _run(fact: f.Proposed | f.Ran | f.Judged | f.Checked) -> tuple[str, str, str]:
    match fact:
        case f.Proposed(corrects=None, author=who, what=what, name=name):
            made = f", made by {_s(fact.model)}" if fact.model and fact.model != "by hand" else ""
            return f"{_s(who)} proposed {_s(name)}, a {what}{made}", "change", ""
        case f.Proposed(author=who, name=name):
            return f"{_s(who)} made a new version of {_s(name)}", "pen", ""
        case f.Ran(operator=who):
            return f"{_s(who)} ran it beside production", "change", ""
        case f.Judged(outcome=outcome, findings=findings):
            return f"The battery of {several(len(findings), 'check')} says {outcome}", _SIGN[outcome], outcome.lower()
        case f.Checked(outcome=outcome, operator=who):
            return f"{_s(who)} checked it: {outcome}", _SIGN[outcome], outcome.lower()


def _decision(
    fact: f.Approved | f.Rejected | f.Waived | f.Looked | f.PolicySet,
) -> tuple[str, str, str, str]:
    who = by(fact.by)
    match fact:
        case f.Approved(role=role, comment=words):
            return f"{who} approved as {_s(role)}", "pass", "pass", words
        case f.Rejected(role=role, reason=words):
            return f"{who} rejected as {_s(role)}", "fail", "fail", words
        case f.Waived(role=role, reason=words):
            return f"{who} waived the UNKNOWN as {_s(role)}", "unknown", "unknown", words
        case f.Looked(legacy=name):
            return f"{who} found {_s(name)} right", "pass", "", ""
        case f.PolicySet(policy=policy):
            return f"{who} acted under a new policy of {several(len(policy.roles), 'role')}", "key", "", ""


def _output(fact: f.Received | f.Reviewed | f.Escalated) -> tuple[str, str, str, str]:
    match fact:
        case f.Received(system=system, route=route, because=because):
            how = {"accepted": "skipped review", "audited": "was drawn for the audit", "review": "went to a person"}
            tone = "warn" if route == "held" else ""
            return f"An output of {_s(system)} {how.get(route, 'is held')}: {_s(because)}", "queue", tone, ""
        case f.Reviewed(verdict=verdict, reason=reason):
            what = {"right": "found it right", "corrected": "corrected it"}.get(verdict, "rejected it")
            sign = {"right": "pass", "corrected": "pen"}.get(verdict, "fail")
            tone = {"right": "pass", "corrected": "warn"}.get(verdict, "fail")
            return f"{by(fact.by)} {what}" + (f" ({_s(reason)})" if reason else ""), sign, tone, ""
        case f.Escalated(by=None, because=because):
            return f"Escalated: {_s(because)}", "up", "warn", ""
        case f.Escalated(because=because):
            return f"{by(fact.by) if fact.by else ''} passed it on: {_s(because)}", "up", "warn", ""


def _kept(
    fact: f.CutoffSet | f.CutoffWithdrawn | f.ReviewForced | f.CorrectionsExported | f.CheckpointPublished,
) -> tuple[str, str, str, str]:
    match fact:
        case f.CutoffSet(cutoff=None, system=system):
            return f"{by(fact.by)} calibrated {_s(system)}: every output goes to a person", "person", "", ""
        case f.CutoffSet(system=system, cutoff=cutoff, alpha=alpha):
            skips = share(fact.skip, fact.cases)
            promise = f"from {cutoff:.3g} on it skips review ({skips} of the cases; at most {100 * alpha:.3g}% wrong)"
            return f"{by(fact.by)} calibrated {_s(system)}: {promise}", "queue", "pass", ""
        case f.CutoffWithdrawn(system=system, because=because):
            return f"The cut-off of {_s(system)} is withdrawn: {_s(because)}", "warn", "fail", ""
        case f.ReviewForced(system=system, because=because):
            return f"{by(fact.by)} has everything of {_s(system)} reviewed: {_s(because)}", "person", "warn", ""
        case f.CorrectionsExported(outputs=outputs):
            return f"{by(fact.by)} exported {several(len(outputs), 'correction')}", "next", "", ""
        case f.CheckpointPublished(size=size, to=to):
            return (
                f"A signed checkpoint of {several(size, 'entry').replace('entrys', 'entries')} went to {_s(to)}",
                "lock",
                "pass",
                "",
            )


def _access(fact: f.Fact) -> tuple[str, str, str]:
    match fact:
        case f.Admitted(person=who):
            return f"{_s(who)} became the first admin", "key", ""
        case f.TokenMade(person=who, scopes=scopes):
            return f"{by(fact.by)} made a token for {_s(who)} ({', '.join(map(_s, scopes))})", "key", ""
        case f.TokenRevoked(person=who, token=token):
            return f"{by(fact.by)} revoked token {_s(token)} of {_s(who)}", "fail", ""
        case f.LinkMade(person=who):
            return f"{by(fact.by)} made a sign-in link for {_s(who)}", "key", ""
        case f.SignedIn(person=who, through=through):
            return f"{_s(who)} signed in by {_way(through)}", "person", ""
        case f.SignInFailed(through=through, because=because, origin=origin):
            return f"Somebody at {_s(origin)} was turned away, by {_way(through)}: {_s(because)}", "lock", "warn"
        case _:
            return _s(fact.kind.replace("_", " ")), "ledger", ""


def by(who: f.By) -> str:
    """The person, and that they were only claimed where it is so."""
    return _s(who.person) + (" (claimed)" if who.how == "claimed" else "")


def _way(through: str) -> str:
    return {"oidc": "single sign-on", "bearer": "token", "link": "link"}.get(through, through)


def _s(text: str) -> str:
    return shown(text, 120)


# --- a fact, field by field ---------------------------------------------------------------------------------

Field = tuple[str, str, str]
"""Name, text, and how it is written: `text`, `time`, `digest`."""

_LONG = 12


def fields(fact: f.Fact) -> tuple[Field, ...]:
    """Every field of a fact, those that hold others flattened; what is long is counted, since the bytes follow."""
    rows: list[Field] = []
    for name, value in plain(fact).items():
        if name == "policy" and isinstance(value, Mapping):
            rows.append(("policy", _policy(fact), "text"))
        elif name != "kind":
            _flatten(name, value, rows)
    return tuple(rows)


def _policy(fact: f.Fact) -> str:
    policy = fact.policy if isinstance(fact, f.PolicySet) else Policy()
    return "; ".join(f"{r.name}: {', '.join(r.people)}" for r in policy.roles) or "no roles"


def _flatten(name: str, value: Any, rows: list[Field]) -> None:
    label = name.replace("_", " ")
    match value:
        case None | "" | [] | {}:
            return
        case str() if value.startswith("sha256:"):
            rows.append((label, value, "digest"))
        case str() if len(value) == 27 and value.endswith("Z"):
            rows.append((label, value, "time"))
        case {"person": who, "how": how}:
            rows.append((label, f"{who}, {how}", "text"))
        case list():
            rows.append((label, _listed(value), "text"))
        case dict():
            for key, part in value.items():
                _flatten(f"{label} {key}", part, rows)
        case bool():
            rows.append((label, "yes" if value else "no", "text"))
        case _:
            rows.append((label, str(value), "text"))


def _listed(values: Sequence[Any]) -> str:
    parts = [", ".join(f"{v}" for v in x.values() if v) if isinstance(x, dict) else str(x) for x in values[:_LONG]]
    more = f"; and {len(values) - _LONG:,} more" if len(values) > _LONG else ""
    return "; ".join(parts) + more
