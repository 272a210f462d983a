"""
What the conversation can show: each function is one screen, built from the state alone.

Rules: every screen has a way back, out or to a human on its keyboard, or says that writing is enough. Every
button that belongs to a case carries its handle. Labels name nothing an officer could read as help for
those who refuse.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from crypto.handle import Handle
from intake.outage import Outage
from intake.replies import Button, Elsewhere, Keyboard, Receipt, Say, Span
from intake.state import State
from intake.world import World

# Where most tipsters' clocks stand; the sentence says so.
HOUSE_TIME = ZoneInfo("Europe/Moscow")
GOODBYE_LASTS = timedelta(minutes=10)

KINDS = {"legal": ("legal",), "tell": ("editors",), "both": ("legal", "editors")}
# Callback data is short: one letter for each question.
LETTERS = {
    "relation": "r",
    "topic": "t",
    "knows": "k",
    "contact": "c",
    "service": "s",
    "branch": "b",
    "region": "g",
}
CONSENTS = {"k.sum": "summarise", "k.quo": "quote", "k.pic": "picture", "k.sha": "share", "k.see": "word"}


def button(state: State, label: str, action: str) -> Button:
    """Return one button; it carries the handle of the case, if there is one."""
    handle = None if state.handle is None else Handle(bytes.fromhex(state.handle))
    return Button(label, action, handle)


def rows(state: State, *actions: tuple[str, ...]) -> Keyboard:
    """Return a keyboard from rows of actions; the label of action ``a`` is the key ``button.a``."""
    return tuple(tuple(button(state, f"button.{action}", action) for action in row) for row in actions)


def kinds(teams: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds that can be offered: a team without members is not."""
    offered = tuple(kind for kind, needed in KINDS.items() if set(needed) <= set(teams))
    return offered if len(offered) > 1 else ()


def hello(state: State, world: World) -> Say:
    """Say who this is and what a chat cannot hide; then writing is enough."""
    return Say(
        rows(
            state,
            *((kind,) for kind in kinds(world.teams)),
            ("now",),
            ("phrase", "help"),
            ("law",),
            ("lang",),
        ),
        key="hello",
    )


def first_notice(state: State, world: World) -> Say:
    """Answer a first message: the same notice, unless it was read before, and what kind of thing this is."""
    asked = [] if state.kind else [(kind,) for kind in kinds(world.teams)]
    key = "hello.more" if state.greeted else "hello.after"
    return Say(rows(state, *asked, ("send",), ("now", "menu")), key=key)


def lost(state: State, outage: Outage) -> Say:
    """Say which hours are lost: whoever wrote then was told that it was received."""
    since, until = (when.astimezone(HOUSE_TIME) for when in (outage.since, outage.until))
    params = {"since": since.strftime("%d.%m %H:%M"), "until": until.strftime("%d.%m %H:%M")}
    return told(state, "outage", **params)


def receipt(state: State, messages: int, files: int) -> Receipt:
    """Say "received", with what can be done next."""
    offered = (("menu",),) if state.filed else (("send",), ("now", "menu"))
    asked = asked_in(state)
    if asked is not None:
        onward = button(state, "button.q.on", f"q.x.{LETTERS[asked]}")
        return Receipt(((onward,), *rows(state, *offered)), messages=messages, files=files)
    return Receipt(rows(state, *offered), messages=messages, files=files)


def told(state: State, key: str, **params: str | int | Span) -> Say:
    """Say one sentence, with the way back under it."""
    return Say(rows(state, ("menu",)), key=key, params=params)


def menu(state: State, world: World) -> Say:
    """Show everything that can be done here."""
    if state.case is None:
        return hello(state, world)
    if not state.filed:
        offered = rows(
            state, ("send",), ("now",), ("clean", "erase"), ("phrase", "help"), ("law",), ("lang",)
        )
        return Say(offered, key="menu.writing", replaces=True)
    looks = state.handle is not None and state.reach != "phrase"
    joins = world.case is not None and world.case.team == "legal"
    # What it looks in is the mailbox of this chat's own buttons; there the button is called as it is.
    look = ((button(state, "button.look", "open"),),) if looks else ()
    offered = look + rows(
        state,
        ("now",),
        ("go.card", "go.reach"),
        ("go.keep", "go.phrase"),
        *((("go.inv",),) if joins else ()),
        ("q", "law"),
        ("clean", "go.clear"),
        ("forget", "erase"),
        ("help", "more"),
        ("lang",),
    )
    return Say(offered, key="menu", replaces=True)


def more(state: State) -> Say:
    """Show what is needed once, or seldom."""
    offered = rows(state, ("go.chk",), ("new",), ("menu",))
    return Say(offered, key="more", replaces=True)


def ask_kind(state: State, world: World) -> Say:
    """Ask what it is, on the way out."""
    offered = [(f"f.{kind}",) for kind in kinds(world.teams)]
    return Say(rows(state, *offered, ("f.skip", "menu")), key="ask.kind", replaces=True)


def ask_urgency(state: State) -> Say:
    """Ask how soon, on the way out."""
    return Say(
        rows(state, ("u.now",), ("u.days",), ("u.normal",), ("menu",)), key="ask.urgency", replaces=True
    )


def hurry(state: State) -> Say:
    """Offer to hand over at once what was just said to be urgent."""
    key = "hurry.filed" if state.filed else "hurry"
    return Say(rows(state, ("now",), ("menu",)), key=key)


