"""How can a sentence be turned from the person to the system? A question that fits the kind, and a first example."""

from __future__ import annotations

QUESTIONS = {
    "harm": "What let it through?",
    "omission": "What did not ask for it, or made it easy to leave out?",
    "cause": "Which gap would have let anybody do the same?",
    "shortcoming": "What made the slip easy, and what did not catch it?",
    "hindsight": "What would have shown or stopped it at the time?",
    "knew": "What was missing between the signal and the decision?",
    "sarcasm": "What happened, in plain words, and what allowed it?",
    "demand": "What can be changed so that care is not what it depends on?",
}
"""A question for each rule."""

_EXAMPLES = (
    (("eval", "evals", "prompt", "model", "golden"), "The deploy did not require an eval pass."),
    (
        ("alert", "alerts", "page", "pages", "alarm", "warning", "warnings", "paged"),
        "The alert did not reach anybody who could act on it.",
    ),
    (
        ("review", "reviewed", "reviewer", "reviewers", "diff", "approved", "approver"),
        "The review did not show what the change would do.",
    ),
    (("flag", "flags", "switch", "toggle"), "The flag could be changed without a second approval."),
    (("key", "token", "credentials", "secret", "password"), "Nothing scanned for secrets before they were published."),
    (
        ("deleted", "dropped", "wiped", "erased", "delete", "table", "records", "backup", "backups"),
        "The command ran on live data without a confirmation.",
    ),
    (
        ("wrong", "selected", "typed", "environment", "cluster", "console"),
        "The console did not tell production from staging.",
    ),
    (("runbook", "checklist", "procedure", "process", "steps"), "The runbook's step was not enforced by a tool."),
    (("rollback", "roll", "revert"), "The rollback had no rehearsed command."),
    (
        ("config", "configuration", "setting", "misconfigured"),
        "The configuration was not validated before it was applied.",
    ),
    (("test", "tests", "tested", "untested", "qa"), "The pipeline let the change go on without a test."),
    (("migration", "schema", "index"), "The migration had no dry run, and nothing compared before with after."),
    (("vendor", "supplier", "provider"), "The contract with the vendor asks for no notice before a change."),
    (
        ("deploy", "deployed", "pushed", "shipped", "merged", "release", "released"),
        "The deploy did not require a check of the result.",
    ),
)
_OTHERWISE = {
    "harm": "The change reached production without a check that would have refused it.",
    "omission": "Nothing in the process made the step visible, or waited for it.",
    "cause": "One action was enough, and no guard stood behind it.",
    "shortcoming": "The tool accepted the input without a check.",
    "hindsight": "No signal showed the state at that time.",
    "knew": "The warning had no owner and no date.",
    "sarcasm": "The step was allowed without a check.",
    "demand": "Add a guard that refuses the step when its check is missing.",
}


def reword(rule: str, low: list[str]) -> str:
    """A suggestion for a sentence with the words `low` that fell under `rule`."""
    example = _OTHERWISE[rule]
    if rule != "demand":
        known = set(low)
        example = next((text for signs, text in _EXAMPLES if known & set(signs)), example)
    return f'{QUESTIONS[rule]} For example: "{example}"'
