"""Telling people how a retraining went: by a Prefect block, or to a URL that an environment variable holds."""

import asyncio
import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from descent.flows.errors import RunError
from descent.schemas import ConfigError
from descent.schemas.config.retraining import VARIABLE

SECONDS = 20.0
"""Patience with whoever takes a message."""


@dataclass(frozen=True)
class Notice:
    """What happened, in a line and in a few."""

    title: str
    body: str
    outcome: str
    """promoted, kept or failed"""
    links: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All of it, as one text."""
        return "\n".join([self.title, self.body, *(f"{name}: {link}" for name, link in self.links.items())])


def check(where: str) -> None:
    """See that a notice can be sent, before the work begins.

    Raises:
        ConfigError: there is no such block, it sends nothing, or the variable is not set.
    """
    if VARIABLE.fullmatch(where):
        _url(where)
    else:
        _block(where)


def send(where: str, notice: Notice) -> None:
    """Send a notice. The address, which is a secret, is in no message.

    Raises:
        RunError: whoever takes it did not.
    """
    if VARIABLE.fullmatch(where):
        _post(where, notice)
        return
    from prefect.blocks.abstract import NotificationBlock

    block = _block(where)
    if isinstance(block, NotificationBlock):
        with block.raise_on_failure():
            _wait(block.notify(notice.text, subject=notice.title))
        return
    status = _wait(block.call(payload(notice))).status_code
    if status >= 300:
        raise RunError(f"the Prefect block {where}: its address answered {status}")


def payload(notice: Notice) -> dict[str, Any]:
    """What a URL gets: ``text`` is what Slack, Mattermost and Teams show, the rest is for programs."""
    return {"text": notice.text, **asdict(notice)}


def block_names() -> list[str]:
    """Type and name of every block that can send a notice."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.request("POST", "/block_documents/filter", json={}).json()
    able = [one for one in found if "notify" in one["block_schema"]["capabilities"] or _slug(one) == "webhook"]
    return sorted(f"{_slug(one)}/{one['name']}" for one in able)


def _slug(document: dict[str, Any]) -> str:
    return str(document["block_type"]["slug"])


def _block(where: str) -> Any:
    from prefect.blocks.abstract import NotificationBlock
    from prefect.blocks.core import Block
    from prefect.blocks.webhook import Webhook

    try:
        block = _wait(Block.aload(where))
    except ValueError as error:  # it says so of a block that is not there, and of a type that is not installed
        there = block_names()
        raise ConfigError(
            f"retrain.notify: there is no Prefect block {where}. "
            + (f"There are: {', '.join(there)}" if there else "Make one in the Prefect UI, under Blocks")
        ) from error
    if not isinstance(block, NotificationBlock | Webhook):
        raise ConfigError(f"retrain.notify: the Prefect block {where} sends no messages: use a notification block")
    return block


def _wait(answer: Any) -> Any:
    """Blocks are written for callers in and out of an event loop, and some only for one of them."""
    if not asyncio.iscoroutine(answer):
        return answer
    return asyncio.run(answer)


def _url(where: str) -> str:
    name = where[2:-1]
    url = os.environ.get(name, "")
    if not url.startswith(("http://", "https://")):
        wrong = "holds no URL" if url else "is not set"
        raise ConfigError(f"retrain.notify: the environment variable {name} {wrong}: export {name}=https://…")
    return url


def _post(where: str, notice: Notice) -> None:
    body = json.dumps(payload(notice), ensure_ascii=False).encode()
    request = Request(_url(where), body, {"content-type": "application/json"}, method="POST")
    try:
        with urlopen(request, timeout=SECONDS):
            return
    except HTTPError as error:
        raise RunError(f"the URL in {where} answered {error.code} {error.reason}") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise RunError(f"the message could not be sent to the URL in {where}: {type(reason).__name__}") from None
