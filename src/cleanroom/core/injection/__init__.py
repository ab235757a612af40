"""Does somebody try to take over the model? Attacks in what it reads, and secret marks in what it says.

found = judge(text, weights)             # an Injection, or None
mark = canary(key, "support prompt")     # to be put into a prompt
leaked(answer, [mark])                   # those marks that came out
"""

from cleanroom.core.injection.canary import canary, is_canary, leaked
from cleanroom.core.injection.judge import ATLAS, OWASP, Injection, Weights, judge, worst

__all__ = ["ATLAS", "OWASP", "Injection", "Weights", "canary", "is_canary", "judge", "leaked", "worst"]
