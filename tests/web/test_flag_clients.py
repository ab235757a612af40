"""The public OpenFeature clients against a real server, in processes of their own: all say what our evaluation says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from tests.doors import ROOT, SETTINGS
from tests.flag_samples import NEW_APP, REGION, flag, keys
from tests.served import serving

from cleanroom.app import access, flags
from cleanroom.app.room import Room
from cleanroom.core.base import after
from cleanroom.core.flags import Flag, Split, evaluate
from cleanroom.wiring import room

MANY = 100_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1_000
SPLIT = flag(33_333, holdout=7_777, overrides={"user-28": "legacy"})
RULED = flag(
    50_000,
    key="ruled/flag",
    hash="flagd-3",
    audience={"and": [REGION, NEW_APP]},
    targeting={
        "if": [{"==": [{"var": "plan"}, "gold"]}, "new", {"ends_with": [{"var": "mail"}, "@us.example"]}, "old"]
    },
)
FLOATS = Flag("floats", {"few": 10.0, "many": 20.0, "off": 1.5}, "off", split=Split("many", 50_000), control="few")
WHOLE = Flag("whole", {"few": 10, "off": 0}, "off", control="few")
BOOLEAN = Flag("yes", {"on": True, "off": False}, "off", split=Split("on", 50_000))
OBJECT = Flag("object", {"a": {"n": 1.5, "list": [1, "x", None]}, "off": {}}, "off", control="a")
ALL = (SPLIT, RULED, FLOATS, WHOLE, BOOLEAN, OBJECT)

HERE = Path(__file__).resolve().parents[1] / "peers"
NODE = shutil.which("node")
PEERS = HERE / "node_modules" / "@openfeature" / "ofrep-web-provider"

# The JavaScript clients come with `make peers`, which takes npm; where they are not, their tests are not there.
javascript = pytest.mark.parametrize("node", [NODE] if NODE and PEERS.is_dir() else [])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str, str]]:
    """A room, the address of a server in another process, and a token that asks flags."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    work = room(folder, ROOT)
    for each in ALL:
        flags.put(work, each)
    token = access.make_token(work, ROOT, "clients", ["flags"], after(work.clock.now(), 3600))[1]
    with serving(folder, SETTINGS) as served:
        yield work, served.url, token


def contexts(many: int) -> list[dict[str, Any]]:
    """Users of all kinds."""
    plans, apps = ("gold", "free"), ("2.0.9", "2.1.0", "v3")
    return [
        {
            "targetingKey": key,
            "region": ("eu", "us", "asia")[i % 3],
            "app": apps[i % 7 % 3],
            "plan": plans[i % 5 > 0],
            "mail": f"u{i}@{('us', 'eu')[i % 11 > 0]}.example",
        }
        for i, key in enumerate(keys(many))
    ]


def python_client(url: str, token: str) -> OpenFeatureClient:
    """The Python OFREP provider of the OpenFeature project."""
    provider = OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {token}"})
    api.set_provider_and_wait(provider, domain="ofrep")
    return api.get_client(domain="ofrep")


@pytest.mark.parametrize("of", [SPLIT, RULED], ids=["split", "rules"])
def test_the_python_provider_says_what_we_say(shop: tuple[Room, str, str], of: Flag) -> None:
    _, url, token = shop
    client, asked = python_client(url, token), contexts(MANY)

    def ask(context: dict[str, Any]) -> tuple[Any, ...]:
        given = EvaluationContext(context["targetingKey"], {k: v for k, v in context.items() if k != "targetingKey"})
        found = client.get_string_details(of.key, "code default", given)
        return found.value, found.variant, found.reason, dict(found.flag_metadata)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(ask, asked))
    ours = [evaluate(of, context) for context in asked]
    assert said == [(o.value, o.variant, o.reason, dict(o.metadata)) for o in ours]
    assert {o.variant for o in ours} == {"new", "old", *(("legacy",) if of is SPLIT else ())}


