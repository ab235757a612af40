"""Writes the recording that the demo replays: `python scripts/record_demo.py`. Run it when plan, prompt or shop changed.

No larger model can be called where this project is built, so these answers were written in the manner of one, by
looking at the same prompt: eleven are right, three are the plausible mistakes that such models make.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from cleanroom.adapters.replay import Recorder
from cleanroom.app.propose.mapping import mapping
from cleanroom.app.propose.prompts import mapping_prompt
from cleanroom.ports.engine import Table
from cleanroom.ports.model import Ask, Reply
from cleanroom.sim.shop import LEGACY, write_project, write_shop
from cleanroom.wiring import room

TARGET = Path(__file__).resolve().parents[1] / "src/cleanroom/sim/shop/files/recorded/mapping.jsonl"
COPY = Path(__file__).resolve().parents[1] / "examples/shop/recorded/mapping.jsonl"

ANSWERS = {
    "prod_view": ("view_item", "a product page with its price"),
    "cat_list": ("view_item_list", "a paged list of products"),
    "srch": ("view_search_results", "a search term with its number of results"),
    "home": ("page_view", "the home page"),
    "basket_add": ("add_to_cart", "a product and a quantity go into the basket"),
    "basket": ("view_cart", "the basket with its items and value"),
    "chk_start": ("begin_checkout", "the checkout starts, with a coupon field"),
    "chk_pay": ("purchase", "the order is paid with a method"),
    "wish_add": ("add_to_wishlist", "a product is put on the wish list"),
    "order_ok": ("purchase", "a confirmed order with a transaction id"),
    "promo_hit": ("select_promotion", "a hit on a promotion slot is a click"),
    "signin": ("login", "somebody signs in with a method"),
    "basket_rm": ("remove_from_cart", "a product leaves the basket"),
    "dbg_ping": ("none", "a debug heartbeat, no visitor's event"),
}


class Written:
    """A model that says what is written above."""

    name = "recorded"
    endpoint = "replay"

    def ask(self, ask: Ask) -> Reply:
        """All names of the question, answered."""
        names = [n for n in ANSWERS if f'"{n}":' in ask.user]
        events = [{"legacy": n, "target": ANSWERS[n][0], "reason": ANSWERS[n][1]} for n in names]
        text = json.dumps({"events": events})
        return Reply(text, "larger-model", "written for the demo", len(ask.user) // 4, len(text) // 4)


def main() -> None:
    """Record what the demo will ask."""
    TARGET.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder))
        write_shop(Path(folder))
        work = room(Path(folder), "recorder")
        model = Recorder(Written(), TARGET)
        mapping(work, Table(Path(folder) / LEGACY), model, mapping_prompt(work.project), "recorded", runs=1)
    COPY.parent.mkdir(exist_ok=True)
    COPY.write_bytes(TARGET.read_bytes())


if __name__ == "__main__":
    main()
