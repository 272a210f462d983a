"""Webhooks, only as far as they get in the way of polling: they are remembered, never called."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.emulator.errors import bad_request
from bot.emulator.params import Params
from bot.emulator.world import Bot, World

MAX_SECRET = 256  # characters
USUAL_CONNECTIONS = 40


@dataclass(frozen=True, slots=True)
class Remark:
    """A result that comes with a sentence beside it."""

    result: Any
    description: str


def set_webhook(world: World, bot: Bot, params: Params) -> Remark:
    """Remember a webhook; an empty address removes it."""
    url = params.text("url").strip()
    if not url:
        return delete_webhook(world, bot, params)
    secret = params.text("secret_token")
    if not re.fullmatch(r"https://[^\s/]+.*", url):
        raise bad_request("invalid webhook URL specified")
    if len(secret) > MAX_SECRET:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")
    want(bot, params)
    if params.flag("drop_pending_updates"):
        bot.queue.forget_all()
    if bot.queue.webhook.get("url") == url:
        return Remark(True, "Webhook is already set")
    connections = min(max(params.integer("max_connections", USUAL_CONNECTIONS), 1), 100)
    bot.queue.set_webhook({"url": url, "max_connections": connections})
    return Remark(True, "Webhook was set")


def delete_webhook(_world: World, bot: Bot, params: Params) -> Remark:
    """Forget the webhook, so that polling works again."""
    if params.flag("drop_pending_updates"):
        bot.queue.forget_all()
    was_set = bool(bot.queue.webhook)
    bot.queue.webhook = {}
    return Remark(True, "Webhook was deleted" if was_set else "Webhook is already deleted")


def get_webhook_info(_world: World, bot: Bot, _params: Params) -> dict[str, Any]:
    """Say which webhook is set and how many updates wait."""
    return {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(bot.queue),
        **bot.queue.webhook,
    }


def want(bot: Bot, params: Params) -> None:
    """Remember which kinds of update a call asks for; a call that does not say changes nothing."""
    kinds = params.json("allowed_updates", "can't parse allowed updates JSON array")
    if isinstance(kinds, list):
        bot.queue.want(str(kind) for kind in kinds)


METHODS: dict[str, Callable[[World, Bot, Params], Any]] = {
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
