"""What stands in a page for something that is not written yet?"""

from __future__ import annotations

GAP = "TODO"
"""What a draft leaves to people."""

STANDINS = (GAP, "FIXME", "TBD", "TBA", "TBC", "XXX")
"""Words that people write instead of what is to stand there."""
