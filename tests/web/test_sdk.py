"""The SDK in an application, against a server: flags in its own process, mappings behind them, outcomes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from tests.doors import ROOT, SETTINGS
from tests.flag_samples import NEW_APP, REGION, flag, keys
from tests.page_shop import serving

from cleanroom.app import access, flags
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, Outside, after
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.flags import Flag, Split, evaluate
from cleanroom.entry.sdk import Sdk
from cleanroom.entry.sdk.wire import Answer, Wire
from cleanroom.wiring import room

RULED = flag(50_000, key="ruled", audience={"and": [REGION, NEW_APP]})
NAMES = Mapping((MappedName("buy", "purchase"), MappedName("srch", "search"), MappedName("junk", "none", "a test")))
EVENT = {"event": "buy", "user_id": "u-1", "value": 3.5, "legacy_event": "x"}


@pytest.fixture
def work(tmp_path: Path) -> Room:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    made = room(folder, ROOT)
    flags.put(made, flag(50_000))
    flags.put(made, RULED)
    return made


@pytest.fixture
def token(work: Room) -> str:
    return access.make_token(work, ROOT, "sdk", ["flags", "outcomes"], after(work.clock.now(), 3600))[1]


@pytest.fixture
def address(work: Room) -> Iterator[str]:
    with serving(work) as url:
        yield url


def soon(what: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Wait until it is true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def mapping_flag(work: Room, share: int = 100_000) -> tuple[Flag, str]:
    """A flag between nothing and a mapping; the mapping's digest."""
    (work.project.root / "events.jsonl").write_text('{"event": "buy"}\n', "utf-8")
    propose_by_hand(work, NAMES, "events.jsonl", "names")
    digest = str(work.project.change("names")[0].artifact.digest)
    made = Flag("names", {"control": "", "candidate": digest}, "control", split=Split("candidate", share))
    flags.put(work, made)
    return made, digest


@pytest.mark.parametrize("stream", [False, True], ids=["polling", "stream"])
def test_the_provider_says_what_we_say_and_hears_of_changes(work: Room, token: str, address: str, stream: bool) -> None:
    with Sdk(address, token, every=0.1, stream=stream) as sdk:
        provider, heard = sdk.provider(), []
        api.set_provider_and_wait(provider, domain="sdk")
        client = api.get_client(domain="sdk")
        client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, lambda _: heard.append(1))
        for of in (flag(50_000), RULED):
            for key in keys(300):
                given = {"region": "eu", "app": "2.4.1"}
                found = client.get_string_details(of.key, "code", EvaluationContext(key, dict(given)))
                ours = evaluate(of, {"targetingKey": key, **given})
                assert (found.value, found.variant, found.reason) == (ours.value, ours.variant, ours.reason)
                assert found.flag_metadata == ours.metadata
        nobody = client.get_string_details("checkout", "code", EvaluationContext())
        assert (nobody.value, nobody.error_code) == ("code", "TARGETING_KEY_MISSING")
        assert client.get_string_details("none", "code").error_code == "FLAG_NOT_FOUND"
        assert client.get_boolean_details("checkout", True, EvaluationContext("u")).error_code == "TYPE_MISMATCH"
        flags.kill(work, "checkout", "orders fail")
        soon(lambda: client.get_string_details("checkout", "code", EvaluationContext("u")).reason == "DISABLED")
        soon(lambda: heard)
        flags.put(work, replace(RULED, key="later"))
        soon(lambda: client.get_string_details("later", "code", EvaluationContext("u")).error_code is None)
        api.clear_providers()


def test_a_server_that_is_away_is_no_outage_and_an_old_copy_is_safe(work: Room, token: str) -> None:
    asked = EvaluationContext("user-28")
    with serving(work) as url:
        sdk = Sdk(url, token, every=0.1, oldest=1.5)
        assert sdk.wait()
        api.set_provider_and_wait(sdk.provider(), domain="away")
        client = api.get_client(domain="away")
        fresh = client.get_string_details("checkout", "code", asked)
        assert fresh.reason == "SPLIT"
    stale: list[int] = []
    client.add_handler(ProviderEvent.PROVIDER_STALE, lambda _: stale.append(1))
    assert client.get_string_details("checkout", "code", asked) == fresh, "the copy serves while the server is away"
    old = soon(lambda: (f := client.get_string_details("checkout", "code", asked)).reason == "STALE" and f)
    assert (old.value, old.variant, old.error_code) == ("map-0", "legacy", None)
    soon(lambda: stale)
    sdk.close(0.1)
    api.clear_providers()


def test_without_any_answer_the_codes_own_default_counts(token: str) -> None:
    with Sdk("http://127.0.0.1:9", token, every=0.1) as sdk:
        done = sdk.mapping("names").apply(EVENT)
        assert (done.event, done.variant, done.reason) == (EVENT, "", "ERROR")
        assert sdk.outcome("names", done.variant, "u-1", {"error": True}) == ""
        assert not sdk.wait(0.2)
        provider = sdk.provider()
        with pytest.raises(Exception, match="not answered"):
            provider.resolve_string_details("checkout", "code")
    with pytest.raises(Misuse, match="needs a token"):
        Sdk("http://127.0.0.1:9", "")
    with pytest.raises(Misuse, match="no address"):
        Sdk("http://[", token)


