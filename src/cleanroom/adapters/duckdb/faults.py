"""What went wrong in DuckDB, in one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cleanroom.core.base import Misuse, Outside

_CASES: tuple[tuple[str, type[Misuse] | type[Outside], str, str], ...] = (
    (r"Maximum line size|maximum_object_size|Maximum object size", Misuse, "has a line that is too long to be a row",
     "Rows may take up to 16 MB; check the line endings and quoting of the file."),
    (r"not utf-8|Invalid unicode|unicode.*(invalid|error)|not valid UTF-8|UTF-8 encod", Misuse, "is not UTF-8 text",
     "Convert it first, for example: iconv -f LATIN1 -t UTF-8 FILE > FILE.utf8.csv"),
    (r"No space left|disk.*full|Could not write|ENOSPC", Outside, "could not be written: the disk is full",
     "Free some space or move the project, then run the command again; nothing was left half-written."),
    (r"No magic bytes|too small to be a Parquet|not a Parquet|Invalid.*Parquet|TProtocolException|Snappy|ZSTD|Corrupt|"
     r"footer length|failed to decode|Decompression|metadata is malformed|decryption|page header|out of buffer", Misuse,
     "is not a readable Parquet file", "Write it again, or check that the copy is complete."),
    (r"permission denied|Permission denied", Misuse, "may not be read", "Check its permissions."),
    (r"Malformed JSON|Invalid Input Error: .*JSON", Misuse, "is not one JSON object a line",
     "Each line of a .jsonl file holds one object."),
    (r"CSV Error|CSV Sniffer|Error when (converting|sniffing)|CSV.*(line|Line)", Misuse, "is not CSV that can be read",
     "Check its delimiter, quotes and the line named."),
    (r"Out of Memory|out of memory|could not allocate", Outside, "needs more memory than the engine was given",
     "Give it more with CLEANROOM_MEMORY, for example CLEANROOM_MEMORY=4GB."),
)  # fmt: skip


@contextmanager
def translated(path: Path | None = None) -> Iterator[None]:
    """Turn DuckDB's errors into Misuse and Outside; Ctrl-C stays Ctrl-C."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise _told(str(error), path) from error


def _told(message: str, path: Path | None) -> Misuse | Outside:
    place = str(path) if path else _file_in(message)
    for pattern, kind, what, hint in _CASES:
        if re.search(pattern, message, re.IGNORECASE):
            line = re.search(r"[Ll]ine:? (\d+)", message)
            return kind(f"{place} {what}" + (f" (line {line[1]})" if line and kind is Misuse else ""), hint)
    first = message.strip().splitlines()[0][:300] if message.strip() else "unknown error"
    return Outside(f"DuckDB could not do it: {first}", "If the data is sound, please report this.")


def _file_in(message: str) -> str:
    found = re.search(r"""["']([^"'\n]+\.(?:parquet|csv|jsonl|ndjson|json|duckdb|gz))["']""", message)
    return found[1] if found else "A file of the run"
