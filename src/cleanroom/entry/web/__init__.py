"""The pages: server-rendered, the same use cases as the command line and the API; a script adds comfort only."""

from __future__ import annotations

from fastapi import APIRouter

from cleanroom.entry.web import changes, home, ledger, mapping, people, queue, static
from cleanroom.entry.web.errors import error_page

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
for _pages in (home, changes, mapping, queue, ledger, people, static):
    router.include_router(_pages.router)
