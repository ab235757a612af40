"""Where do the pages hang? On one router: a click is matched against one list of addresses."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from cleanroom.entry.api.doors import sent_csrf, visit_of


class PageRoute(APIRoute):
    """A route whose endpoint may have `request: Request, page: Visit`: who is there, found in the page's own thread."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, _entered(endpoint), **options)


def _entered(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint behind the door: who is not signed in does not get to it."""
    asked = inspect.signature(endpoint, eval_str=True)
    if "page" not in asked.parameters:
        return endpoint

    @wraps(endpoint)
    async def enter(request: Request, **given: Any) -> Any:
        csrf = await sent_csrf(request)
        return await run_in_threadpool(lambda: endpoint(request=request, page=visit_of(request, csrf), **given))

    rest = [p for p in asked.parameters.values() if p.name != "page"]
    enter.__signature__ = asked.replace(parameters=rest)  # type: ignore[attr-defined]
    return enter


router = APIRouter(include_in_schema=False, route_class=PageRoute)
