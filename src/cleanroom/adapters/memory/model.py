"""A model that says what it was told to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cleanroom.core.base import Outside
from cleanroom.ports.model import Ask, Reply


class Scripted:
    """The Model port over a list of replies, given in order, or a function of the question. `asks` keeps what came in."""

    def __init__(self, replies: Sequence[str] | Callable[[Ask], str], name: str = "scripted") -> None:
        self._replies = replies
        self._name = name
        self.asks: list[Ask] = []

    @property
    def name(self) -> str:
        """As it was called."""
        return self._name

    @property
    def endpoint(self) -> str:
        """Nothing is called."""
        return "memory"

    def ask(self, ask: Ask) -> Reply:
        """The next reply. Raises Outside when it is empty, or when there is none left."""
        self.asks.append(ask)
        if callable(self._replies):
            text = self._replies(ask)
        elif len(self.asks) <= len(self._replies):
            text = self._replies[len(self.asks) - 1]
        else:
            text = ""
        if not text.strip():
            raise Outside(f"model {self._name!r} answered nothing", "Try again, or choose another model.")
        return Reply(text, model=self._name, version="1")
