"""How does a list with a sentence in each entry fit a terminal of 80 columns? Short cells in a line, the sentence below them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

Row = tuple[Sequence[Text], Text]
"""Short cells, and what is said below them."""

_BETWEEN, _INDENT = "  ", "  "


def show_rows(columns: Sequence[str], rows: Sequence[Row], console: Console) -> None:
    """The head, then each entry: its cells below the columns' names, and its sentence, indented. The last cell may be long."""
    widths = [max(len(name), *(c[place].cell_len for c, _ in rows)) for place, name in enumerate(columns)]
    console.print(_line([Text(c, "dim") for c in columns], widths), soft_wrap=True)
    for cells, sentence in rows:
        console.print(_line(cells, widths), soft_wrap=True)
        lines = [sentence] if console.soft_wrap else sentence.wrap(console, max(console.width - len(_INDENT), 20))
        for line in lines if sentence.plain else ():
            console.print(Text.assemble(_INDENT, line), soft_wrap=True)


def _line(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text()
    for cell, width in zip(cells, widths, strict=True):
        line.append_text(cell).append(" " * (width - cell.cell_len)).append(_BETWEEN)
    line.rstrip()
    return line
