"""A generated shop: months of clickstream under a legacy taxonomy, its last weeks tagged twice, and known defects."""

from cleanroom.sim.shop.data import DEFECTS, LEGACY, PROFILES, REFERENCE, Shop, candidate, write_shop
from cleanroom.sim.shop.project import project_files, watch_files, write_project
from cleanroom.sim.shop.taxonomy import LEGACY_NAMES, TRUTH
from cleanroom.sim.shop.world import FIRST_DAY, LAST_DAY, REFERENCE_FROM

__all__ = [
    "DEFECTS",
    "FIRST_DAY",
    "LAST_DAY",
    "LEGACY",
    "LEGACY_NAMES",
    "PROFILES",
    "REFERENCE",
    "REFERENCE_FROM",
    "TRUTH",
    "Shop",
    "candidate",
    "project_files",
    "watch_files",
    "write_project",
    "write_shop",
]
