"""Where do the pages hang? On one router: a click is matched against one list of addresses."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
