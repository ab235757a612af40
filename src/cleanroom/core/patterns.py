"""Can every engine run this regular expression? The subset that Python and RE2 read the same, with no backtracking."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

MAX_LENGTH = 500
"""Characters of a pattern."""

MAX_REPEAT = 1000
"""RE2 refuses counted repeats, nested ones multiplied, beyond this."""

MAX_SIZE = 5000
"""Characters a pattern matches at most one by one, counted repeats written out: RE2 bounds its memory."""

_REFUSED_GROUPS = {
    "(?=": "lookahead",
    "(?!": "lookahead",
    "(?<=": "lookbehind",
    "(?<!": "lookbehind",
    "(?P=": "a backreference",
    "(?(": "a condition",
    "(?>": "an atomic group",
    "(?#": "a comment",
}
_GROUP = re.compile(r"\((?:\?(?:P<[A-Za-z_][A-Za-z0-9_]*>|[ims]*(?:-[ims]+)?:))?")
_FLAGS = re.compile(r"\(\?[ims]+\)")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbBAafnrtv]|x[0-9a-fA-F]{2}|[!-/:-@\[-`{-~ ])")
_CLASS_ESCAPE = re.compile(r"\\(?:[dDwWsSafnrtv]|x[0-9a-fA-F]{2}|[!-/:-@\[-`{-~ ])")
_COUNTED = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")


class _Refusal(Exception):
    pass


def refusal(pattern: str) -> str | None:
    """Why the pattern is refused, in a few words; None when it is fine."""
    if len(pattern) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    try:
        _Scan(pattern).run()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except _Refusal as why:
        return str(why)
    except re.error as error:
        return f"does not compile: {error.msg}"
    except (Warning, RecursionError, OverflowError):
        return "does not compile everywhere"
    return None


@dataclass(slots=True)
class _Group:
    """An open group: its size and deepest counted repeat so far, and those of its last atom, which a repeat multiplies."""

    size: int = 0
    repeats: int = 1
    last_size: int = 0
    last_repeats: int = 1

    def push(self, size: int, repeats: int) -> None:
        """Another atom follows."""
        self.size += self.last_size
        self.repeats = max(self.repeats, self.last_repeats)
        self.last_size, self.last_repeats = size, repeats


class _Scan:
    """One pass over the pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = [_Group()]
        self.repeatable = False

    def run(self) -> None:
        while self.at < len(self.pattern):
            self._step(self.pattern[self.at])
        if len(self.groups) > 1:
            raise _Refusal("does not compile: a group is not closed")
        self.groups[0].push(0, 1)
        if self.groups[0].size > MAX_SIZE:
            raise _Refusal(f"is too large: its repeats add up to more than {MAX_SIZE:,} characters")

    def _step(self, character: str) -> None:
        if character == "(":
            self._open()
        elif character == ")":
            self._close()
        elif character in "*+?" or (character == "{" and _COUNTED.match(self.pattern, self.at)):
            self._repeat(character)
        elif character == "|":
            self.at += 1
            self.repeatable = False
        elif character in "{}":
            raise _Refusal(f"holds a bare {character!r}: write \\{character}")
        else:
            self._atom(character)

    def _atom(self, character: str) -> None:
        if character == "\\":
            self._advance(_ESCAPE)
        elif character == "[":
            self._class()
        else:
            self.at += 1
        self.groups[-1].push(1, 1)
        # RE2 repeats ^ and $ and \b, Python does not: neither is ever meant.
        previous = self.pattern[self.at - 1]
        anchored = character in "^$" or (character == "\\" and previous in "bBA")
        self.repeatable = not anchored

    def _advance(self, escape: re.Pattern[str]) -> None:
        match = escape.match(self.pattern, self.at)
        if match is None:
            shown = self.pattern[self.at : self.at + 2]
            what = "a backreference" if shown[1:].isdigit() else f"the escape {shown}"
            raise _Refusal(f"uses {what}, which not every engine has")
        self.at = match.end()

    def _class(self) -> None:
        """A set in brackets. `]` may stand first; sets do not nest."""
        self.at += 2 if self.pattern.startswith("[^", self.at) else 1
        first = True
        while self.at < len(self.pattern):
            character = self.pattern[self.at]
            if character == "]" and not first:
                self.at += 1
                return
            if character == "[":
                raise _Refusal("holds a bare '[' inside a set: write \\[")
            if character == "]" or self.pattern[self.at : self.at + 2] in ("&&", "||", "~~", "--"):
                raise _Refusal(f"holds a bare {character!r} inside a set: write \\{character}")
            if character == "\\":
                self._advance(_CLASS_ESCAPE)
            else:
                self.at += 1
            first = False
        raise _Refusal("does not compile: a set in brackets is not closed")

    def _open(self) -> None:
        for start, what in _REFUSED_GROUPS.items():
            if self.pattern.startswith(start, self.at):
                raise _Refusal(f"uses {what}, which not every engine has")
        flags = _FLAGS.match(self.pattern, self.at)
        if flags:
            if self.at:
                raise _Refusal("sets flags after its start: write them first")
            self.at = flags.end()
            self.repeatable = False
            return
        match = _GROUP.match(self.pattern, self.at)
        if match is None or (self.pattern.startswith("(?", self.at) and match.end() == self.at + 1):
            raise _Refusal(f"holds a group that not every engine has: {self.pattern[self.at : self.at + 4]}")
        self.at = match.end()
        self.groups.append(_Group())
        if len(self.groups) > 50:
            raise _Refusal("nests deeper than 50 groups")
        self.repeatable = False

    def _close(self) -> None:
        if len(self.groups) == 1:
            raise _Refusal("does not compile: a group is closed that was not opened")
        group = self.groups.pop()
        group.push(0, 1)
        self.at += 1
        self.groups[-1].push(group.size + 1, group.repeats)
        self.repeatable = True

    def _repeat(self, character: str) -> None:
        if not self.repeatable:
            raise _Refusal(f"repeats nothing, or repeats twice, at character {self.at + 1}")
        times = 1
        if character == "{":
            match = _COUNTED.match(self.pattern, self.at)
            low, high = (match.group(1), match.group(3) or match.group(1)) if match else ("0", "0")
            if len(low) > 4 or len(high) > 4 or int(high) < int(low):
                raise _Refusal(f"repeats more than {MAX_REPEAT:,} times, or fewer than none")
            times = max(int(high), 1)
            self.at = match.end() if match else self.at
        else:
            self.at += 1
        if self.pattern.startswith("?", self.at):  # lazy
            self.at += 1
        group = self.groups[-1]
        group.last_size *= times
        group.last_repeats *= times
        if group.last_repeats > MAX_REPEAT:
            raise _Refusal(f"repeats more than {MAX_REPEAT:,} times, nested repeats multiplied")
        self.repeatable = False
