"""Which database does a path or a URL mean?"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.core.base import Misuse
from cleanroom.ports.project import StoreSettings

_SQLITE = "sqlite:///"
_SCHEME = re.compile(r"([a-z][a-z0-9+]*)://|(sqlite|postgresql):")


def open_store(address: str, place: Callable[[str], Path], *, create: bool = True) -> SqlStore:
    """The store at `address`: postgresql://..., sqlite:///PATH, or a path. `place` says where a path leads, or refuses.

    Raises what open_sqlite and open_postgresql raise, and Misuse for any other kind of URL.
    """
    if address.startswith("postgresql://"):
        from cleanroom.adapters.sqlstore.postgresql import open_postgresql

        return open_postgresql(address, create=create)
    from cleanroom.adapters.sqlstore.sqlite import open_sqlite

    path = address.removeprefix(_SQLITE)
    scheme = _SCHEME.match(path)
    if scheme or not path:
        kind = (
            f"a store's address cannot begin with {scheme.group()!r}" if scheme else "a store's address names no file"
        )
        raise Misuse(kind, "use a path, sqlite:///PATH or postgresql://HOST/DATABASE")
    return open_sqlite(place(path), create=create)


def address_of(settings: StoreSettings) -> str:
    """What [store] says: its url, or what the variable url_env holds; '' where it says nothing.

    Raises Misuse for a variable that is not set.
    """
    if not settings.url_env:
        return settings.url
    found = os.environ.get(settings.url_env, "").strip()
    if not found:
        what = f"the variable {settings.url_env} is not set, and [store] reads the store's address there"
        raise Misuse(what, f"export {settings.url_env}=postgresql://USER:PASSWORD@HOST/DATABASE")
    return found
