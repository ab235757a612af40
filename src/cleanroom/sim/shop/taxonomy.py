"""What does the generated shop call its events, and what would each be called under the new plan?"""

from __future__ import annotations

from cleanroom.core.change import NONE, MappedName, Mapping

TRUTH = Mapping(
    (
        MappedName("home", "page_view", "The home page was opened."),
        MappedName("cat_list", "view_item_list", "A category page lists products."),
        MappedName("srch", "search", "Somebody typed a search term; the payload holds it."),
        MappedName("promo_hit", "view_promotion", "A banner came into view; nobody clicked it."),
        MappedName("prod_view", "view_item", "A product page was opened."),
        MappedName("wish_add", "add_to_wishlist", "A product was put on the wish list."),
        MappedName("basket_add", "add_to_cart", "A product was put into the basket."),
        MappedName("basket", "view_cart", "The basket page was opened."),
        MappedName("basket_rm", "remove_from_cart", "A product was taken out of the basket."),
        MappedName("chk_start", "begin_checkout", "The checkout was opened."),
        MappedName("chk_pay", "add_payment_info", "A means of payment was chosen; nothing is paid yet."),
        MappedName("order_ok", "purchase", "The order was paid and confirmed."),
        MappedName("signin", "login", "Somebody signed in."),
        MappedName("dbg_ping", NONE, "A sign of life for developers; it says nothing about a visitor."),
    )
)
"""The right mapping, made by hand."""

LEGACY_NAMES = tuple(m.legacy for m in TRUTH.events)
"""The legacy taxonomy: 14 names."""

CONSENT_NEEDED = ("promo_hit", "wish_add")
"""Recorded only for people who agreed to marketing."""
