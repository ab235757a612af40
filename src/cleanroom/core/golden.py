"""Golden cases: inputs and what is right."""

from __future__ import annotations

from cleanroom.core.base import noun

Scalar = str | int | float | bool | None


@noun
class GoldenCase:
    """One case of `golden/*.jsonl`.

    Either `input` is a row before the change and `expect` what must come out of it (`expect` empty and `dropped`
    true: nothing comes out), or `key` finds a row of a candidate dataset and `expect` says what it must hold.
    Values are compared as text, numbers as numbers.
    """

    id: str
    expect: tuple[tuple[str, Scalar], ...] = ()
    input: tuple[tuple[str, Scalar], ...] = ()
    key: tuple[tuple[str, Scalar], ...] = ()
    dropped: bool = False
    because: str = ""
