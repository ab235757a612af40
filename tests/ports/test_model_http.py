"""How the OpenAI-compatible adapter gets along with servers as they are: each test runs a real one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cleanroom.adapters.openai_compatible import OpenAICompatible
from cleanroom.core.base import Misuse, Outside
from cleanroom.core.prompt import reply_schema
from cleanroom.ports.model import Ask

QUESTION = Ask("You map names.", "srch?", reply_schema(["srch"], 24), temperature=0.4, seed=7, max_tokens=60)
SAID = '{"target":"view_item","reason":"a product"}'

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
