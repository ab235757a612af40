"""`python -m cleanroom` is the command."""

from cleanroom.entry.cli import main

if __name__ == "__main__":
    main()
