"""Personal data and secrets are taken out before anything is kept, and ordinary text is left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.adapters.redactor import PatternRedactor
from cleanroom.core.telemetry.redaction import KINDS, Found, faults, kinds_of, redacted

LOOKS = PatternRedactor()


def cleaned(text: str, kinds: tuple[str, ...] = KINDS) -> str:
    return redacted(text, LOOKS.find(text, kinds))


PERSONAL = {
    "email": ["anna.mueller+shop@kunden-mail.example.co.uk", "o'neil_b@x.io", "jürgen@müller.example", "a@b.museum"],
    "phone": ["+49 30 901820", "(212) 555-0134", "212-555-0134", "+33 6 12 34 56 78", "+44 20 7946 0958", "+1 650-253-0000"],
    "card": ["4111 1111 1111 1111", "5500005555555559", "378282246310005", "4095-2609-9393-4932", "6011000990139424"],
    "iban": ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "FR1420041010050500013M02606", "NL91ABNA0417164300",
             "de89370400440532013000"],
    "ip": ["192.168.17.4", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "fe80::1ff:fe23:4567:890a", "00:1a:2b:3c:4d:5e"],
    "id": ["536-90-4399", "943 476 5919", "12345678Z", "RSSMRA85T10A562S", "AB 12 34 56 C", "131052-308T",
           "111.444.777-35", "756.9217.0769.85"],
    "secret": ["AKIAIOSFODNN7EXAMPLE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "xoxb-123456789012-123456789012-abcdefABCDEF",
               "sk-proj-abcDEF1234567890abcDEF1234567890abcDEF12", "npm_" + "a1" * 18, "AIza" + "b" * 35,
               "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
               "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----", "clr_abcd1234_" + "s" * 32],
}  # fmt: skip
NAMED = {
    "my ssn is 078051120": "id",
    "Steuer-ID 86 095 742 719": "id",
    "PESEL: 44051401359": "id",
    "passport no. C01X00T47": "id",
    "password: hunter2hunter2": "secret",
    'api_key="abc123def456"': "secret",
    "Authorization: Bearer abcdef0123456789abcdef": "secret",
    "postgresql://app:s3cretpw@db/x": "secret",
    "the cvc is 123": "secret",
}
ORDINARY = [
    "Order 4711 of 2026-11-22 cost 129.99 EUR", "the temperature was 21.5 degrees at 12:30:45", "version 1.2.3.4.5 shipped",
    "SKU 8412345678905 is out", "event page_view_2026 has 1,234,567 rows", "tracking 1Z999AA10123456784",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736", "uuid 123e4567-e89b-12d3-a456-426614174000", "12345678 customers, 987654321 events",
    "From 2026-01-01 to 2026-12-31", "timestamp 1700000000 and 1700000000000", "use :: for scope and a::b too",
    "EAN 4006381333931", "3.14159265358979", "invoice 2026-000123456", "python 3.11.7 on port 8420", "@ noon",
    "a password is required: see below",
    "meet @anna at 5", "the key: value pairs", "https://shop.example/orders/12345?page=2",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in PERSONAL.items() for text in texts])
def test_each_kind_is_found_amid_words(kind: str, text: str) -> None:
    for before, after in (("", ""), ("I wrote ", " today."), ("(", ")"), ("\n", ".\n"), ("x: ", ", and")):
        whole = before + text + after
        assert text not in cleaned(whole, (kind,)), whole
        assert cleaned(whole, (kind,)).startswith(before)
        assert text not in cleaned(whole), whole
    assert cleaned(text, ()) == text


@pytest.mark.parametrize(("text", "kind"), NAMED.items())
def test_what_a_word_before_it_gives_away_is_found(text: str, kind: str) -> None:
    assert f"[{kind}]" in cleaned(text, (kind,))


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert cleaned(text) == text


def test_numbers_of_a_country_are_found_where_the_register_names_it() -> None:
    assert cleaned("tel 030 / 901820") == "tel 030 / 901820"
    assert cleaned("tel 030 / 901820", ("phone/DE",)) == "tel [phone]"
    assert LOOKS.find("030 / 901820", ("phone/DE",)) == (Found(0, 12, "phone"),)


def test_the_register_says_which_kinds() -> None:
    assert kinds_of(()) == KINDS
    assert kinds_of(("none",)) == ()
    assert kinds_of(("email", "phone/DE")) == ("email", "phone/DE")
    wrong = list(faults(("email", "phone/DE", "none", "mail", "phone/de", "phone/Germany")))
    assert [w.split(" is no kind")[0] for w in wrong] == ["'none'", "'mail'", "'phone/de'", "'phone/Germany'"]
    assert not list(faults(("none",)))


PIECES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from([t for texts in PERSONAL.values() for t in texts] + list(NAMED) + ORDINARY),
        st.text("0123456789 -./:@+()abE", max_size=60),
    ),
    max_size=8,
)


@given(PIECES.map(" ".join))
def test_any_text_is_cleaned_without_a_fault_and_only_where_something_was_found(text: str) -> None:
    found = LOOKS.find(text, KINDS)
    assert all(0 <= f.start < f.end <= len(text) and f.kind in KINDS for f in found)
    assert list(found) == sorted(found, key=lambda f: (f.start, f.end))
    out = redacted(text, found)
    kept = "".join(c for i, c in enumerate(text) if not any(f.start <= i < f.end for f in found))
    assert _unmarked(out) == _unmarked(kept)


def _unmarked(text: str) -> str:
    for kind in KINDS:
        text = text.replace(f"[{kind}]", "")
    return text


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10), st.sampled_from(KINDS)), max_size=6))
def test_pieces_that_overlap_leave_nothing_of_either(pieces: list[tuple[int, int, str]]) -> None:
    text = "abcdefghijklmnopqrstuvwxyzABCD"
    found = [Found(start, start + length, kind) for start, length, kind in pieces]
    out = redacted(text, found)
    for i, letter in enumerate(text):
        inside = any(f.start <= i < f.end for f in found)
        assert (letter in _unmarked(out)) is not inside


EVIL = ["a", "1", "@", "a@a.", "1 ", "eyJ", "-", "AKIA", "password=", "1:", "DE12", "+1", "1-", "(1", "://a:", "bearer ",
        "ssn 1 ", "1234567 ", "-----BEGIN PRIVATE KEY-----", "sk-", "212-555-0134 ", "a.b@", "1.1.", "pin 1", "ab:", "(((",
        "tax id "]  # fmt: skip


@pytest.mark.parametrize("unit", EVIL)
def test_no_text_takes_long(unit: str) -> None:
    """Twenty thousand characters, the longest that are kept; ten times what was measured on two busy cores."""
    text = (unit * 20_000)[:20_000]
    begin = time.perf_counter()
    LOOKS.find(text, (*KINDS, "phone/DE", "phone/FR"))
    assert time.perf_counter() - begin < 3