def test_an_event_goes_the_way_of_its_users_variant(work: Room, token: str, address: str) -> None:
    made, digest = mapping_flag(work, 50_000)
    with Sdk(address, token, every=0.1) as sdk:
        assert sdk.wait()
        names = sdk.mapping("names")
        seen = set()
        for key in keys(200):
            done = names.apply({**EVENT, "user_id": key})
            ours = evaluate(made, {"targetingKey": key})
            assert (done.variant, done.reason, done.key, done.flag) == (ours.variant, ours.reason, key, "names")
            new = {"event": "purchase", "user_id": key, "value": 3.5, "legacy_event": "buy"}
            assert done.event == (new if done.variant == "candidate" else {**EVENT, "user_id": key})
            assert done.metadata["cleanroom.mapping"] == (digest if done.variant == "candidate" else "")
            seen.add(done.variant)
        assert seen == {"control", "candidate"}
        inside = next(k for k in keys(200) if evaluate(made, {"targetingKey": k}).variant == "candidate")
        assert names.apply({**EVENT, "event": "junk", "user_id": inside}).event is None
        assert names.apply({**EVENT, "event": "other", "user_id": inside}).event is None
        assert names.apply({"event": "srch"}, key=inside).event == {"event": "search", "legacy_event": "srch"}
        assert names.apply({"event": "srch"}).reason == "ERROR"
        flags.kill(work, "names", "wrong names")
        soon(lambda: names.apply({**EVENT, "user_id": inside}).variant == "control")


def test_a_mapping_that_was_edited_on_the_way_is_not_used(
    work: Room, token: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes must have the digest that the flag names; else the safe variant is applied, and said so."""
    _, digest = mapping_flag(work)
    honest = Wire.get

    def meddled(self: Wire, path: str, etag: str = "") -> Answer:
        answer = honest(self, path, etag)
        return replace(answer, body=answer.body.replace(b"purchase", b"refund")) if "mappings" in path else answer

    monkeypatch.setattr(Wire, "get", meddled)
    with Sdk(address, token, every=0.1) as sdk:
        assert sdk.wait()
        done = sdk.mapping("names").apply(EVENT)
        assert (done.event, done.variant, done.mapping, done.reason) == (EVENT, "control", "", "ERROR")
        assert "not here" in done.details
    assert digest not in done.metadata.values()


def test_a_mapping_that_is_served_stays_when_its_file_is_edited(work: Room, token: str, address: str) -> None:
    _, digest = mapping_flag(work)
    with Sdk(address, token) as first:
        assert first.wait()
        assert first.mapping("names").apply(EVENT).mapping == digest
    (work.project.root / "changes" / "names" / "mapping.json").write_text("{}", "utf-8")
    with Sdk(address, token) as second:
        assert second.wait()
        assert second.mapping("names").apply(EVENT).mapping == digest


def counted(work: Room, key: str) -> int:
    found = work.telemetry.counts(key, 0, 2**62)
    return sum(c.n for c in found if c.metric == "error")


def test_outcomes_arrive_once_whatever_happens_on_the_way(
    work: Room, token: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is lost after the server kept them; one outcome of the batch is of no flag."""
    lost: list[int] = []
    honest = Wire.post

    def flaky(self: Wire, path: str, content: Any) -> Answer:
        answer = honest(self, path, content)
        if not lost:
            lost.append(answer.status)
            raise Outside("cut off", "")
        return answer

    monkeypatch.setattr(Wire, "post", flaky)
    with Sdk(address, token) as sdk:
        assert sdk.wait()
        for i, key in enumerate(keys(300)):
            variant = evaluate(flag(50_000), {"targetingKey": key}).variant
            sdk.outcome("checkout", variant, key, {"error": i % 10 == 0, "latency_ms": 12.5})
        assert sdk.flush(10)
        assert lost == [200]
        assert counted(work, "checkout") == 300
        sdk.outcome("none", "a", "u", {"error": True})
        sdk.outcome("checkout", "old", "u", {"error": True}, id="mine")
        sdk.outcome("checkout", "old", "u", {"error": True}, id="mine")
        assert sdk.flush(10)
        with pytest.raises(Misuse, match="no number"):
            sdk.outcome("checkout", "old", "u", {"latency": float("nan")})
    assert counted(work, "checkout") == 301
    assert sdk.dropped == 0


def test_outcomes_take_bounded_memory_while_the_server_is_away(token: str) -> None:
    sdk = Sdk("http://127.0.0.1:9", token)
    for i in range(10_500):
        sdk.outcome("checkout", "old", f"u{i}", {"error": False})
    assert sdk.dropped == 500
    begun = time.monotonic()
    assert not sdk.close(0.5)
    assert time.monotonic() - begun < 8
