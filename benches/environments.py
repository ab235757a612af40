"""Makes the environments that the peers run in: `python benches/environments.py [PEER ...]`.

Each peer has its own under .venvs/, from the exact pins of benches/peers/requirements-PEER.txt, by uv where it is
installed and by venv and pip where not. An environment that is whole and of the same pins is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEERS = ("soda", "pandera_polars", "great_expectations_pandas")
"""Those of the battery."""

OTHERS = ("mlflow", "phoenix")
"""Those of benches/ingest.py: large, and made only where they are asked for."""


class Unmade(Exception):
    """An environment could not be made; the message says which, and what the installer said last."""


def _pins(peer: str) -> Path:
    return ROOT / "benches" / "peers" / f"requirements-{peer}.txt"


def _home(peer: str) -> Path:
    return ROOT / ".venvs" / peer


def _stamp(peer: str) -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor} {hashlib.sha256(_pins(peer).read_bytes()).hexdigest()}"


def interpreter(peer: str) -> Path:
    """The Python of a peer's environment, whether or not it has been made."""
    return _home(peer) / "bin" / "python"


def ready(peer: str) -> bool:
    """Whether the peer's environment is whole and has the pins of today."""
    stamp = _home(peer) / "stamp"
    return interpreter(peer).exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == _stamp(peer)


def make(peer: str) -> None:
    """Make the peer's environment anew. Raises Unmade."""
    home = _home(peer)
    try:
        if home.exists():
            shutil.rmtree(home)
        home.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise Unmade(f"cannot make {home}: {error.strerror}") from error
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        _run(peer, [uv, "venv", "--quiet", "--python", sys.executable, str(home)])
        install = [uv, "pip", "install", "--quiet", "--python", str(interpreter(peer))]
    else:
        _run(peer, [sys.executable, "-m", "venv", str(home)])
        install = [str(interpreter(peer)), "-m", "pip", "install", "--quiet"]
    _run(peer, [*install, "--requirement", str(_pins(peer))])
    # Written last: an environment whose making was cut short is not taken for whole.
    (home / "stamp").write_text(_stamp(peer), encoding="utf-8")


def _run(peer: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise Unmade(f"cannot make the environment of {peer}: {said[-1].strip()}")


def main() -> int:
    """Make the environments that are named, or all."""
    parser = argparse.ArgumentParser(description="Make the environments of the benchmark's peers.")
    parser.add_argument(
        "peers", nargs="*", metavar="PEER", help=f"of {', '.join((*PEERS, *OTHERS))} (default: the first {len(PEERS)})"
    )
    given = parser.parse_args()
    unknown = [peer for peer in given.peers if peer not in (*PEERS, *OTHERS)]
    if unknown:
        parser.error(f"no such peer: {unknown[0]} (there are {', '.join((*PEERS, *OTHERS))})")
    for peer in given.peers or PEERS:
        try:
            if not ready(peer):
                make(peer)
        except Unmade as error:
            print(error, file=sys.stderr)
            return 4
        print(f"{peer}: {interpreter(peer)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
