"""How is a PromQL query of OpenSLO asked over any window? Its range becomes $window; nothing else of it is understood."""

from __future__ import annotations

import re

WINDOW = "$window"

_TEMPLATE = re.compile(r"\{\{\s*\.?(?:window|Window)\s*\}\}|\$__(?:range|rate_interval|interval)\b|\$\{window\}")
_RANGE = re.compile(r"\[\s*[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*\s*\]")
_RATE = re.compile(r"\bi?rate\s*\(")
_STRING = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'"
_LABELS = r"\{(?:[^{}\"']|" + _STRING + r")*\}"
_SELECTOR = re.compile(
    rf"\s*(?:sum\s*\(\s*)?(?P<one>[A-Za-z_:][A-Za-z0-9_:]*\s*(?:{_LABELS})?|{_LABELS})\s*\)?\s*", re.ASCII
)
_LONGEST = 5000


def windowed(query: str, counter: bool) -> tuple[str | None, str]:
    """(the query with $window as its range, what was changed); (None, why not) where it cannot be asked over a window.

    One range for all is replaced, rates become increases (the share stays the same, and counts are counts), and a bare
    counter is summed up over the window.
    """
    text = _TEMPLATE.sub(WINDOW, query.strip())
    if len(text) > _LONGEST or "\x00" in text:
        return None, f"a query has at most {_LONGEST:,} characters"
    if WINDOW in text:
        return text, ""
    ranges = set(_RANGE.findall(text))
    if len(ranges) > 1:
        return None, "the query has several ranges, so that it cannot be asked over another window"
    if ranges:
        text = _RATE.sub("increase(", text.replace(ranges.pop(), f"[{WINDOW}]"))
        return text, f"the query is asked as {text}"
    bare = _SELECTOR.fullmatch(text)
    opened = text.count("(") == text.count(")")
    if bare is None or not opened:
        return None, "the query has no range, so that it cannot be asked over another window"
    if not counter:
        return None, "a gauge cannot be added up over a window: only counters are supported (counter: true)"
    asked = f"sum(increase({bare['one'].strip()}[{WINDOW}]))"
    return asked, f"the query is asked as {asked}"