def test_types_and_errors_are_as_the_python_provider_has_them(shop: tuple[Room, str, str]) -> None:
    _, url, token = shop
    client, given = python_client(url, token), EvaluationContext("user-1")
    number = client.get_float_details("floats", -1.0, given)
    assert (number.value, type(number.value), number.error_code) == (
        evaluate(FLOATS, {"targetingKey": "user-1"}).value,
        float,
        None,
    )
    assert client.get_integer_details("whole", -1, given).value == 10
    assert client.get_boolean_details("yes", False, given).error_code is None
    assert client.get_object_details("object", {}, given).value == {"n": 1.5, "list": [1, "x", None]}
    assert client.get_integer_details("floats", 7, given).error_code == "TYPE_MISMATCH"
    missing = client.get_string_details("none", "mine", given)
    assert (missing.value, missing.error_code) == ("mine", "FLAG_NOT_FOUND")
    nobody = client.get_string_details("checkout", "mine", EvaluationContext())
    assert (nobody.value, nobody.error_code) == ("mine", "TARGETING_KEY_MISSING")
    stranger = python_client(url, "clr_abc_def")
    for _ in range(40):  # far beyond what is allowed to fail: a client that is told to wait would miss a kill
        refused = stranger.get_string_details("checkout", "mine", given)
    assert (refused.value, refused.error_message) == ("mine", "unauthorized")
    assert python_client(url, token).get_string_details("checkout", "mine", given).error_code is None


def ran(wish: dict[str, Any]) -> list[Any]:
    """What the JavaScript says."""
    done = subprocess.run(
        [str(NODE), str(HERE / "ofrep.cjs")], input=json.dumps(wish).encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def as_json(of: Flag, asked: Sequence[dict[str, Any]]) -> list[Any]:
    """What we say, as the JavaScript tells it."""
    found = (evaluate(of, context) for context in asked)
    return [[o.value, o.variant, o.reason, None, dict(o.metadata)] for o in found]


@javascript
@pytest.mark.parametrize("of", [SPLIT, RULED], ids=["split", "rules"])
def test_the_javascript_server_provider_says_what_we_say(node: str, shop: tuple[Room, str, str], of: Flag) -> None:
    _, url, token = shop
    asked = contexts(MANY)
    said = ran({"do": "server", "url": url, "token": token, "flag": of.key, "contexts": asked})
    assert said == as_json(of, asked)
    for each, kind in ((FLOATS, "number"), (BOOLEAN, "boolean"), (OBJECT, "object")):
        few = asked[:20]
        wish = {"do": "server", "url": url, "token": token, "apiKey": True, "flag": each.key, "type": kind}
        assert ran({**wish, "contexts": few}) == as_json(each, few)


@javascript
def test_the_javascript_web_provider_says_what_we_say(node: str, shop: tuple[Room, str, str]) -> None:
    _, url, token = shop
    asked = contexts(max(100, MANY // 10))
    for of in (SPLIT, RULED):
        said = ran({"do": "web", "url": url, "token": token, "flag": of.key, "contexts": asked})
        assert said == as_json(of, asked)


@javascript
def test_a_kill_reaches_the_javascript_web_provider_by_its_stream(
    node: str, shop: tuple[Room, str, str], tmp_path: Path
) -> None:
    """The command line kills in a process of its own; the page never polls."""
    work, url, token = shop
    watched = Flag("watched", {"old": "a", "new": "b"}, "old", split=Split("new", 100_000))
    flags.put(work, watched)
    wish = {"do": "watch", "url": url, "token": token, "flag": "watched", "context": {"targetingKey": "u"}}
    flag_of_node = (
        [] if "26" in subprocess.check_output([node, "--version"], text=True) else ["--experimental-eventsource"]
    )
    process = subprocess.Popen(
        [node, *flag_of_node, str(HERE / "ofrep.cjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(wish))
        process.stdin.close()
        assert json.loads(process.stdout.readline())[:3] == ["b", "new", "SPLIT"]
        time.sleep(0.5)  # the stream is open by then; whether it is or not, nothing may be missed
        command = [sys.executable, "-m", "cleanroom", "flag", "kill", "watched", "--because", "orders fail"]
        subprocess.run([*command, "--project", str(work.project.root)], check=True, capture_output=True)
        assert json.loads(process.stdout.readline())[:3] == ["a", "old", "DISABLED"]
        flags.restore(work, "watched")
        assert json.loads(process.stdout.readline())[:3] == ["b", "new", "SPLIT"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
