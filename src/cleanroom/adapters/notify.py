"""The channels of cleanroom.toml: webhooks, signed as Standard Webhooks does it, files that are appended to, and apprise's."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from pathlib import Path

from cleanroom.adapters.apprise import AppriseChannel
from cleanroom.adapters.artifacts import told
from cleanroom.adapters.clock import SystemClock
from cleanroom.adapters.project.files import inside
from cleanroom.adapters.variables import variable
from cleanroom.core.base import Misuse, Outside, micros
from cleanroom.ports.clock import Clock
from cleanroom.ports.notifier import Notifier
from cleanroom.ports.outbox import Message
from cleanroom.ports.project import Channel

_SECONDS = 10.0
"""How long a receiver may take to accept the connection, and for each step of its answer."""

_AGAIN = (408, 425, 429)
"""Client errors that pass: timed out, too early, too many."""

_SECRET = "whsec_"  # noqa: S105 - the mark of a secret in base64, not a secret


def channels(settings: Sequence[Channel], root: Path, clock: Clock | None = None) -> tuple[Notifier, ...]:
    """A notifier for each channel. Files lie inside `root`. Nothing is opened or read before something is sent."""
    time = clock or SystemClock()
    return tuple(_channel(c, root, time) for c in settings)


def _channel(channel: Channel, root: Path, clock: Clock) -> Notifier:
    match channel.kind:
        case "file":
            return FileChannel(channel, root)
        case "apprise":
            return AppriseChannel(channel)
        case _:
            return Webhook(channel, clock)


def payload(message: Message) -> bytes:
    """The JSON that a channel is given: key, title, body and when it was made."""
    said = {"key": message.key, "title": message.title, "body": message.body, "made": message.made}
    return json.dumps(said, ensure_ascii=False).encode()


def signed(identity: str, seconds: int, body: bytes, secret: str) -> str:
    """The header webhook-signature: HMAC-SHA256 of `identity.seconds.body`, as Standard Webhooks 1.0.0 defines it.

    `secret` is `whsec_` and base64, or any text, which is taken as it is. Raises Outside when it is neither.
    """
    key = secret.encode()
    if secret.startswith(_SECRET):
        try:
            key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
        except (binascii.Error, ValueError) as error:
            raise Outside("the webhook's secret is not whsec_ and base64") from error
    made = hmac.new(key, f"{identity}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


class Webhook:
    """A POST for each message. Its address is never in an error: it may be a secret."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self.name = channel.name
        self._channel = channel
        self._clock = clock

    def send(self, message: Message) -> None:
        """See ports/notifier.py. A message has the same webhook-id at every try."""
        body = payload(message)
        identity = "msg_" + hashlib.sha256(message.key.encode()).hexdigest()[:32]
        seconds = micros(self._clock.now()) // 1_000_000
        headers = {
            "content-type": "application/json",
            "user-agent": "ai-cleanroom",
            "webhook-id": identity,
            "webhook-timestamp": str(seconds),
        }
        if self._channel.secret_env:
            headers["webhook-signature"] = signed(
                identity, seconds, body, variable(f"channel {self.name}", self._channel.secret_env)
            )
        url = variable(f"channel {self.name}", self._channel.url_env) if self._channel.url_env else self._channel.url
        self._judge(self._post(url, headers, body))

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """The status of the answer, whose text nobody reads. Redirects are not followed: they could lead anywhere."""
        try:
            import httpx
        except ImportError as error:
            raise Outside("webhooks need the package httpx", "pip install 'ai-cleanroom[server]'") from error
        try:
            with (
                httpx.Client(timeout=_SECONDS, follow_redirects=False) as client,
                client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                return answer.status_code
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Outside(f"channel {self.name}: its address is no http or https address") from error
        except httpx.TimeoutException as error:
            raise Outside(f"channel {self.name}: no answer within {_SECONDS:.0f} s") from error
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise Outside(f"channel {self.name}: no connection ({type(error).__name__})") from error

    def _judge(self, status: int) -> None:
        """Arrived, try again, or never."""
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise Misuse(f"channel {self.name}: it answers {status}, a redirect; name the final address")
        if 400 <= status < 500 and status not in _AGAIN:
            raise Misuse(f"channel {self.name}: it refuses the message ({status})")
        raise Outside(f"channel {self.name}: it answers {status}")


class FileChannel:
    """A line of JSON for each message, at the end of a file of the project."""

    def __init__(self, channel: Channel, root: Path) -> None:
        self.name = channel.name
        self._file = channel.file
        self._root = root

    def send(self, message: Message) -> None:
        """See ports/notifier.py. A line that a dying process left unfinished is closed first."""
        path = inside(self._root, self._file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                torn = file.seek(0, os.SEEK_END) > 0 and _last(path) != b"\n"
                file.write((b"\n" if torn else b"") + payload(message) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise told(error, path) from error


def _last(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
