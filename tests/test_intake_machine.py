"""The conversation alone: no case it forgets, no state it cannot leave, no event it leaves unanswered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.rows import Rows
from crypto.handle import Handle
from intake import effects, events, machine, screens, taps, texts
from intake.cases import CaseFacts
from intake.replies import Button, Deliver, Reply, Span
from intake.snapshot import Match
from intake.state import State, dumps, loads
from intake.world import Fresh, Step, World

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TELLING = (effects.AddMessage, effects.AddFile, effects.AddCard, effects.AddAnswer, effects.AddCheck)
ALL_ACTIONS = (*taps.actions(), "open", "again", "no-such", "")


def world(**more: Any) -> World:
    values: dict[str, Any] = {
        "now": NOW,
        "language": "ru",
        "teams": ("legal", "editors"),
        "honest": {},
        "waits": {"now": Span("hours", 1), "days": Span("hours", 12), "normal": Span("working", 3)},
        "escrow_days": 7,
        "outage": None,
        "case": None,
        "match": None,
        "fresh": Fresh("11" * 16, "22" * 32, ("слово",) * 10, ((2, "слово"), (7, "дом"))),
    }
    return World(**(values | more))


def facts(case: str, *, writing: bool) -> CaseFacts:
    return CaseFacts(
        id=bytes.fromhex(case),
        team="legal",
        status="writing" if writing else "new",
        urgency="normal",
        language="ru",
        assignee=None,
        content=None,
        identity=None,
        next_content=0,
        next_identity=0,
        may_summarise=False,
        may_quote=False,
        may_share=False,
        writing=b"locked" if writing else None,
        couriers=(),
        clocks=frozenset(),
        told=False,
    )


class Talk:
    """A conversation whose effects are believed, so that the next step sees what they would have done."""

    def __init__(self) -> None:
        self.state: State | None = None
        self.case: CaseFacts | None = None

    def hear(self, event: events.Event, match: Match | None = None) -> Step:
        step = machine.step(self.state, event, world(case=self.case, match=match))
        for effect in step.effects:
            if isinstance(effect, effects.StartCase):
                assert step.state.case is not None
                self.case = facts(step.state.case, writing=True)
            elif isinstance(effect, effects.FileCase):
                assert self.case is not None
                self.case = facts(self.case.id.hex(), writing=False)
        if match is not None and step.state.case == match.case.id.hex():
            self.case = match.case
        self.state = None if step.forgets else step.state
        if step.forgets or step.state.case is None:
            self.case = None
        return step

    def tap(self, action: str) -> Step:
        handle = None if self.state is None or self.state.handle is None else self.state.handle
        return self.hear(
            events.Tap(1, action=action, handle=Handle(bytes.fromhex(handle)) if handle else None)
        )


WORDS = st.sampled_from(
    ["да", "слово дом", "нас держат в яме", "помогите " * 30, "😀" * 900, "\n", "4й день", "срочно", "юрист"]
)
EVENTS = st.one_of(
    st.builds(events.Text, st.integers(0, 5), text=WORDS, forwarded=st.booleans(), author=st.none() | WORDS),
    st.builds(
        events.File,
        st.integers(0, 5),
        form=st.sampled_from(["photo", "voice", "document"]),
        caption=st.sampled_from(["", "вот"]),
        content=st.sampled_from([b"x", None]),
        missing=st.sampled_from(["too_large", "unavailable", "coming", "kind"]),
    ),
    st.builds(events.Contact, name=WORDS, phone=WORDS),
    st.builds(events.Location, title=st.sampled_from(["", "Подвал"]), live=st.booleans()),
    st.builds(events.Edited, st.integers(0, 5), text=WORDS, has_file=st.booleans()),
    st.builds(events.Unsupported),
    st.builds(
        events.Command,
        name=st.sampled_from(["start", "help", "menu", "clear", "x"]),
        payload=st.sampled_from(["", "abc"]),
    ),
    st.builds(
        events.PhraseTyped,
        text=WORDS,
        problem=st.sampled_from([None, "count", "check"]),
    ),
    st.just(events.PhraseTyped(text="a b", problem="words", positions=(1, 3), suggestions=(("дом",), ()))),
    st.sampled_from([f"tap {action}" for action in ALL_ACTIONS]),
    st.sampled_from(
        [
            "rest",
            "reboot",
            "erased",
            "invited",
            "invited here",
            "returning open",
            "returning menu",
            "returning erase.yes",
        ]
    ),
)


def perform(talk: Talk, event: Any) -> Step | None:
    if not isinstance(event, str):
        return talk.hear(event)
    kind, _, action = event.partition(" ")
    if kind == "tap":
        return talk.tap(action)
    if kind == "returning":
        match = Match(facts("33" * 16, writing=False), (), Rows())
        return talk.hear(events.Tap(1, action=action, handle=Handle(b"\x09" * 32)), match)
    if kind == "invited":
        own = action and talk.case is not None and talk.case.id.hex()
        there = facts(own or "44" * 16, writing=False)
        return talk.hear(
            events.PhraseTyped(1, text="a"), Match(there, (), Rows(), b"m" * 16, is_invitation=True)
        )
    if kind == "rest" and talk.case is not None:
        talk.case = facts(talk.case.id.hex(), writing=False)
    if kind == "reboot":
        talk.state = talk.case = None
    if kind == "erased":
        talk.case = None
    return None


def check_answer(step: Step) -> None:
    assert step.replies
    for reply in step.replies:
        for language in ("ru", "uk", "en"):
            message = texts.render(reply, language)
            assert 0 < len(message.text.encode("utf-16-le")) // 2 <= texts.LONGEST
            assert all(len(data.encode()) <= 64 for row in message.keyboard for _, data in row)
            assert all(label for row in message.keyboard for label, _ in row)


def actions(replies: tuple[Reply, ...]) -> set[str]:
    return {button.action for reply in replies for row in reply.keyboard for button in row}


@settings(max_examples=250, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_every_event_in_every_state_gets_an_answer_and_a_way_on(steps: list[Any]) -> None:
    """Answered in three languages, with a button that leads on; the state survives its own storage."""
    talk = Talk()
    for event in steps:
        step = perform(talk, event)
        if step is None:
            continue
        check_answer(step)
        offered = actions(step.replies)
        assert offered & {"menu", "now", "send", "lang.ru"}, sorted(offered)
        assert offered <= set(ALL_ACTIONS)
        if talk.state is not None:
            assert loads(dumps(talk.state)) == talk.state


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=15))
def test_from_every_state_a_person_is_at_most_two_messages_away(steps: list[Any]) -> None:
    """Whatever went before, what is written arrives; at worst one tap says that it was a message."""
    talk = Talk()
    for event in steps:
        perform(talk, event)
    step = talk.hear(events.Text(9, text="мне нужно поговорить с человеком, это очень важно"))
    assert any(isinstance(effect, TELLING) for effect in step.effects)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=15))
def test_from_every_state_the_menu_leads_out(steps: list[Any]) -> None:
    """The menu, and in it: clear, and (once there is a case) erase everything."""
    talk = Talk()
    for event in steps:
        perform(talk, event)
    step = talk.hear(events.Command(name="start"))
    offered = actions(step.replies)
    assert "help" in offered
    if talk.state is not None and talk.state.case is not None:
        assert {"clean", "erase"} <= offered
        assert talk.tap("erase").replies[0].keyboard
        assert talk.tap("erase.yes").forgets
        assert talk.state is None


@given(WORDS, st.sampled_from(["free", "card", "check", "alarm", "phrase", "words", "q.topic", "q.knows"]))
def test_what_is_told_is_kept_or_refused_aloud(text: str, stage: str) -> None:
    """In no state does a text vanish: it is content, a card, or the answer says what it was taken for."""
    talk = Talk()
    talk.hear(events.Text(1, text="начало"))
    assert talk.state is not None
    talk.state = replace(
        talk.state, stage=stage, filed=stage in ("check", "alarm"), asked=((2, "слово"), (7, "дом"))
    )
    step = talk.hear(events.Text(2, text=text))
    kept = any(isinstance(effect, TELLING) for effect in step.effects)
    if kept:
        return
    (key,) = (getattr(reply, "key", "") for reply in step.replies)
    assert key in {"phrase.right", "phrase.wrong"}
    if key == "phrase.wrong":
        assert "p.msg" in actions(step.replies)
        assert any(isinstance(effect, TELLING) for effect in talk.tap("p.msg").effects)


@given(before=st.lists(EVENTS, max_size=12), after=st.lists(EVENTS, min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_nothing_that_a_muted_chat_tells_is_kept(before: list[Any], after: list[Any]) -> None:
    """From every state, whatever it sends; only the word of alarm still goes through."""
    talk = Talk()
    talk.hear(events.Text(1, text="нас держат"))
    for event in before:
        perform(talk, event)
    for event in after:
        if isinstance(event, str | events.PhraseTyped) or talk.case is None:
            continue
        talk.case = replace(talk.case, is_muted=True)
        step = talk.hear(event)
        assert {type(one) for one in step.effects} <= {effects.Alarm, effects.Sweep}
        if step.replies:
            check_answer(step)


def test_a_house_without_anybody_says_so_and_acknowledges_nothing() -> None:
    """Where no key of anybody living exists, nothing is received."""
    for event in (
        events.Text(1, text="x"),
        events.File(1, content=b"x"),
        events.Contact(1),
        events.Location(1),
    ):
        step = machine.step(None, event, world(teams=()))
        assert [getattr(reply, "key", None) for reply in step.replies] == ["house.empty"]
        assert not step.effects


def test_only_teams_with_members_are_offered() -> None:
    """A house of lawyers asks nobody whether it is for editors."""
    step = machine.step(None, events.Command(name="start"), world(teams=("legal",)))
    assert not actions(step.replies) & set(screens.KINDS)
    tapped = machine.step(None, events.Tap(action="tell"), world(teams=("legal",)))
    assert getattr(tapped.replies[0], "key", None) == "button.old"


def test_who_confirms_twice_that_all_be_erased_hears_that_it_is_done() -> None:
    """After the first tap nothing is known of the chat any more, and its button leads nowhere."""
    gone = Handle(bytes(32))
    for action, key in (("erase.yes", "erase.twice"), ("menu", "button.old")):
        step = machine.step(None, events.Tap(action=action, handle=gone), world())
        assert [getattr(reply, "key", None) for reply in step.replies] == [key]
        assert not step.effects


def test_a_double_tap_files_once() -> None:
    """The second tap finds the case filed and says so."""
    talk = Talk()
    talk.hear(events.Text(1, text="x"))
    first, second = talk.tap("u.now"), talk.tap("u.now")
    assert any(isinstance(effect, effects.FileCase) for effect in first.effects)
    assert not second.effects


def test_a_button_of_a_case_that_is_gone_does_nothing() -> None:
    """A stranger's handle, or one of an erased case, leads nowhere and changes nothing."""
    for action in ALL_ACTIONS:
        step = machine.step(State(), events.Tap(1, action=action, handle=Handle(b"\x01" * 32)), world())
        assert step.state == State()
        assert not step.effects


