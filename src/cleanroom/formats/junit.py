"""How does a build server read a verdict? As JUnit XML: a suite for each family of checks, a case for each check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from cleanroom.core.base import Instant
from cleanroom.core.check import FAMILIES, CheckResult, Outcome
from cleanroom.core.run import Evidence, Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold at all, not even escaped (production [2] Char)."""

_MOST = 20_000


def junit(report: Report) -> str:
    """`report` as JUnit XML, as Jenkins, GitLab, GitHub actions and Azure read it.

    What stops the change is a failure; a required UNKNOWN is an error; an advisory FAIL or UNKNOWN is skipped with its
    message, so that it shows but does not turn a build red; WARN passes and says why in its output. A run without any
    check, or during which production changed, is an error of its own, since else the file would read as success.
    """
    root = ET.Element("testsuites", {"name": _clean(f"cleanroom check {report.name}"), "time": f"{report.seconds:.3f}"})
    for family in FAMILIES:
        evidence = [e for e in report.evidence if e.result.family == family]
        if evidence:
            _suite(root, f"cleanroom.{family}", report.run.at, map(_case, evidence))
    if troubles := _troubles(report):
        _suite(root, "cleanroom.run", report.run.at, map(_trouble, troubles))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, at: Instant, cases: Iterable[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", {"name": name, "timestamp": _clean(at)[:19]})
    for case in cases:
        case.set("classname", name)
        suite.append(case)
    for key, tag in (("tests", "."), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite) if tag == "." else len(suite.findall(f"testcase/{tag}"))))


def _case(evidence: Evidence) -> ET.Element:
    result = evidence.result
    case = ET.Element("testcase", {"name": _clean(result.check)})
    match result.outcome, result.required:
        case Outcome.FAIL, True:
            _say(case, "failure", result, evidence.query)
        case Outcome.UNKNOWN, True:
            _say(case, "error", result, evidence.query)
        case ((Outcome.FAIL | Outcome.UNKNOWN), False):
            ET.SubElement(case, "skipped", {"message": _clean(f"advisory {result.outcome}: {result.because}")})
        case Outcome.WARN, _:
            ET.SubElement(case, "system-out").text = _clean(f"WARN: {_told(result, evidence.query)}")
        case _:
            pass
    return case


def _say(case: ET.Element, tag: str, result: CheckResult, query: str) -> None:
    said = ET.SubElement(case, tag, {"message": _clean(result.because), "type": result.outcome.value})
    said.text = _clean(_told(result, query))


def _told(result: CheckResult, query: str) -> str:
    lines: Sequence[tuple[str, str]] = (
        ("", result.because),
        ("seen: ", result.seen),
        ("expected: ", result.expected),
        ("missing: ", result.missing),
        ("query:\n", query),
    )
    return "\n".join(lead + text for lead, text in lines if text)


def _troubles(report: Report) -> list[tuple[str, str]]:
    """What is wrong with the run as a whole: name and reason."""
    out = []
    if not report.evidence:
        out.append(("any check", "No check ran, and no evidence never counts as a pass."))
    if not report.untouched:
        out.append(
            ("production untouched", "Production data changed while the run was on, so its verdict proves nothing.")
        )
    return out


def _trouble(told: tuple[str, str]) -> ET.Element:
    name, why = told
    case = ET.Element("testcase", {"name": name})
    ET.SubElement(case, "error", {"message": why, "type": "UNKNOWN"}).text = why
    return case


def _clean(text: str) -> str:
    cut = text if len(text) <= _MOST else f"{text[:_MOST]}... ({len(text):,} characters)"
    return _NOT_XML.sub("", cut)
