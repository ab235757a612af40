"""A door of the server for commands of the same account on the same machine (docs/flags.md).

A kill that has to load the ledger, its database and numpy takes a second or two before it has written anything. A server of the
same project has all that loaded: the command says one line through a socket in .cleanroom/door, and the server writes the entry.
Without a server, or where it does not answer at once, the command does it by itself, as ever: a kill twice over is one kill.
"""

DOOR = ".cleanroom/door"
"""The folder of the socket, below the project: of the server's account alone, as the ledger is."""

SOCKET = "server.sock"

LONGEST = 16_384
"""Bytes of a question or an answer."""
