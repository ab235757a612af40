"""Alerts: signals in, people told, and what they answer."""

from cleanroom.app.alerts.answer import acknowledge, lift, resolve, silence, silence_all
from cleanroom.app.alerts.intake import deadman, signal, signals_in
from cleanroom.app.alerts.read import Shown, every, holding, one, silences
from cleanroom.app.alerts.settle import Settled, settle
from cleanroom.app.alerts.undelivered import Tried, again, lost, send_test, undelivered

__all__ = [
    "Settled",
    "Shown",
    "Tried",
    "acknowledge",
    "again",
    "deadman",
    "every",
    "holding",
    "lift",
    "lost",
    "one",
    "resolve",
    "send_test",
    "settle",
    "signal",
    "signals_in",
    "silence",
    "silence_all",
    "silences",
    "undelivered",
]
