"""What does production say? Outcomes come in, are held against what their flag served then, and are kept."""

from cleanroom.app.signals.assigned import Assigned
from cleanroom.app.signals.draw import Drawn, draw, pull
from cleanroom.app.signals.record import Accepted, record
from cleanroom.app.signals.settle import settle
from cleanroom.app.signals.view import Shown, shown

__all__ = ["Accepted", "Assigned", "Drawn", "Shown", "draw", "pull", "record", "settle", "shown"]
