"""The ledger through the server: pages of it, proofs, checkpoints; each for whoever may read, each as the document says."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.doors import ANA, Yard, bearer, yard
from tests.second_opinion import root_by_path, signed_text

from cleanroom.core.base import Instant, digest
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Write
from cleanroom.core.merkle import consistency_holds, leaf_hash
from cleanroom.entry.api import ledger as router

AT = Instant("2026-11-21T23:20:00.000000Z")
SIZE = 21


def fact(i: int) -> Proposed:
    return Proposed(digest(b"%d" % i), f"names {i}", "mapping", digest(b"a"), "ann", "model", None, AT)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    made = yard(tmp_path_factory.mktemp("ledger") / "shop")
    made.room.store.append([Write(f"subject {i % 4}", i // 4, fact(i)) for i in range(SIZE)])
    return made


@pytest.fixture(scope="module")
def reader(place: Yard) -> TestClient:
    client = place.client()
    client.headers.update(bearer(place.token(ANA, "read")))
    return client


def got(client: TestClient, path: str, status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def raw(name: str) -> bytes:
    return bytes.fromhex(name.removeprefix("sha256:"))


PATHS = ["", "/entries/0", "/consistency?old=0", "/checkpoint", "/key", "/verify"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_without_a_key(place: Yard, path: str) -> None:
    assert place.client().get(f"/v1/ledger{path}").status_code == 401
    wrong = bearer(place.token(ANA, "outputs"))
    assert place.client().get(f"/v1/ledger{path}", headers=wrong).status_code == 403


def test_the_ledger_comes_page_by_page(place: Yard, reader: TestClient) -> None:
    seen, after = [], -1
    while True:
        page = got(reader, f"/v1/ledger?after={after}&limit=8")
        assert page["size"] == place.room.store.size()
        seen += page["entries"]
        if page["next"] is None:
            break
        after = page["next"]
    assert [e["index"] for e in seen] == list(range(place.room.store.size()))
    assert seen[5] == json.loads(list(place.room.store.stored())[5].body)
    assert got(reader, "/v1/ledger?after=99999") == {"size": place.room.store.size(), "entries": [], "next": None}


def test_an_entry_comes_with_a_proof_that_anybody_can_check(place: Yard, reader: TestClient) -> None:
    lines = list(place.room.store.stored())
    for size in (7, SIZE):
        found = got(reader, f"/v1/ledger/entries/6?size={size}")
        assert found["body"].encode() == lines[6].body
        assert found["entry"] == json.loads(lines[6].body)
        leaf = leaf_hash(found["body"].encode())
        assert raw(found["leaf"]) == leaf
        assert (
            root_by_path(6, size, leaf, [raw(p) for p in found["proof"]]) == raw(found["root"]) == lines[size - 1].root
        )


def test_the_ledger_is_shown_to_have_only_grown(place: Yard, reader: TestClient) -> None:
    found = got(reader, f"/v1/ledger/consistency?old=5&new={SIZE}")
    proof = [raw(p) for p in found["proof"]]
    assert consistency_holds(5, SIZE, raw(found["old_root"]), raw(found["new_root"]), proof)
    assert got(reader, "/v1/ledger/consistency?old=5")["new"] == place.room.store.size()


def test_a_checkpoint_is_a_signed_note_of_the_key_that_is_shown(place: Yard, reader: TestClient) -> None:
    key = got(reader, "/v1/ledger/key")["key"]
    answer = reader.get("/v1/ledger/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    text = signed_text(answer.content, key)
    assert text is not None
    assert text.splitlines()[:2] == ["cleanroom/shop", str(place.room.store.size())]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/entries/99999", 404),
        ("/entries/5?size=5", 404),
        ("/entries/0?size=99999", 404),
        ("/entries/-1", 422),
        ("/entries/seven", 422),
        (f"/entries/{2**70}", 422),
        ("/consistency?old=9&new=5", 404),
        ("/consistency?old=0&new=99999", 404),
        ("/consistency?old=-1", 422),
        ("/consistency", 422),
        ("?limit=0", 422),
        ("?limit=501", 422),
        ("?after=-2", 422),
    ],
)
def test_what_is_not_there_is_a_problem_that_says_so(reader: TestClient, path: str, status: int) -> None:
    said = got(reader, f"/v1/ledger{path}", status)
    assert said["status"] == status
    assert said["detail"]
    assert said["hint"]


def test_verification_names_the_entry_that_was_touched(tmp_path: Path) -> None:
    place = yard(tmp_path / "shop")
    place.room.store.append([Write(f"subject {i}", 0, fact(i)) for i in range(9)])
    client = place.client()
    client.headers.update(bearer(place.token(ANA, "read")))
    whole = got(client, "/v1/ledger/verify")
    assert whole["outcome"] == "verified"
    assert whole["size"] == place.room.store.size()
    with closing(sqlite3.connect(tmp_path / "shop" / ".cleanroom" / "ledger.db", isolation_level=None)) as forger:
        forger.execute("UPDATE ledger SET body = zeroblob(9) WHERE idx = 4")
    found = got(client, "/v1/ledger/verify")
    assert (found["outcome"], found["index"], found["fault"]) == ("touched", 4, "bytes")
    assert "no proof of entry 4" in got(client, "/v1/ledger/entries/4", 403)["detail"]
    assert got(client, "/v1/ledger/checkpoint", 403)["hint"]
    assert got(client, "/v1/ledger/entries/5")["index"] == 5, "what is not touched can still be proven"


def test_the_whole_ledger_is_verified_by_one_at_a_time(place: Yard, reader: TestClient) -> None:
    answers: list[int] = []
    with router._verifying:
        asking = Thread(target=lambda: answers.append(reader.get("/v1/ledger/verify").status_code))
        asking.start()
        asking.join(30)
    assert answers == [503]
    assert got(reader, "/v1/ledger/verify")["outcome"] == "verified"


def test_the_document_describes_every_answer(place: Yard) -> None:
    document = place.client().get("/openapi.json").json()
    paths = {path: item["get"] for path, item in document["paths"].items() if path.startswith("/v1/ledger")}
    assert len(paths) == len(PATHS)
    for path, said in paths.items():
        assert said["description"]
        wanted = {"200", "401", "403", "422", "503"} | (
            {"404"} if "entries" in path or "consistency" in path else set()
        )
        assert wanted <= said["responses"].keys(), path
    example = paths["/v1/ledger/checkpoint"]["responses"]["200"]["content"]
    assert list(example) == ["text/plain"]
