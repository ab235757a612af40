"""What watches production, and what it holds up when it is over its bound. AnyWatch, the union of the kinds, is the registry."""

from __future__ import annotations

from cleanroom.core.alert import Level
from cleanroom.core.base import noun
from cleanroom.core.sensors.columns import Columns
from cleanroom.core.sensors.cost import Cost
from cleanroom.core.sensors.counts import Cardinality, Counts
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.golden import Golden
from cleanroom.core.sensors.injection import Injection
from cleanroom.core.sensors.meaning import Meaning
from cleanroom.core.sensors.overload import Overload
from cleanroom.core.sensors.privacy import Privacy
from cleanroom.core.sensors.rate import Rate
from cleanroom.core.sensors.retrieval import Retrieval
from cleanroom.core.sensors.schema import Schema
from cleanroom.core.sensors.scope import Scope

AnyWatch = (
    Columns | Meaning | Freshness | Schema | Cardinality | Counts | Golden | Cost | Retrieval | Privacy | Rate
    | Scope | Injection | Overload
)  # fmt: skip


@noun
class Sensor:
    """One file of sensors/, its `name` is the file's.

    every    seconds from look to look; without a look for twice as long, that alerts by itself
    blocks   changes, flags or systems of the register, whose rollouts wait while it is over its bound; '*' for all
    level    of the alert; `system`: of the register, whose people hear of it
    runbook  a category of runbook
    """

    name: str
    watch: AnyWatch
    every: float = 86_400.0
    blocks: tuple[str, ...] = ()
    level: Level = "warning"
    system: str = ""
    runbook: str = ""
