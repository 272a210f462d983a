"""
The control API under ``/_sim/``: JSON in, JSON out; how a test or the practice page plays the world.

``GET /_sim/`` lists what there is.
"""

from __future__ import annotations

import re
from typing import Any

from bot.emulator import control_phones as phone_acts
from bot.emulator import control_world as world_acts
from bot.emulator import phones
from bot.emulator.control_phones import Route
from bot.emulator.errors import ControlError
from bot.emulator.media import FOLDERS
from bot.emulator.params import Params
from bot.emulator.world import World

PHONE = r"/phones/(?P<phone>\d+)"
ROUTES: list[tuple[str, re.Pattern[str], Route]] = [
    (verb, re.compile(pattern), route)
    for verb, pattern, route in (
        ("GET", "/view", world_acts.see_page),
        ("POST", "/phones", phone_acts.add_phone),
        ("GET", PHONE, phone_acts.see_phone),
        ("GET", f"{PHONE}/transcript", phone_acts.see_transcript),
        ("POST", f"{PHONE}/text", phone_acts.send_text),
        ("POST", f"{PHONE}/start", phone_acts.press_start),
        ("POST", rf"{PHONE}/(?P<kind>{'|'.join(FOLDERS)})", phone_acts.send_file),
        ("POST", f"{PHONE}/album", phone_acts.send_album),
        ("POST", f"{PHONE}/contact", phone_acts.send_contact),
        ("POST", f"{PHONE}/location", phone_acts.send_location),
        ("POST", f"{PHONE}/forward", phone_acts.send_forward),
        ("POST", f"{PHONE}/raw", phone_acts.send_raw),
        ("POST", f"{PHONE}/edit", phone_acts.edit_text),
        ("POST", f"{PHONE}/press", phone_acts.press_button),
        ("POST", f"{PHONE}/delete", phone_acts.delete_messages),
        ("POST", f"{PHONE}/clear", phone_acts.simple(phones.clear)),
        ("POST", f"{PHONE}/block", phone_acts.simple(phones.block)),
        ("POST", f"{PHONE}/unblock", phone_acts.simple(phones.unblock)),
        ("POST", f"{PHONE}/delete_account", phone_acts.delete_account),
        ("GET", "/bots", world_acts.see_bots),
        ("POST", "/bots", world_acts.add_bot),
        ("POST", r"/bots/(?P<bot>\d+)/revoke", world_acts.revoke_bot),
        ("POST", "/updates/jump", world_acts.renumber),
        ("POST", "/updates/poison", world_acts.poison),
        ("POST", "/much", world_acts.write_much),
        ("GET", "/transcript", world_acts.see_transcripts),
        ("GET", "/calls", world_acts.see_calls),
        ("DELETE", "/calls", world_acts.forget_calls),
        ("GET", "/clock", world_acts.see_clock),
        ("POST", "/clock", world_acts.advance_clock),
        ("GET", "/faults", world_acts.see_faults),
        ("POST", "/faults", world_acts.order_fault),
        ("DELETE", "/faults", world_acts.cancel_faults),
        ("POST", "/channels", world_acts.add_channel),
        ("POST", "/groups", world_acts.add_group),
        ("GET", r"/chats/(?P<chat>-\d+)", world_acts.see_public_chat),
        ("PUT", "/notes", world_acts.put_notes),
    )
]


def work(world: World, verb: str, path: str, params: Params) -> Any:
    """
    Work one control call; *path* is what follows ``/_sim``.

    Raises:
        ControlError: no such route, or the act is refused.
    """
    if path in ("", "/"):
        return {"routes": [f"{v} /_sim{p.pattern}: {(r.__doc__ or '').strip()}" for v, p, r in ROUTES]}
    fits = [(v, r, found) for v, p, r in ROUTES if (found := p.fullmatch(path))]
    if not fits:
        raise ControlError("no such control", 404)
    for allowed, route, found in fits:
        if allowed == verb:
            try:
                return route(world, params, found.groupdict())
            except (ValueError, OverflowError):
                raise ControlError("a field is not of its type") from None
    raise ControlError("wrong verb for this control", 405)
