"""The public channel follows the register: nothing of an entry stands there longer than it may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import httpx
import msgspec
import pytest

from bot import channel
from bot.channel_calls import ChannelCalls, FixedPostError, MissingError, read_own_token
from bot.emulator import Emulator
from bot.emulator.world import Chat
from bot.errors import ChannelError, TokenMissingError
from bot.send import GivenUpError, LaterError
from casework import releases
from casework.channels import http_client
from casework.database import Database
from casework.tables import ChannelPost
from crypto.signature import SigningKey
from register import announcing, lists, records
from register.basis import Basis
from register.entry import Entry, fingerprint
from register.settings import SiteSettings
from register.voice import speak
from subrosa.checkups import Level
from subrosa.checkups.channel import check_channel
from subrosa.chores import Chores
from subrosa.printing import Printer
from tests.cases import as_
from tests.house import House
from tests.test_printing import send, told

INTAKE, PUBLISHING = "5550001:the-tipsters-bot", "5550002:the-publishing-bot"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, OTHER = "0123456789", "9876543210"


@dataclass
class Words:
    """What the register says of entries, as a test sets it."""

    said: dict[str, str | None] = field(default_factory=dict)

    def wording(self) -> channel.Wording:
        return channel.Wording(link=lambda one: f"new: {one}", whole=self.said.get, gone="withdrawn")


@dataclass
class Door:
    """A database, a channel in the stand-in, and the clock of the hub."""

    database: Database
    emulator: Emulator
    chat: Chat
    calls: channel.Calls
    words: Words = field(default_factory=Words)
    now: datetime = NOON

    def announce(self, public_id: str, words: str) -> None:
        self.words.said[public_id] = words
        with self.database.write() as session:
            channel.announce(session, public_id, self.now)

    def withdraw(self, public_id: str) -> None:
        self.words.said[public_id] = None
        with self.database.write() as session:
            channel.withdraw(session, public_id, self.now)

    async def tend(self, times: int = 1) -> None:
        for _ in range(times):
            await asyncio.to_thread(channel.tend, self.database, self.calls, self.words.wording(), self.now)

    def shown(self) -> list[str]:
        return [post.message["text"] for post in self.chat.posts.values() if post.deleted_by is None]

    def state(self, public_id: str) -> tuple[str, datetime | None]:
        with self.database.read() as session:
            row = session.get(ChannelPost, public_id)
            assert row is not None
            return row.state, row.due


@pytest.fixture
async def door(sqlite_database: Database) -> AsyncIterator[Door]:
    async for one in open_door(sqlite_database):
        yield one


async def open_door(database: Database) -> AsyncIterator[Door]:
    async with Emulator(clock=lambda: NOON, random=Random(7)) as emulator:
        world = emulator.world
        bot = world.add_bot(PUBLISHING)
        chat = world.add_public_chat("channel", "Register", "practice_register")
        bot.chats[chat.chat_id] = chat
        with http_client() as client:
            calls = ChannelCalls(client, emulator.base_url, PUBLISHING, str(chat.chat_id))
            yield Door(database, emulator, chat, calls)


async def test_an_entry_is_posted_edited_and_deleted_on_each_engine(database: Database) -> None:
    async for door in open_door(database):
        door.announce(ONE, "first words")
        await door.tend()
        assert door.shown() == ["first words"]
        assert door.state(ONE) == ("shown", None)
        await door.tend(2)
        door.announce(ONE, "better words")
        await door.tend()
        assert door.shown() == ["better words"]
        door.withdraw(ONE)
        await door.tend()
        assert door.shown() == []
        assert door.state(ONE) == ("gone", None)


async def test_the_same_words_again_change_nothing(door: Door) -> None:
    door.announce(ONE, "words")
    await door.tend()
    door.announce(ONE, "words")
    await door.tend()
    assert door.shown() == ["words"]
    assert door.state(ONE) == ("shown", None)


async def test_what_was_withdrawn_never_comes_back(door: Door) -> None:
    door.announce(ONE, "words")
    door.withdraw(ONE)
    await door.tend()
    door.announce(ONE, "words again")
    await door.tend(2)
    assert door.shown() == []
    assert not door.chat.posts


async def test_what_never_was_on_its_way_leaves_no_row(door: Door) -> None:
    door.withdraw(ONE)
    with door.database.read() as session:
        assert session.get(ChannelPost, ONE) is None


async def test_what_leaves_goes_before_what_comes(door: Door) -> None:
    for n in range(8):
        door.announce(f"00000000{n:02}", f"entry {n}")
        await door.tend()
    door.announce("1111111111", "a new one")
    for n in range(8):
        door.withdraw(f"00000000{n:02}")
    await door.tend()
    assert door.shown() == ["a new one"]


class KilledError(Exception):
    pass


@dataclass
class Killed:
    """The calls of a hub that is killed after the first, before it could note what came of it."""

    inner: channel.Calls

    def post(self, text: str) -> int:
        self.inner.post(text)
        raise KilledError


async def test_a_crash_leaves_a_link_behind_and_never_words_nobody_can_take_back(door: Door) -> None:
    door.announce(ONE, "what happened, and where")
    killed = Killed(door.calls)
    with pytest.raises(KilledError):
        await asyncio.to_thread(channel.tend, door.database, killed, door.words.wording(), door.now)
    await door.tend()
    assert door.shown() == [f"new: {ONE}", "what happened, and where"]
    door.withdraw(ONE)
    await door.tend()
    assert door.shown() == [f"new: {ONE}"]


@dataclass
class Dying:
    """A hub that is killed at its n-th step: before or after a call, before or after a commit."""

    door: Door
    steps: int

    def step(self) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise KilledError

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any) -> Any:
            self.step()
            done = act(*args)
            self.step()
            return done

        return dying

    @contextmanager
    def write(self) -> Iterator[Any]:
        self.step()
        with self.door.database.write() as session:
            yield session
        self.step()

    def tend(self) -> bool:
        """Tend the channel once; tell whether the hub was killed meanwhile."""
        inner = self.door.calls
        calls = SimpleNamespace(
            post=self.around(inner.post), edit=self.around(inner.edit), delete=self.around(inner.delete)
        )
        database = SimpleNamespace(read=self.door.database.read, write=self.write)
        try:
            channel.tend(
                cast("Database", database),
                cast("channel.Calls", calls),
                self.door.words.wording(),
                self.door.now,
            )
        except KilledError:
            return True
        return False


async def test_a_hub_killed_at_any_step_ends_with_the_right_words_once_and_none_after_a_withdrawal(
    door: Door,
) -> None:
    def told(one: str) -> list[str]:
        return [text for text in door.shown() if one in text]

    for step in range(1, 23):
        hub, killed, one = Dying(door, step), 0, f"{step:010}"
        for act, words in (("announce", "first"), ("announce", "better"), ("withdraw", "")):
            door.announce(one, f"{words} {one}") if act == "announce" else door.withdraw(one)
            for _ in range(3):
                killed += await asyncio.to_thread(hub.tend)
            if words == "better":
                assert [text for text in told(one) if text != f"new: {one}"] == [f"better {one}"], step
        # A link that nobody could note the number of may stand there, and says nothing of the entry.
        assert set(told(one)) <= {f"new: {one}"}, step
        assert len(told(one)) <= 1, step
        assert door.state(one) == ("gone", None), step
        assert killed == (step <= 20), step


@dataclass
class Interrupted:
    """Calls during the first of which somebody takes the entry down."""

    door: Door

    def post(self, text: str) -> int:
        number = self.door.calls.post(text)
        self.door.withdraw(ONE)
        return number

    def edit(self, *_: object) -> None:
        raise AssertionError("words were shown after the order to take them down")

    def delete(self, message: int) -> None:
        self.door.calls.delete(message)


async def test_an_order_that_comes_between_placing_and_showing_is_obeyed(door: Door) -> None:
    door.announce(ONE, "words")
    await asyncio.to_thread(channel.tend, door.database, Interrupted(door), door.words.wording(), door.now)
    assert door.state(ONE) == ("leaving", NOON)
    await door.tend()
    assert door.shown() == []


async def test_a_text_taken_down_before_its_order_arrives_here_is_not_posted(door: Door) -> None:
    door.announce(ONE, "words")
    door.words.said[ONE] = None
    await door.tend()
    assert not door.chat.posts
    assert door.state(ONE)[0] == "wanted"


async def test_when_telegram_slows_us_nothing_is_called_until_it_says(door: Door) -> None:
    door.announce(ONE, "one")
    door.announce(OTHER, "other")
    door.emulator.world.faults.order({"kind": "flood", "retry_after": 30})
    await door.tend(3)
    assert not door.chat.posts
    assert len(door.emulator.world.calls.since(0, "")) == 1
    door.now += timedelta(seconds=31)
    await door.tend(2)
    assert sorted(door.shown()) == ["one", "other"]


@pytest.mark.parametrize("kind", ["lost_request", "lost_answer", "error"])
async def test_a_bad_line_is_tried_again(kind: str, door: Door) -> None:
    door.announce(ONE, "words")
    door.emulator.world.faults.order({"kind": kind})
    await door.tend()
    door.now += timedelta(seconds=3)
    await door.tend()
    assert door.shown()[-1] == "words"
    assert door.state(ONE) == ("shown", None)


@pytest.mark.parametrize("kind", ["unauthorized", "forbidden"])
async def test_a_refused_bot_is_an_alarm_and_a_withdrawal_waits_for_it(kind: str, door: Door) -> None:
    door.announce(ONE, "words")
    await door.tend()
    door.withdraw(ONE)
    door.emulator.world.faults.order({"kind": kind})
    with pytest.raises(ChannelError):
        await door.tend()
    assert door.shown() == ["words"]
    door.now += timedelta(minutes=2)
    await door.tend()
    assert door.shown() == []


async def test_what_telegram_will_not_delete_is_overwritten(door: Door) -> None:
    door.announce(ONE, "words")
    await door.tend()
    door.withdraw(ONE)
    refusal = {"code": 400, "description": "Bad Request: message can't be deleted for everyone"}
    door.emulator.world.faults.order({"kind": "error", "method": "deleteMessage", **refusal})
    await door.tend()
    assert door.shown() == ["withdrawn"]
    assert door.state(ONE) == ("gone", None)


async def test_what_can_be_neither_deleted_nor_overwritten_stays_an_alarm(door: Door) -> None:
    door.announce(ONE, "words")
    await door.tend()
    door.withdraw(ONE)
    for method, why in (("deleteMessage", "deleted"), ("editMessageText", "edited")):
        refusal = {"code": 400, "description": f"Bad Request: message can't be {why}", "times": None}
        door.emulator.world.faults.order({"kind": "error", "method": method, **refusal})
    for _ in range(3):
        with pytest.raises(ChannelError):
            await door.tend()
        door.now += timedelta(minutes=10)
    assert door.state(ONE)[0] == "leaving"


async def test_what_somebody_removed_by_hand_is_not_posted_again(door: Door) -> None:
    door.announce(ONE, "words")
    await door.tend()
    for post in door.chat.posts.values():
        post.deleted_by = "bot"
    door.announce(ONE, "other words")
    await door.tend(2)
    assert door.shown() == []
    assert door.state(ONE) == ("gone", None)


async def test_words_telegram_never_takes_hold_up_no_other(door: Door) -> None:
    door.announce(ONE, "x" * 5000)
    door.announce(OTHER, "words")
    with pytest.raises(ChannelError):
        await door.tend(2)
    await door.tend()
    assert door.shown() == [f"new: {ONE}", "words"]
    assert door.state(ONE) == ("failed", None)
    door.withdraw(ONE)
    await door.tend()
    assert door.shown() == ["words"]


def answering(body: object, code: int = 200) -> ChannelCalls:
    """Return calls to a server that always says the same."""
    transport = httpx.MockTransport(lambda _request: httpx.Response(code, json=body))
    return ChannelCalls(httpx.Client(transport=transport), "https://api.example", PUBLISHING, "@channel")


@pytest.mark.parametrize(
    ("description", "error"),
    [
        ("Bad Request: message to delete not found", MissingError),
        ("Bad Request: message to edit not found", MissingError),
        ("Bad Request: MESSAGE_ID_INVALID", MissingError),
        ("Bad Request: message can't be deleted", FixedPostError),
        ("Bad Request: message is too long", GivenUpError),
    ],
)
def test_a_refusal_means_what_telegram_says(description: str, error: type[Exception]) -> None:
    body = {"ok": False, "error_code": 400, "description": description}
    with pytest.raises(error):
        answering(body, 400).delete(7)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"ok": True}, {"ok": True, "result": {"id": 1}}])
def test_an_answer_that_is_none_is_no_post(body: object) -> None:
    with pytest.raises(LaterError):
        answering(body).post("words")


def test_an_error_never_shows_the_token() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    calls = ChannelCalls(
        httpx.Client(transport=httpx.MockTransport(fail)), "https://api.example", PUBLISHING, "@channel"
    )
    with pytest.raises(LaterError) as raised:
        calls.post("words")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert PUBLISHING.partition(":")[2] not in repr(calls) + str(raised.value)


def test_the_tipsters_bot_never_publishes(tmp_path: Path) -> None:
    own, others = tmp_path / "channel.token", tmp_path / "telegram.token"
    others.write_text(INTAKE)
    with pytest.raises(TokenMissingError):
        read_own_token(own, others)
    own.write_text(INTAKE.partition(":")[0] + ":a-newer-token")
    with pytest.raises(ChannelError):
        read_own_token(own, others)
    own.write_text(PUBLISHING)
    assert read_own_token(own, others) == PUBLISHING


# --- what is said --------------------------------------------------------------------------------------


def entry(**changes: object) -> Entry:
    whole = Entry.new(
        title={"ru": "Отказ <роты>"},
        body={"ru": "Рота отказалась."},
        branch="marines",
        month="2026-02",
        subject="RU-TUL",
        grade="withheld",
    )
    return msgspec.structs.replace(whole, **changes)


def test_a_post_says_what_a_list_says_and_where_to_read_more() -> None:
    said = announcing.whole(
        records.first(entry(id=ONE), date(2026, 3, 1)),
        speak("ru"),
        SiteSettings(base_url="https://register.example"),
    )
    assert said is not None
    assert said.splitlines()[2] == "Отказ <роты>"
    assert "Тульская область" in said
    assert "Рота отказалась." in said
    assert said.splitlines()[-1] == f"https://register.example/ru/entries/{ONE}.html"


def test_the_link_alone_says_nothing_of_the_entry() -> None:
    said = announcing.link(ONE, speak("ru"), SiteSettings(base_url="https://register.example"))
    assert said == f"Новая запись в реестре\nhttps://register.example/ru/entries/{ONE}.html"
    assert ONE in announcing.link(ONE, speak("ru"), SiteSettings())


def test_the_longest_entry_fits_a_message() -> None:
    long = "слово " * 3000
    record = records.first(entry(title={"ru": long}, body={"ru": ()}), date(2026, 3, 1))
    said = announcing.whole(record, speak("ru"), SiteSettings())
    assert said is not None
    assert len(said) <= 4096


def test_what_cannot_be_read_or_was_taken_down_is_not_said(tmp_path: Path) -> None:
    printer = Printer(tmp_path, tmp_path / "site", SiteSettings(), SigningKey.from_seed(bytes(32)))
    whole = printer.wording("ru").whole
    assert whole(ONE) is None
    records.put(tmp_path, entry(id=ONE), date(2026, 3, 1))
    assert "Рота" in (whole(ONE) or "")
    records.retract(tmp_path, ONE, date(2026, 3, 2))
    assert whole(ONE) is None
    next(tmp_path.rglob("*.json")).write_bytes(b"{")
    assert whole(ONE) is None


def chores_of(house: House, door: Door, folder: Path) -> Chores:
    """Return the chores of a house that has a channel."""
    (folder / "channel.token").write_text(PUBLISHING)
    (folder / "telegram.token").write_text(INTAKE)
    settings = SimpleNamespace(
        register=SimpleNamespace(
            channel=str(door.chat.chat_id),
            channel_token_file=folder / "channel.token",
            channel_language="ru",
            batch_hours=(),
        ),
        telegram=SimpleNamespace(
            api_base_url=door.emulator.base_url, token_files=(folder / "telegram.token",)
        ),
    )
    printer = Printer(folder / "records", folder / "site", SiteSettings(), SigningKey.generate())
    nothing = cast("Any", None)
    return Chores(
        cast("Any", settings), house.database, house.strongbox, house.anchor, nothing, printer,
        lambda: house.now,
    )  # fmt: skip


def sign_list(house: House, body: bytes) -> None:
    """Let two people release a list."""
    with house.database.write() as session:
        digest = releases.land_manifest(session, body, house.actor("olga"), house.now.date())
        for who in ("carol", "dan"):
            releases.sign_manifest(session, digest, as_(house, who))


async def test_corrections_reach_what_was_posted_and_post_nothing_that_was_not(
    sqlite_house: House, tmp_path: Path
) -> None:
    async for door in open_door(sqlite_house.database):
        chores = chores_of(sqlite_house, door, tmp_path)
        posted, listed = told(), told()
        send(sqlite_house, posted)
        sign_list(sqlite_house, lists.pack([listed]))
        chores.publish()
        await asyncio.to_thread(chores.tend_channel)
        assert len(door.shown()) == 1
        for one in (posted, listed):
            better = msgspec.structs.replace(one, title={"ru": f"Исправлено {one.id}"})
            send(sqlite_house, better)
        chores.publish()
        for _ in range(3):
            await asyncio.to_thread(chores.tend_channel)
        assert [f"Исправлено {posted.id}" in text for text in door.shown()] == [True]
        # A list whose words were chosen is a correction too.
        on = fingerprint(msgspec.structs.replace(posted, title={"ru": f"Исправлено {posted.id}"}))
        theirs = msgspec.structs.replace(posted, title={"ru": "Из списка"})
        sign_list(sqlite_house, lists.pack([theirs], None, (), (Basis(entry=posted.id, on=on),)))
        chores.publish()
        await asyncio.to_thread(chores.tend_channel)
        assert ["Из списка" in text for text in door.shown()] == [True]


async def test_a_release_reaches_the_channel_and_one_signature_takes_it_out(
    sqlite_house: House, tmp_path: Path
) -> None:
    async for door in open_door(sqlite_house.database):
        chores = chores_of(sqlite_house, door, tmp_path)
        released = told()
        send(sqlite_house, released)
        chores.publish()
        await asyncio.to_thread(chores.tend_channel)
        assert [text for text in door.shown() if "Отказался ехать" in text] == door.shown()
        assert len(door.shown()) == 1
        with sqlite_house.database.write() as session:
            releases.order_take_down(session, released.id, "safety", as_(sqlite_house, "alice"))
        # What cannot be taken from the site yet does not stay in the channel.
        (tmp_path / "site" / "ru" / "entries" / f"{released.id}.html").unlink()
        (tmp_path / "site" / "ru" / "entries" / f"{released.id}.html").mkdir()
        with pytest.raises(OSError, match="directory"):
            chores.take_down()
        await asyncio.to_thread(chores.tend_channel)
        assert door.shown() == []


async def test_a_post_that_should_leave_a_channel_nobody_names_any_more_is_an_alarm(
    sqlite_house: House, tmp_path: Path
) -> None:
    with sqlite_house.database.write() as session:
        channel.announce(session, ONE, sqlite_house.now)
    settings = cast("Any", SimpleNamespace(register=SimpleNamespace(channel="", channel_language="ru")))
    printer = Printer(tmp_path / "records", tmp_path / "site", SiteSettings(), SigningKey.generate())
    house, nothing = sqlite_house, cast("Any", None)
    chores = Chores(
        settings, house.database, house.strongbox, house.anchor, nothing, printer, lambda: house.now
    )
    with pytest.raises(ChannelError):
        chores.tend_channel()


def test_the_doctor_looks_at_the_channels_own_bot(tmp_path: Path) -> None:
    own, others = tmp_path / "channel.token", tmp_path / "telegram.token"
    others.write_text(INTAKE)
    settings = cast(
        "Any",
        SimpleNamespace(
            register=SimpleNamespace(channel="@public", channel_token_file=own),
            telegram=SimpleNamespace(token_files=(others,)),
        ),
    )

    def found() -> list[tuple[str, Level]]:
        return [(one.text, one.level) for one in check_channel(settings, NOON)]

    assert found() == [("a token is missing", Level.RED)]
    own.write_text(INTAKE)
    assert found() == [("the tipsters' bot would publish", Level.RED)]
    own.write_text(PUBLISHING)
    own.chmod(0o644)
    assert found() == [("others on this machine may read its token", Level.RED)]
    own.chmod(0o600)
    assert [level for _, level in found()] == [Level.OK]
    settings.register.channel = ""
    assert found() == []
