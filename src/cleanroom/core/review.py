"""May this change go on? A fold over what the ledger says of it: which approvals count, which are void, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.change import Change
from cleanroom.core.facts import Approved, Checked, Proposed, Rejected, Waived
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.policy import SIGNED, Policy, Required, Touch, assignment, required, same

T = TypeVar("T")


@noun
class Vote:
    """An approval as it stands now: `void` says why it no longer counts, and is empty while it does."""

    index: int
    approval: Approved
    void: str = ""


@noun
class Missing:
    """A role that nobody has signed for. `who`: the people who could; `because`: what to do where there is nobody."""

    need: Required
    who: tuple[str, ...]
    because: str = ""


@noun
class Unchecked:
    """There is no run that speaks of the change as it lies there now."""

    because: str


@noun
class Blocked:
    """No approval can help: what the run showed, or a doubt that nobody answered, stands against it."""

    because: str
    next: str


@noun
class TurnedDown:
    """A person said no; only a new version of the change is looked at again."""

    rejection: Rejected


@noun
class Waiting:
    """The evidence is there; these roles are not."""

    missing: tuple[Missing, ...]


@noun
class Cleared:
    """Every role that the policy asks for has approved exactly this; `until` is when the first approval expires."""

    until: Instant | None


State = Unchecked | Blocked | TurnedDown | Waiting | Cleared


@noun
class Review:
    """Where a change stands. `touches` and `needs` are those of its run, and empty before there is one.

    `team`: the fewest people that this change needs, authors aside. `edited`: its files are not what was recorded.
    """

    name: str
    change: Digest
    authors: tuple[str, ...]
    checked: Checked | None
    touches: tuple[Touch, ...]
    needs: tuple[Required, ...]
    votes: tuple[Vote, ...]
    waiver: Waived | None
    state: State
    version: int

    @property
    def team(self) -> int:
        """How many different people must approve."""
        return len(self.needs)

    @property
    def counting(self) -> tuple[Vote, ...]:
        """The approvals that count."""
        return tuple(v for v in self.votes if not v.void)


def review(
    change: Change,
    entries: Sequence[LedgerEntry],
    plan: Digest,
    policy: Policy,
    now: Instant,
    *,
    edited: bool = False,
) -> Review:
    """Fold the history of a change (subject `change/<name>`) into where it stands at `now`.

    `change` is what lies in the project; `plan` the digest of the contract that lies there; `edited`: the artifact is
    not the one that `change` names. Only what the ledger has of exactly these counts.
    """
    current = change.digest
    recorded = _last(entries, Proposed)
    edited = edited or recorded is None or recorded.change != current
    runs = [e.fact for e in entries if isinstance(e.fact, Checked) and e.fact.change == current]
    checked = runs[-1] if runs and not edited else None
    touches = checked.touches if checked else ()
    needs = required(policy, touches)
    authors = authors_of(change, entries)
    votes = tuple(_votes(change, authors, entries, checked, plan, needs, policy, now))
    waiver = _waiver(entries, authors, checked, policy)
    if edited:
        state: State = Unchecked("it was edited without being recorded: its files are not what the ledger has")
    else:
        state = _state(change, authors, entries, checked, plan, needs, votes, waiver, policy)
    return Review(
        change.name, current, authors, checked, touches, needs, votes, waiver, state,
        entries[-1].version if entries else 0,
    )  # fmt: skip


def authors_of(change: Change, entries: Sequence[LedgerEntry]) -> tuple[str, ...]:
    """Who proposed the change, and who corrected or flagged any of it: by its files and by the ledger, each once.

    Every version of that name counts, so that nobody leaves by editing change.yaml or having it proposed anew.
    """
    made = (e.fact.author for e in entries if isinstance(e.fact, Proposed))
    return tuple(dict.fromkeys((*change.authors, *made)))


def is_author(authors: Sequence[str], person: str) -> bool:
    """Is `person` one of them?"""
    return any(same(person, author) for author in authors)


def _last(entries: Sequence[LedgerEntry], kind: type[T]) -> T | None:
    return next((e.fact for e in reversed(entries) if isinstance(e.fact, kind)), None)


def _votes(
    change: Change,
    authors: Sequence[str],
    entries: Sequence[LedgerEntry],
    checked: Checked | None,
    plan: Digest,
    needs: Sequence[Required],
    policy: Policy,
    now: Instant,
) -> Iterator[Vote]:
    current = change.digest
    given = [(e.index, e.fact) for e in entries if isinstance(e.fact, Approved)]
    for at, (index, vote) in enumerate(given):
        later = [v for _, v in given[at + 1 :] if same(v.by.person, vote.by.person) and v.run == vote.run]
        void = _outdated(vote, current, checked, plan, now) or _unfit(vote, authors, needs, policy)
        if not void and later:
            void = f"{vote.by.person} approved again, as {later[-1].role}"
        yield Vote(index, vote, void)


def _outdated(vote: Approved, current: Digest, checked: Checked | None, plan: Digest, now: Instant) -> str:
    if vote.change != current or checked is None:
        return "the change was edited since: this was given to an earlier version"
    if vote.run != checked.run:
        return f"check ran again on {checked.at[:16].replace('T', ' ')} UTC: this was given to an earlier run"
    if checked.plan != plan:
        return "the contract was edited since"
    if vote.expires <= now:
        return f"it expired on {vote.expires[:10]}"
    return ""


def _unfit(vote: Approved, authors: Sequence[str], needs: Sequence[Required], policy: Policy) -> str:
    """Why the person cannot sign for that role, by the policy of today."""
    person, need = vote.by.person, next((n for n in needs if n.role == vote.role), None)
    if need is None:
        return f"the policy no longer asks for {vote.role}"
    if is_author(authors, person):
        return f"{person} is an author of the change"
    if not any(same(person, p) for p in policy.people(vote.role)):
        return f"{person} no longer acts as {vote.role}"
    if need.signed and not vote.by.proven:
        return f"{vote.role} needs a sign-off, and {person} was only claimed on the command line"
    return ""


def _waiver(
    entries: Sequence[LedgerEntry], authors: Sequence[str], checked: Checked | None, policy: Policy
) -> Waived | None:
    """The waiver of this very run, by somebody who may still give it."""
    given = [e.fact for e in entries if isinstance(e.fact, Waived)]
    fit = (
        w
        for w in reversed(given)
        if checked is not None
        and (w.change, w.run) == (checked.change, checked.run)
        and w.by.proven
        and not is_author(authors, w.by.person)
        and any(same(w.by.person, p) for p in policy.people(policy.waiver))
    )
    return next(fit, None)


def _state(
    change: Change,
    authors: Sequence[str],
    entries: Sequence[LedgerEntry],
    checked: Checked | None,
    plan: Digest,
    needs: Sequence[Required],
    votes: Sequence[Vote],
    waiver: Waived | None,
    policy: Policy,
) -> State:
    no = _rejection(change, entries)
    if no is not None:
        return TurnedDown(no)
    if checked is None:
        return Unchecked("no run has looked at this version yet")
    if checked.plan != plan:
        return Unchecked("the contract was edited since the last run")
    blocked = _blocked(change, checked, waiver, policy)
    if blocked is not None:
        return blocked
    return _waiting(authors, needs, votes, policy)


def _rejection(change: Change, entries: Sequence[LedgerEntry]) -> Rejected | None:
    """The last no to this artifact: a new version that says the same is no new version."""
    artifacts = {e.fact.change: e.fact.artifact for e in entries if isinstance(e.fact, Proposed)}
    said = (e.fact for e in reversed(entries) if isinstance(e.fact, Rejected))
    return next((r for r in said if artifacts.get(r.change) == change.artifact.digest), None)


def _blocked(change: Change, checked: Checked, waiver: Waived | None, policy: Policy) -> Blocked | None:
    again = f"cleanroom check {change.name}"
    if checked.outcome == "FAIL":
        return Blocked("the battery says FAIL", f"Correct the change, then run {again}.")
    if checked.outcome == "UNKNOWN" and waiver is None:
        hint = f"Give it the evidence it lacks and run {again}, or have {policy.waiver} waive it."
        return Blocked("the battery says UNKNOWN, and nobody waived it", hint)
    grave = [t.area for t in checked.touches if t.area in SIGNED]
    if grave and checked.missing:
        lacks = ", ".join(checked.missing)
        hint = f"Give it what it lacks and check again, for example {again} --baseline DATA."
        return Blocked(f"it touches {', '.join(grave)}, which needs the full battery; not run: {lacks}", hint)
    if change.flagged:
        names = ", ".join(f"{c.legacy} (by {c.by})" for c in change.flagged)
        return Blocked(f"doubted and not answered: {names}", f"cleanroom correct {change.name} LEGACY=TARGET")
    return None


def _waiting(authors: Sequence[str], needs: Sequence[Required], votes: Sequence[Vote], policy: Policy) -> State:
    counting = [v for v in votes if not v.void]
    done = {v.approval.role: v for v in counting}
    missing = tuple(_missing(authors, n, counting, policy) for n in needs if n.role not in done)
    if missing:
        return Waiting(missing)
    return Cleared(min((v.approval.expires for v in counting), default=None))


def _missing(authors: Sequence[str], need: Required, counting: Sequence[Vote], policy: Policy) -> Missing:
    used = [v.approval.by.person for v in counting]
    holders = policy.people(need.role)
    who = tuple(p for p in holders if not is_author(authors, p) and not any(same(p, u) for u in used))
    if who:
        return Missing(need, who)
    if not holders:
        return Missing(need, (), f"nobody acts as {need.role}: name somebody under [roles] in cleanroom.toml")
    return Missing(need, (), f"everybody who acts as {need.role} is an author or signed in another role already")


def can_be_staffed(authors: Sequence[str], needs: Sequence[Required], policy: Policy) -> bool:
    """Are there enough different people for every role, authors aside?"""
    roles = [n.role for n in needs]
    people = {r: [p for p in policy.people(r) if not is_author(authors, p)] for r in roles}
    return assignment(roles, people) is not None
