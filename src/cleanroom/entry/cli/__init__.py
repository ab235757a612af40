"""The command line."""


def main() -> None:
    """Run `cleanroom`."""
    import io
    import sys

    from cleanroom.entry.cli.root import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
