"""What stands in the slots of a mapping prompt? The plan's events, the legacy names, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cleanroom.app.propose.legacy import LegacyName, Row
from cleanroom.core.change import NONE
from cleanroom.core.contract import Event, Plan
from cleanroom.core.prompt import Prompt, PromptSettings, fill, quoted, reply_shape


def shared_slots(plan: Plan, settings: PromptSettings) -> dict[str, str]:
    """The slots that are the same in every call."""
    targets = [*plan.event_names, NONE]
    return {
        "events": "\n".join(_event(e) for e in plan.events),
        "examples": "\n".join((*(_example(e, settings) for e in plan.events), _no_example())),
        "targets": ", ".join(targets),
    }


def asked(
    prompt: Prompt,
    shared: Mapping[str, str],
    names: Mapping[str, LegacyName],
    refusals: Sequence[tuple[str, str]] = (),
) -> tuple[str, str]:
    """The system and the user text that ask about `names` (by label), after `refusals` (label, why) if there are any."""
    settings = prompt.settings
    limit = settings.text_chars
    slots = {
        **shared,
        "names": "\n".join(_name(label, name, settings) for label, name in names.items()),
        "reply": reply_shape(tuple(names)),
        "refusals": "\n".join(f"- {quoted(label, limit)}: {quoted(why, limit)}" for label, why in refusals),
    }
    user = fill(prompt.user, slots) + (fill(prompt.again, slots) if refusals else "")
    return fill(prompt.system, slots).strip(), user.strip()


def _event(event: Event) -> str:
    parameters = f" (parameters: {', '.join(p.name for p in event.parameters)})" if event.parameters else ""
    return f"- {event.name}: {_sentence(event.description)}{parameters}"


def _example(event: Event, settings: PromptSettings) -> str:
    """An old name that could have meant this event, made of its own words turned round, and its answer."""
    words = [w for w in event.name.split("_") if w not in ("to", "from")]
    old = "_".join(reversed(words)) if len(words) > 1 else f"{event.name}_evt"
    reason = quoted(_sentence(event.description).rstrip("."), settings.reason_chars)
    return f'Old event: "{old}"\n{{"target":"{event.name}","reason":{reason}}}'


def _no_example() -> str:
    return f'Old event: "cron_tick"\n{{"target":"{NONE}","reason":"no event fits"}}'


def _name(label: str, name: LegacyName, settings: PromptSettings) -> str:
    rows = "".join(f" {_row(r, settings)}" for r in name.samples)
    return f"{quoted(label, settings.text_chars)}: {name.rows:,} rows{rows and ', such as'}{rows}"


def _row(row: Row, settings: PromptSettings) -> str:
    shown = list(row.items())[: settings.columns]
    limit = settings.text_chars
    return "{" + ", ".join(f"{quoted(k, limit)}: {quoted(v, limit)}" for k, v in shown) + "}"


def _sentence(text: str) -> str:
    return " ".join(text.split())
