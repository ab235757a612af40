"""The checks of the battery, one file a family. AnyCheck, the union of the kinds, is the registry."""

from __future__ import annotations

from cleanroom.core.checks.categories import Categories
from cleanroom.core.checks.counts import EventCount, OtherEvents
from cleanroom.core.checks.duplicates import Idempotent, Signature, UniqueKey
from cleanroom.core.checks.fields import ConsentGiven, Distinct, FieldRule, Fresh
from cleanroom.core.checks.funnels import FunnelOrder, FunnelShape
from cleanroom.core.checks.golden import GoldenCases
from cleanroom.core.checks.mapping import Agreement, Conserved, Coverage, Frequency, TargetsExist
from cleanroom.core.checks.numbers import Numbers
from cleanroom.core.checks.ratios import RatioBounds, RatioShift
from cleanroom.core.checks.references import OneOwner, Referred
from cleanroom.core.checks.schema import ColumnTypes, Payload
from cleanroom.core.checks.unasked import Unasked

AnyCheck = (
    TargetsExist
    | Coverage
    | Frequency
    | Agreement
    | Conserved
    | ColumnTypes
    | Payload
    | FieldRule
    | ConsentGiven
    | Distinct
    | Fresh
    | EventCount
    | OtherEvents
    | RatioBounds
    | RatioShift
    | Numbers
    | Categories
    | Referred
    | OneOwner
    | FunnelOrder
    | FunnelShape
    | UniqueKey
    | Signature
    | Idempotent
    | GoldenCases
    | Unasked
)

__all__ = ["AnyCheck"]
