"""May this person sign here? Turns a person's yes, no or waiver into a fact, or says why not."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.core.base import Instant, Refused, instant, micros
from cleanroom.core.facts import Approved, By, Rejected, Waived
from cleanroom.core.policy import Policy, Required, same
from cleanroom.core.review import Blocked, Cleared, Review, TurnedDown, Unchecked, Waiting, is_author

PROVE = "Sign in at the server, or put your personal token into CLEANROOM_TOKEN and run this again."


def approve(review: Review, policy: Policy, by: By, role: str | None, comment: str, now: Instant) -> Approved:
    """The approval of `by`, as `role` or as the one role that they can fill. Raises Refused with what stands against it."""
    if review.checked is None or not isinstance(review.state, Waiting | Cleared):
        raise Refused(f"{review.name} cannot be approved: {stands_against(review)}", what_next(review))
    _not_an_author(review, by, "approves")
    need = _need(review, policy, by, role)
    if need.signed and not by.proven:
        what = f"{need.role} ({', '.join(need.areas)}) needs a sign-off: {by.person} was only claimed"
        raise Refused(what, PROVE)
    return Approved(
        change=review.change,
        run=review.checked.run,
        role=need.role,
        by=by,
        policy=policy.digest,
        comment=comment.strip(),
        expires=instant(micros(now) + policy.expires * 1_000_000),
        at=now,
    )


def reject(review: Review, policy: Policy, by: By, reason: str, now: Instant) -> Rejected:
    """The rejection of `by`, who must have a role; it needs a reason. Raises Refused."""
    if not reason.strip():
        raise Refused("a rejection needs a reason", "Say why, so that the next version can do better: --reason TEXT")
    if isinstance(review.state, TurnedDown):
        raise Refused(f"{review.name} was rejected already: {review.state.rejection.reason}", what_next(review))
    roles = policy.roles_of(by.person)
    if not roles:
        raise Refused(f"{by.person} has no role in the policy", "Roles stand in cleanroom.toml under [roles].")
    role = next((n.role for n in review.needs if n.role in roles), roles[0])
    return Rejected(review.change, role, by, policy.digest, reason.strip(), now)


def waive(review: Review, policy: Policy, by: By, reason: str, now: Instant) -> Waived:
    """The waiver of `by` for a run that could not tell. Raises Refused."""
    if not reason.strip():
        raise Refused("a waiver needs a reason", "Say why it may go on although a check could not tell: --reason TEXT")
    if review.checked is None or review.checked.outcome != "UNKNOWN":
        raise Refused(f"{review.name} has nothing to waive: only an UNKNOWN can be", "A FAIL cannot be waived.")
    _not_an_author(review, by, "waives")
    if not any(same(by.person, p) for p in policy.people(policy.waiver)):
        raise Refused(f"only {policy.waiver} may waive", f"Acting as {policy.waiver}: {_names(policy, policy.waiver)}.")
    if not by.proven:
        raise Refused(f"a waiver needs a sign-off: {by.person} was only claimed", PROVE)
    return Waived(review.change, review.checked.run, policy.waiver, by, policy.digest, reason.strip(), now)


def stands_against(review: Review) -> str:
    """In one line, why a change does not go on; '' when it does."""
    match review.state:
        case Unchecked(because=because) | Blocked(because=because):
            return because
        case TurnedDown(rejection=no):
            return f"{no.by.person} rejected it as {no.role}: {no.reason}"
        case Waiting(missing=missing):
            return "not approved yet: " + ", ".join(f"{m.need.role} ({', '.join(m.need.areas)})" for m in missing)
        case Cleared():
            return ""


def what_next(review: Review) -> str:
    """In one line, what somebody can do about it."""
    match review.state:
        case Unchecked(because=because) if "without being recorded" in because:
            return f"Record the edit: cleanroom correct {review.name} --edited --reason TEXT"
        case Unchecked():
            return f"Run cleanroom check {review.name} --baseline DATA"
        case Blocked(next=hint):
            return hint
        case TurnedDown():
            return f"Make a new version: cleanroom correct {review.name} LEGACY=TARGET --reason TEXT"
        case Waiting(missing=missing):
            return "; ".join(m.because or f"{m.need.role}: {' or '.join(m.who[:3])}" for m in missing)
        case Cleared(until=until):
            return f"It may go on until {until[:16].replace('T', ' ')} UTC" if until else "It may go on"


def _not_an_author(review: Review, by: By, does: str) -> None:
    if is_author(review.authors, by.person):
        what = f"{by.person} is an author of {review.name}: nobody {does} their own change"
        raise Refused(what, f"Ask somebody else; authors are {', '.join(review.authors)}.")


def _need(review: Review, policy: Policy, by: By, role: str | None) -> Required:
    """The requirement that this approval fills."""
    holds = policy.roles_of(by.person)
    asked = ", ".join(n.role for n in review.needs) or "nobody"
    if role is not None and role not in holds:
        raise Refused(f"{by.person} does not act as {role}", f"Acting as {role}: {_names(policy, role)}.")
    fits = [n for n in review.needs if n.role in ((role,) if role else holds)]
    if not fits:
        what = f"{by.person} acts as {', '.join(holds)}" if holds else f"{by.person} has no role in the policy"
        raise Refused(f"{what}; {review.name} asks for {asked}", "Roles stand in cleanroom.toml under [roles].")
    open_needs = _open(review, fits) or fits
    if len(open_needs) > 1:
        names = " or ".join(n.role for n in open_needs)
        raise Refused(
            f"{by.person} could sign as {names}", f"Say which, since one person signs once: --role {fits[0].role}"
        )
    return open_needs[0]


def _open(review: Review, fits: Sequence[Required]) -> list[Required]:
    missing = review.state.missing if isinstance(review.state, Waiting) else ()
    return [n for n in fits if any(m.need.role == n.role for m in missing)]


def _names(policy: Policy, role: str) -> str:
    return ", ".join(policy.people(role)) or "nobody yet"
