"""Which files does a report become? A page for people, JSON for programs, JUnit for CI servers."""

from __future__ import annotations

from cleanroom.core.run import Report
from cleanroom.entry.report.html import html
from cleanroom.entry.report.json import report_json
from cleanroom.formats.junit import junit

NAMES = ("report.html", "report.json", "junit.xml")


def report_files(report: Report) -> dict[str, bytes]:
    """{name: content} of NAMES."""
    made = (html(report).encode(), report_json(report), junit(report).encode())
    return dict(zip(NAMES, made, strict=True))
