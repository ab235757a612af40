"""The whole command line: `cleanroom COMMAND`, for tests and for documents."""

from cleanroom.entry.cli.commands import commands

app = commands()
