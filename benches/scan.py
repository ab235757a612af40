"""The least that any check of the workload must do: `python benches/scan.py DIR` decodes every column of both files.

It sums the lengths of the texts and the numbers, so that nothing can be answered from the files' metadata, and
prints the sums as one JSON line. Its cost is the unit of the other figures.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

_SUMS = """
SELECT
    sum(strlen(event_id)), sum(epoch_us(ts)), sum(strlen(user_id)), sum(strlen(session_id)), sum(strlen(event_name)),
    sum(strlen(country)), sum(strlen(currency)), sum(price), sum(quantity), sum(strlen(device)),
    sum(strlen(page_url)), sum(strlen(properties))
FROM read_parquet($file)
"""


def main() -> int:
    """Decode both files of the workload in DIR."""
    if len(sys.argv) != 2:
        print("usage: python benches/scan.py DIR", file=sys.stderr)
        return 2
    connection = duckdb.connect()
    sums = {}
    for side in ("baseline", "candidate"):
        file = Path(sys.argv[1]) / f"{side}.parquet"
        try:
            row = connection.execute(_SUMS, {"file": str(file)}).fetchone()
        except duckdb.Error as error:
            print(f"cannot read {file}: {str(error).splitlines()[0]}", file=sys.stderr)
            return 4
        sums[side] = [float(value) for value in row or ()]
    print(json.dumps(sums))
    return 0


if __name__ == "__main__":
    sys.exit(main())