def test_erasing_after_a_restart_erases_the_case_of_the_button() -> None:
    """The button carries the way back, so "erased" is true even when the conversation was forgotten."""
    match = Match(facts("33" * 16, writing=False), (), Rows())
    event = events.Tap(1, action="erase.yes", handle=Handle(b"\x09" * 32))
    step = machine.step(None, event, world(match=match))
    assert step.forgets
    assert step.state.case == "33" * 16
    assert any(isinstance(effect, effects.Erase) for effect in step.effects)


def test_only_the_phrase_and_a_possible_message_wait_in_the_state() -> None:
    """The state holds no words of the story."""
    talk = Talk()
    for text in ("Саватеев Никита", "ещё одно"):
        talk.hear(events.Text(1, text=text))
    talk.tap("u.now")
    assert talk.state is not None
    assert "Саватеев".encode() not in dumps(talk.state)
    talk.tap("go.card")
    talk.hear(events.Text(3, text="Саватеев Никита, 00491"))
    assert talk.state.held
    talk.tap("next.reach")
    assert talk.state.held == ""


def test_a_letter_longer_than_a_message_comes_whole() -> None:
    """It is cut at blanks and delivered in parts."""
    from casework.post import Waiting

    text = " ".join(f"слово{n}" for n in range(1500))
    letter = Waiting(b"", b"", "text", "", 0, text=text)
    match = Match(facts("33" * 16, writing=False), (letter,), Rows())
    handle = Handle(b"\x09" * 32)
    step = machine.step(None, events.Tap(1, action="open", handle=handle), world(match=match))
    parts = [reply.letter.text for reply in step.replies if isinstance(reply, Deliver)]
    assert " ".join(parts) == text
    assert all(len(part) <= 2000 for part in parts)
    again = [b for reply in step.replies for row in reply.keyboard for b in row if b.action == "again"]
    assert again == [Button("button.again", "again", handle)]


def test_reprs_show_nothing() -> None:
    """What is printed by accident says only what kind of thing it was."""
    secret = "Саватеев"
    shown = [
        events.Text(7, text=secret),
        events.File(7, name=secret, caption=secret, content=secret.encode()),
        events.Contact(7, name=secret),
        State(held=secret),
        effects.AddMessage(secret, 0),
        machine.step(None, events.Text(1, text=secret), world()),
    ]
    assert all(secret not in repr(one) and secret not in repr([one]) for one in shown)
