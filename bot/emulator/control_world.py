"""Controls that play the world around the phones: bots, updates, calls, clock, faults, channels, notes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.emulator import phones
from bot.emulator.control_phones import optional, required
from bot.emulator.errors import ControlError
from bot.emulator.faults import SCENARIOS
from bot.emulator.notes import checked_notes
from bot.emulator.params import Params
from bot.emulator.phones import hold
from bot.emulator.view import show_bot, show_chat, show_page, transcript
from bot.emulator.world import Bot, World

Json = dict[str, Any]

POISON: Json = {"message": {"message_id": "not a number", "chat": "not a chat"}}


def see_bots(world: World, _params: Params, _parts: dict[str, str]) -> Json:
    """List the bots, without their tokens."""
    return {"bots": [_bot_state(bot) for bot in world.bots.values()]}


def add_bot(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Register a bot under ``token``, or give one a new token; the old one is refused from then on."""
    return _bot_state(world.add_bot(params.text("token")))


def revoke_bot(world: World, _params: Params, parts: dict[str, str]) -> Json:
    """Revoke a bot's token."""
    world.revoke(world.bot(int(parts["bot"])))
    return {}


def renumber(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Let update numbers jump: to ``to``, or to a random number."""
    bot = world.bot(optional(params, "bot"))
    to = optional(params, "to")
    bot.queue.renumber(world.random.randrange(1_000, 900_000_000) if to is None else to)
    return {"next": bot.queue.next_id}


def poison(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Queue an update no client library can read, or the ``fields`` given."""
    bot = world.bot(optional(params, "bot"))
    return {"update_id": bot.queue.put_raw(params.json("fields", "fields must be an object") or POISON)}


def see_calls(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Read the calls bots made after number ``since``, of one ``method`` or of all."""
    found = world.calls.since(params.integer("since"), params.text("method"))
    return {"calls": [call.as_json() for call in found], "dropped": world.calls.dropped}


def forget_calls(world: World, _params: Params, _parts: dict[str, str]) -> Json:
    """Forget the calls so far."""
    world.calls.clear()
    return {}


def see_clock(world: World, _params: Params, _parts: dict[str, str]) -> Json:
    """Read the clock."""
    return {"now": world.clock.now()}


def advance_clock(world: World, params: Params, parts: dict[str, str]) -> Json:
    """Let ``advance`` seconds pass."""
    world.clock.advance(float(required(params, "advance")))
    world.changed()
    return see_clock(world, params, parts)


def see_faults(world: World, _params: Params, _parts: dict[str, str]) -> Json:
    """List the faults still to strike, and the scenarios that can be ordered by name."""
    return {"faults": world.faults.as_json(), "scenarios": sorted(SCENARIOS)}


def order_fault(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Order a fault by its ``kind``, or what belongs to a ``scenario`` by its name."""
    return asdict(world.faults.order(params.values))


def cancel_faults(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Withdraw one fault by ``number``, those of a ``scenario``, or all."""
    world.faults.cancel(optional(params, "number"), params.text("scenario"))
    return {}


def see_transcripts(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Read every chat of a bot as a transcript: ``>`` the person, ``<`` the bot, ``> (…)`` a button."""
    bot = world.bot(optional(params, "bot"))
    chats = (transcript(phone, bot) for phone in world.phones.values())
    return {"text": "\n".join(chat for chat in chats if chat)}


def write_much(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Let ``phones`` write ``messages`` texts at once, in turns; the updates are numbered in a row."""
    bot = world.bot(optional(params, "bot"))
    numbers = params.json("phones", "phones must be a list")
    if not isinstance(numbers, list) or not numbers:
        raise ControlError("phones must be a list")
    hands = [hold(world, int(number), bot.bot_id) for number in numbers]
    first, text = bot.queue.next_id, params.text("text") or "one more message with some words in it"
    for n in range(required(params, "messages")):
        phones.write(hands[n % len(hands)], f"{text} {n}")
    return {"first": first, "next": bot.queue.next_id}


def add_channel(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Add a channel and make the bot its administrator."""
    return _let_in(world, world.bot(optional(params, "bot")), "channel", params)


def add_group(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Add a group in which phone ``phone`` stands, and let the bot in."""
    bot = world.bot(optional(params, "bot"))
    about = _let_in(world, bot, "supergroup", params)
    phones.invite(hold(world, required(params, "phone"), bot.bot_id, about["chat"]["id"]))
    return about


def see_public_chat(world: World, _params: Params, parts: dict[str, str]) -> Json:
    """See what stands in a channel or group."""
    chat = world.public.get(int(parts["chat"]))
    if chat is None:
        raise ControlError("no such chat", 404)
    return {"chat": chat.about, "messages": show_chat(chat)}


def see_page(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """See everything the practice page draws; with ``version`` and ``wait`` the door waits for a change."""
    return show_page(world, optional(params, "bot"))


def put_notes(world: World, params: Params, _parts: dict[str, str]) -> Json:
    """Show practice notes beside the phones."""
    world.notes = checked_notes(params.values)
    world.changed()
    return {}


def _let_in(world: World, bot: Bot, kind: str, params: Params) -> Json:
    chat = world.add_public_chat(kind, params.text("title") or "Practice", params.text("username"))
    bot.chats[chat.chat_id] = chat
    return {"chat": chat.about}


def _bot_state(bot: Bot) -> Json:
    state = {"pending": len(bot.queue), "next_update_id": bot.queue.next_id, "revoked": bot.is_revoked}
    return show_bot(bot, "") | state