def filed(state: State, world: World) -> Say:
    """Say that it is handed over, and honestly when somebody will look."""
    team = "editors" if state.kind == "tell" else "legal"
    if team not in world.teams:
        team = world.teams[0] if world.teams else "legal"
    urgency = state.urgency or "normal"
    later = world.honest.get((team, urgency))
    if later is not None:
        when = later.astimezone(HOUSE_TIME)
        params = {"day": when.strftime("%d.%m"), "hour": when.strftime("%H:%M")}
        return Say(rows(state, ("q",)), key=f"filed.{team}.later", params=params)
    span = world.waits[urgency]
    if team in world.full:
        return Say(
            rows(state, ("q",)), key=f"filed.{team}.full", params={"time": span, "places": Elsewhere()}
        )
    return Say(rows(state, ("q",)), key=f"filed.{team}.{urgency}", params={"time": span})


def asked_in(state: State) -> str | None:
    """Return the question that stands, if one does."""
    head, _, asked = state.stage.partition(".")
    return asked if head == "q" and asked in LETTERS else None


def clear(state: State) -> Say:
    """Ask once how the chat is to be cleared."""
    return Say(rows(state, ("z.send",), ("z.write",), ("z.self",), ("clean", "menu")), key="clear.ask")


def card(state: State) -> Say:
    """Ask who this is about: one message, seen by one person, skippable."""
    return Say(rows(state, ("s.reach",), ("menu",)), key=f"card.ask.{_team(state)}", replaces=True)


def card_kept(state: State) -> Say:
    """Say that it went onto the card, and offer to take it as part of the story."""
    key = "card.kept.self" if state.clearing == "self" else f"card.kept.{_team(state)}"
    return Say(rows(state, ("next.reach",), ("c.move", "menu")), key=key)


def reach(state: State) -> Say:
    """Ask how an answer may come."""
    return Say(rows(state, ("r.push",), ("r.phrase",), ("s.keep", "menu")), key="reach.ask", replaces=True)


def hours(state: State) -> Say:
    """Ask when the neutral line may come, and whether to remember the chat."""
    remember = "h.mem.on" if state.remember else "h.mem"
    keyboard = (
        *rows(state, ("h.any",), ("h.wak",), ("h.day",), ("h.eve",), ("h.nev",)),
        (button(state, f"button.{remember}", "h.mem"),),
        *rows(state, ("menu",)),
    )
    return Say(keyboard, key="hours.ask", replaces=True)


def keep(state: State) -> Say:
    """Ask for consent, use by use."""
    toggles = tuple(
        (button(state, f"button.{action}.{'on' if getattr(state, name) else 'off'}", action),)
        for action, name in CONSENTS.items()
    )
    return Say((*toggles, *rows(state, ("k.ok", "menu"))), key="keep.ask", replaces=True)


def invitation(state: State, key: str) -> Say:
    """Say one sentence that invites to write, with what can be done instead."""
    offered = (("now",), ("menu",)) if state.case is None else (("send",), ("now", "menu"))
    return Say(rows(state, *offered), key=key, replaces=True)


def cleaned(state: State) -> Say:
    """Say what was deleted and what only the tipster can delete."""
    return Say(rows(state, ("menu",)), lasts=GOODBYE_LASTS, key="clean.done")


def forget(state: State) -> Say:
    """Say what forgetting means, before it is done."""
    key = "forget.ask" if state.confirmed else "forget.ask.phrase"
    offered = () if state.confirmed else (("go.phrase",),)
    return Say(rows(state, *offered, ("forget.yes",), ("menu",)), key=key, replaces=True)


def erase(state: State, world: World) -> Say:
    """Say what erasing means, before it is done."""
    keyboard = rows(state, ("erase.yes",), ("menu",))
    key = "erase.ask.held" if is_held(world) else "erase.ask"
    return Say(keyboard, key=key, params={"time": Span("days", world.escrow_days)}, replaces=True)


def is_held(world: World) -> bool:
    """Tell whether a lawyer keeps this case for a court."""
    return world.case is not None and world.case.held


def help_text(state: State) -> Say:
    """Say what this is, what it protects, and that a person reads what is written."""
    return Say(rows(state, ("phrase", "lang"), ("menu",)), key="help", replaces=True)


def language(state: State) -> Say:
    """Offer the languages, each in its own words."""
    return Say(rows(state, ("lang.ru",), ("lang.uk",), ("lang.en",)), key="lang.ask", replaces=True)


def goodbye(key: str, world: World) -> Say:
    """Say the last line before this chat is forgotten."""
    keyboard = ((Button("button.start", "menu"),),)
    return Say(keyboard, lasts=GOODBYE_LASTS, key=key, params={"time": Span("days", world.escrow_days)})


def done(state: State) -> Say:
    """Say that nothing more is asked."""
    return Say(rows(state, ("q",), ("clean", "menu")), key="done", replaces=True)


def _team(state: State) -> str:
    return "editors" if state.kind == "tell" else "legal"


def fresh(state: State) -> State:
    """Return a state that belongs to no case but keeps what was chosen for the chat."""
    return replace(
        State(),
        language=state.language,
        clearing=state.clearing,
        greeted=state.greeted,
        heard_of=state.heard_of,
    )
