"""The command line."""


def main() -> None:
    """Run `cleanroom`."""
    import sys

    from cleanroom.entry.near.quick import killed

    if killed(sys.argv[1:]):
        return
    import io

    from cleanroom.entry.cli.commands import commands

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    commands(sys.argv[1] if len(sys.argv) > 1 else "")()
