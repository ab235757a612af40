"""What may go wrong with an AI in production, what do others call it, and by when is it written up?

Names of others: OWASP Top 10 for LLM Applications (2025 edition), MITRE ATLAS (techniques, names of 2026), NIST AI RMF 1.0
(subcategories) and the risks of its Generative AI Profile (NIST AI 600-1, July 2024). A name stands here only where it means the
same thing; `gap` says where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cleanroom.core.base import HOUR, Instant, instant, micros, noun
from cleanroom.core.facts.incidents import Category

DIRECT, INDIRECT, HINT = 3, 2, 1
"""How much a signal says of a category: it looks for that; it looks at what follows from it; it may be a sign."""

_WEEK = 7 * 24


@noun
class Named:
    """What somebody else calls it: their id and their name for it."""

    id: str
    name: str

    @property
    def says(self) -> str:
        """Both, for a person."""
        return f"{self.id} {self.name}".strip()


@noun
class Path:
    """One category and its path.

    means        one line: what happens to people
    owasp, atlas, rmf, risks   its names there; empty where there is no counterpart, and `gap` says so
    hours        after the detection, by which the postmortem is out
    runbook      the name of its runbook
    """

    category: Category
    title: str
    means: str
    owasp: tuple[Named, ...]
    atlas: tuple[Named, ...]
    rmf: tuple[Named, ...]
    risks: tuple[str, ...]
    gap: str
    hours: int = _WEEK

    @property
    def runbook(self) -> str:
        """Runbooks are named after their category."""
        return self.category

    @property
    def names(self) -> tuple[str, ...]:
        """All its names elsewhere, in lines for a person."""
        lists = (
            ("OWASP LLM 2025", tuple(n.says for n in self.owasp)),
            ("MITRE ATLAS", tuple(n.says for n in self.atlas)),
            ("NIST AI RMF", tuple(n.says for n in self.rmf)),
            ("NIST AI 600-1", self.risks),
        )
        return tuple(f"{whose}: {', '.join(names)}" for whose, names in lists if names)


_WATCHED = Named("MEASURE 2.4", "functionality and behavior are monitored in production")
_VALID = Named("MEASURE 2.5", "the system is demonstrated to be valid and reliable")
_SECURE = Named("MEASURE 2.7", "security and resilience are evaluated")
_PRIVATE = Named("MEASURE 2.10", "privacy risk is examined")
_COSTS = Named("MAP 3.2", "costs of errors and of how the system works are examined")
_SCOPE = Named("MAP 3.3", "the targeted application scope is specified")
_PEOPLE = Named("MAP 3.5", "processes for human oversight are defined")
_OFF = Named("MANAGE 2.4", "systems that act outside of their intended use can be disengaged")
_MODELS = Named("MANAGE 3.2", "pre-trained models are monitored")
_LEARNT = Named("MANAGE 4.1", "post-deployment monitoring with appeal, override and incident response")
_TOLD = Named("MANAGE 4.3", "incidents are communicated to those they affect")

_PATHS = (
    Path(
        "hallucination",
        "Hallucination",
        "It states as a fact what its sources do not say.",
        (Named("LLM09", "Misinformation"),),
        (),
        (_VALID, _WATCHED),
        ("Confabulation", "Information Integrity"),
        "ATLAS names what attackers do; an answer that is made up without one has no technique there.",
        hours=48,
    ),
    Path(
        "injection",
        "Prompt injection",
        "A text that it read gave it orders, and it followed them.",
        (Named("LLM01", "Prompt Injection"), Named("LLM07", "System Prompt Leakage")),
        (
            Named("AML.T0051", "LLM Prompt Injection"),
            Named("AML.T0051.001", "Indirect"),
            Named("AML.T0053", "AI Agent Tool Invocation"),
            Named("AML.T0056", "Extract LLM System Prompt"),
            Named("AML.T0070", "RAG Poisoning"),
        ),
        (_SECURE,),
        ("Information Security",),
        "",
    ),
    Path(
        "drift",
        "Drift",
        "Nobody changed what it is for, and yet it answers otherwise than it did.",
        (),
        (),
        (_WATCHED, _MODELS),
        (),
        "OWASP and ATLAS name what somebody does to a system, and the Generative AI Profile names no such risk.",
    ),
    Path(
        "cost",
        "Runaway cost",
        "It spends far more than what it does is worth.",
        (Named("LLM10", "Unbounded Consumption"),),
        (Named("AML.T0034", "Cost Harvesting"), Named("AML.T0034.002", "Agentic Resource Consumption")),
        (_COSTS,),
        (),
        "ATLAS means spending that an attacker causes; the Generative AI Profile names no such risk.",
    ),
    Path(
        "overload",
        "Escalation overload",
        "More goes to people than was promised, so that they cannot look properly any more.",
        (),
        (),
        (_PEOPLE, _LEARNT),
        ("Human-AI Configuration",),
        "OWASP and ATLAS have no name for it: nobody attacks.",
    ),
    Path(
        "scope",
        "Scope creep",
        "It does what it was never declared to do.",
        (Named("LLM06", "Excessive Agency"),),
        (),
        (_SCOPE, _OFF),
        (),
        "ATLAS names the use of a tool where an attacker causes it: that is injection. NIST AI 600-1 names no such risk.",
    ),
    Path(
        "privacy",
        "Privacy leak",
        "Personal data or a secret reached somebody who should not have it.",
        (Named("LLM02", "Sensitive Information Disclosure"),),
        (Named("AML.T0057", "LLM Data Leakage"),),
        (_PRIVATE, _TOLD),
        ("Data Privacy",),
        "",
    ),
)

PATHS: Mapping[Category, Path] = {p.category: p for p in _PATHS}
"""By category, the playbook's six first, then the privacy leak."""

METRICS: tuple[tuple[re.Pattern[str], Category, int], ...] = (
    (re.compile(r"hallucinat|grounded|faithful|factual|score/overlap"), "hallucination", DIRECT),
    (re.compile(r"injection|canary_token|jailbreak"), "injection", DIRECT),
    (re.compile(r"\bpii\b|personal data|secret"), "privacy", DIRECT),
    (re.compile(r"\bcosts?\b|_tokens\b|unpriced"), "cost", DIRECT),
    (re.compile(r"escalat"), "overload", DIRECT),
    (re.compile(r"misclassified|false_discovery|missed/|\bdrift"), "drift", INDIRECT),
    (re.compile(r"\brefused\b|refusal"), "overload", HINT),
)
"""What a metric's name, where it stands in a signal, speaks for."""

_OF_KIND: Mapping[str, str] = {"columns": "drift", "meaning": "drift", "cardinality": "drift", "rate": ""}


def due(category: Category | None, detected: Instant) -> Instant:
    """By when the postmortem is out: 48 hours after a hallucination was detected, else a week."""
    hours = PATHS[category].hours if category is not None else _WEEK
    return instant(micros(detected) + hours * HOUR)


def category_of(name: str) -> Category | None:
    """The category of that name; None where there is none."""
    return next((c for c in PATHS if c == name), None)


def runbook_for(kind: str, metric: str = "") -> str:
    """The category of runbook of a kind of sensor, where its file names none: its own name, but for what has another.

    `metric`: what a sensor of kind `rate` watches.
    """
    return (of_metric(metric) or "") if kind == "rate" else _OF_KIND.get(kind, kind)


def of_metric(metric: str) -> Category | None:
    """The category that a metric speaks for by itself; None where it is only a hint, or says nothing of the kind."""
    return next((c for p, c, weight in METRICS if weight > HINT and p.search(metric.casefold())), None)
