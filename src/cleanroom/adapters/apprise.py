"""A channel through apprise: mail, Slack, Teams, PagerDuty and a hundred more, each an address that is a secret."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cleanroom.adapters.variables import variable
from cleanroom.core.base import Outside
from cleanroom.ports.outbox import Message
from cleanroom.ports.project import Channel

if TYPE_CHECKING:
    from apprise import Apprise

_SECONDS = 30.0
"""How long all services behind an address may take."""

_KINDS = {"[critical": "failure", "[warning": "warning", "[resolved": "success"}
"""How a title begins, and what apprise calls that: PagerDuty and others go by it."""


class AppriseChannel:
    """Sends each message through one address of apprise. Neither the address nor what a service answered is in an error."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self._channel = channel

    def send(self, message: Message) -> None:
        """See ports/notifier.py. Whatever goes wrong may pass, as apprise does not tell: it is tried again until it is old."""
        from apprise import NotifyFormat, NotifyType

        kind = next((k for mark, k in _KINDS.items() if message.title.startswith(mark)), "info")
        service = self._service()
        try:
            done = service.notify(
                body=message.body,
                title=message.title,
                notify_type=NotifyType(kind),
                body_format=NotifyFormat.TEXT,
                timeout=_SECONDS,
            )
        except Exception as error:
            raise Outside(f"channel {self.name}: it failed ({type(error).__name__})") from None
        if not done:
            raise Outside(f"channel {self.name}: it did not take the message")

    def _service(self) -> Apprise:
        """What is behind the address. Raises Outside where apprise cannot read it: the variable may be set right later."""
        try:
            from apprise import Apprise, AppriseAsset, PersistentStoreMode
        except ImportError as error:
            raise Outside("channels of kind apprise need the package apprise", "pip install apprise") from error
        logging.getLogger("apprise").disabled = True  # it writes down parts of addresses
        url = variable(f"channel {self.name}", self._channel.url_env) if self._channel.url_env else self._channel.url
        service = Apprise(asset=AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, async_mode=False))
        try:
            added = service.add(url) and len(service) > 0
        except Exception:
            added = False
        if not added:
            raise Outside(
                f"channel {self.name}: its address is none that apprise knows",
                "Look it up in apprise's list of services; `cleanroom alert send-test` tries it.",
            ) from None
        return service
