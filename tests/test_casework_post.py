"""Answers on their way back: by push, by phrase, shown again, and nobody else reads them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

import casework
from casework import canonical, cases, catalogue, hubkeys, keys, post, rows
from casework.errors import StaleError
from casework.keys import PublicKey
from casework.tables import Chunk, Item, Letter, Mailbox, Outbox, Push
from crypto import context, handle, lock, phrase, sealed
from crypto.errors import CryptoError
from crypto.mailbox import Mailbox as Secret
from crypto.padding import CARD
from crypto.xwing import Identity
from tests.cases import as_, put
from tests.house import House

# Long enough that no sealed byte looks like it by chance: four digits stand in one header of some hundreds.
CHAT = 471_100_815_471_100
CANARY = "утка-в-камышах-7319"
SPEAK = partial(catalogue.load, Path(casework.__file__).parent / "catalogues")


class Tess:
    """The tipster: a chat, perhaps a code phrase, and a case somebody can answer."""

    def __init__(self, house: House, status: str = "open") -> None:
        self.house = house
        self.content = Identity.generate()
        with house.database.write() as session:
            self.case = put(session, house, status=status)
        self.key = PublicKey(self.case, keys.CONTENT, 0, self.content.recipient)
        self.address = self._address()

    def _address(self) -> bytes:
        """Keep an address with the case, as a filed one has it; the desk reads it, the hub sees its kind."""
        kept = rows.Rows()
        item = keys.seal_item(
            kept,
            self.key,
            kind="courier",
            author="hub",
            payload={},
            day=self.house.now.date(),
            signing=self.house.strongbox.signing,
        )
        with self.house.database.write() as session:
            rows.write(session, [kept])
        return item

    def courier(self, hours: str = "any") -> post.Courier:
        number, identity = self.house.strongbox.courier
        where = context.named("courier", self.case)
        address = sealed.seal(canonical.dumps({"chat": CHAT}), [identity.recipient], where, sizes=CARD)
        payload = {"courier": number, "address": address.hex(), "hours": hours, "language": "ru"}
        return post.Courier.read(payload)

    def phrase_box(self) -> tuple[Secret, post.Box]:
        secret = phrase.generate(os.urandom).mailbox()
        raw = secret.identity.recipient.raw
        with self.house.database.write() as session:
            session.add(Mailbox(id=secret.id, recipient=raw, route=secret.seal_route(self.case)))
        return secret, post.Box.read({"id": secret.id.hex(), "recipient": raw.hex()})

    def answer(
        self,
        text: str = CANARY,
        files: tuple[post.Attachment, ...] = (),
        courier: post.Courier | None = None,
        boxes: tuple[post.Box, ...] = (),
        seq: int = 0,
    ) -> post.Written:
        with self.house.database.read() as session:
            hub = hubkeys.find(session, hubkeys.COURIER, self.house.roster)
        reply = post.write_reply(
            self.key,
            text,
            files,
            by=self.house.actor("alice"),
            now=self.house.now,
            courier=courier,
            hub=hub,
            boxes=boxes,
            random=os.urandom,
            seq=seq,
        )
        with self.house.database.write() as session:
            rows.write(session, [reply.rows])
        return reply

    def ring(self, now: datetime | None = None) -> int:
        with self.house.database.write() as session:
            return post.ring(session, self.house.strongbox, SPEAK, now or self.house.now)

    def outbox(self) -> list[dict[str, object]]:
        with self.house.database.read() as session:
            waiting = session.scalars(select(Outbox).order_by(Outbox.due)).all()
        spool = self.house.strongbox.spool
        places = [(row, context.named("outbox", row.id)) for row in waiting]
        return [canonical.loads(lock.unlock(spool, row.locked, where)) for row, where in places]

    def collect(self, secret: Secret) -> post.Collected:
        with self.house.database.read() as session:
            found = post.collect(session, secret)
        assert found is not None
        return found

    def state(self, item: bytes) -> tuple[str | None, str | None]:
        with self.house.database.read() as session:
            row = session.get_one(Item, item)
            return row.state, row.why


@pytest.fixture
def tess(house: House) -> Tess:
    """Give a tipster whose case Alice answers."""
    return Tess(house)


def test_a_push_is_one_neutral_line_whose_button_leads_to_the_answer(tess: Tess) -> None:
    reply = tess.answer(courier=tess.courier())
    assert tess.ring() == 1
    [line] = tess.outbox()
    assert (line["do"], line["chat"], line["silent"]) == ("say", CHAT, True)
    assert line["text"] == "Вас ждёт ответ."
    [[[label, data]]] = line["buttons"]  # type: ignore[misc]
    assert label == "Открыть"
    action, secret = handle.parse(str(data))
    assert action == "open"
    found = tess.collect(secret.mailbox())
    assert found.case == tess.case
    assert [(one.kind, one.text, one.item) for one in found.letters] == [("text", CANARY, reply.item)]
    assert reply.mailboxes == (secret.mailbox().id,)
    assert tess.ring() == 0


def test_text_and_files_come_back_whole_by_phrase_in_the_order_they_were_written(tess: Tess) -> None:
    secret, box = tess.phrase_box()
    first = os.urandom(600_000)
    tess.answer("сначала", boxes=(box,))
    tess.house.now += timedelta(minutes=1)
    files = (post.Attachment("жалоба.pdf", "application/pdf", first), post.Attachment("b", "image/png", b"x"))
    reply = tess.answer("потом", files, boxes=(box,))
    letters = tess.collect(secret).letters
    assert [(one.kind, one.text or one.name) for one in letters] == [
        ("text", "сначала"),
        ("text", "потом"),
        ("file", "жалоба.pdf"),
        ("file", "b"),
    ]
    assert [one.content for one in letters[2:]] == [first, b"x"]
    assert reply.mailboxes == ()


def test_two_answers_of_one_minute_come_in_the_order_they_were_written(tess: Tess) -> None:
    secret, box = tess.phrase_box()
    words = [f"ответ {n}" for n in range(6)]
    for seq, text in enumerate(words):
        tess.answer(text, boxes=(box,), seq=seq)
    assert [one.text for one in tess.collect(secret).letters] == words


def test_an_answer_and_its_file_are_signed_by_who_wrote_them(tess: Tess) -> None:
    reply = tess.answer("вот", (post.Attachment("a", "text/plain", b"x"),), courier=tess.courier())
    with tess.house.database.read() as session:
        items = session.scalars(select(Item).where(Item.author == "alice")).all()
    assert {item.id for item in items} > {reply.item}
    for item in items:
        keys.open_item(item, tess.content, tess.house.roster)
        item.author = "bob"
        with pytest.raises(CryptoError):
            keys.open_item(item, tess.content, tess.house.roster)


def test_the_desk_reads_its_own_reply_and_its_files(tess: Tess) -> None:
    files = (post.Attachment("a.txt", "text/plain", b"hello"),)
    reply = tess.answer("вот", files, courier=tess.courier())
    with tess.house.database.read() as session:
        item = session.get_one(Item, reply.item)
        payload = keys.open_item(item, tess.content)
        [name] = payload["files"]
        attached = session.get_one(Item, bytes.fromhex(name))
        assert keys.open_content(session, attached, tess.content) == b"hello"
    assert (payload["text"], payload["by"]) == ("вот", "alice")
    assert (item.author, item.state) == ("alice", "sealed")


def test_without_a_chat_and_without_a_phrase_there_is_no_way_and_the_desk_hears_it(tess: Tess) -> None:
    with pytest.raises(post.NoWayError):
        tess.answer()


def test_what_was_shown_says_so_and_can_be_shown_again_for_two_weeks(tess: Tess) -> None:
    secret, box = tess.phrase_box()
    reply = tess.answer(boxes=(box,), files=(post.Attachment("a", "text/plain", b"x"),))
    assert tess.state(reply.item) == ("waiting", None)
    found = tess.collect(secret)
    assert len(found.unseen) == 2
    with tess.house.database.write() as session:
        rows.write(session, [post.shown_rows(found, date(2026, 3, 10))])
    assert tess.state(reply.item) == ("shown", None)
    again = tess.collect(secret)
    assert (len(again.letters), again.unseen) == (2, ())
    with tess.house.database.write() as session:
        rows.write(session, [post.shown_rows(again, date(2026, 3, 20))])
    for day, left in ((date(2026, 3, 24), 2), (date(2026, 3, 25), 0)):
        with tess.house.database.write() as session:
            post.reap(session, day)
            assert session.scalar(select(func.count()).select_from(Letter)) == left
    with tess.house.database.read() as session:
        owners = set(session.scalars(select(Chunk.owner)))
        assert owners <= set(session.scalars(select(Item.id)))
    assert tess.collect(secret).letters == ()


def test_what_was_never_shown_waits_as_long_as_the_case(tess: Tess) -> None:
    secret, box = tess.phrase_box()
    tess.answer(boxes=(box,))
    with tess.house.database.write() as session:
        assert post.reap(session, date(2036, 1, 1)) == 0
    assert len(tess.collect(secret).unseen) == 1


def test_a_phrase_nobody_has_leads_nowhere(tess: Tess) -> None:
    with tess.house.database.read() as session:
        assert post.collect(session, phrase.generate(os.urandom).mailbox()) is None


def test_mallory_holding_the_disk_reads_no_reply_and_links_no_mailbox_to_a_case(tess: Tess) -> None:
    _secret, box = tess.phrase_box()
    file = post.Attachment(CANARY, "text/plain", CANARY.encode() * 50)
    tess.answer(files=(file,), courier=tess.courier(), boxes=(box,))
    tess.ring()
    with tess.house.database.read() as session:
        boxes = session.scalars(select(Mailbox)).all()
        columns = [bytes(value) for one in boxes for value in (one.id, one.recipient, one.route)]
        letters = session.scalars(select(Letter)).all()
        parts = [*(one.sealed or b"" for one in letters), *session.scalars(select(Chunk.part))]
        parts += [one.sealed or b"" for one in session.scalars(select(Item))]
        parts += [one.locked for one in session.scalars(select(Outbox))]
    assert len(boxes) == 2
    assert len(parts) > 6
    assert not any(tess.case in column for column in columns)
    needles = (CANARY.encode(), tess.case.hex().encode(), str(CHAT).encode())
    assert not any(needle in part for needle in needles for part in parts)
    hub = tess.house.strongbox
    everything = [*hub.couriers.values(), hub.press, hub.contact, *hub.handins.values()]
    for letter in letters:
        for identity in everything:
            with pytest.raises(CryptoError):
                sealed.open_sealed(letter.sealed or b"", identity, context.letter(letter.mailbox, letter.id))


def test_a_letter_moved_to_another_mailbox_is_counted_and_hides_no_other(tess: Tess) -> None:
    secret, box = tess.phrase_box()
    other, other_box = tess.phrase_box()
    tess.answer("моё", boxes=(box,))
    tess.answer("чужое", boxes=(other_box,))
    with tess.house.database.write() as session:
        for letter in session.scalars(select(Letter).where(Letter.mailbox == other.id)):
            letter.mailbox = secret.id
    found = tess.collect(secret)
    assert ([one.text for one in found.letters], found.damaged) == (["моё"], 1)


def test_a_mailbox_row_pointing_at_another_case_is_refused(tess: Tess) -> None:
    secret, _box = tess.phrase_box()
    other, _box = tess.phrase_box()
    with tess.house.database.write() as session:
        route = session.get_one(Mailbox, other.id).route
        session.get_one(Mailbox, secret.id).route = route
    with tess.house.database.read() as session, pytest.raises(CryptoError):
        post.collect(session, secret)


def test_an_answer_to_a_phrase_that_was_replaced_is_a_stale_form(tess: Tess) -> None:
    secret, box = tess.phrase_box()
    with tess.house.database.write() as session:
        session.delete(session.get_one(Mailbox, secret.id))
    with tess.house.database.read() as session:
        hub = hubkeys.find(session, hubkeys.COURIER, tess.house.roster)
    written = post.write_reply(
        tess.key, "поздно", (), by=tess.house.actor("alice"), now=tess.house.now, courier=None, hub=hub,
        boxes=(box,), random=os.urandom,
    )  # fmt: skip
    with pytest.raises(StaleError), tess.house.database.write() as session:
        cases.reply(session, tess.case, 1, written.rows, as_(tess.house, "alice"))


def test_a_push_after_its_courier_key_died_says_so_on_the_reply(tess: Tess) -> None:
    courier = tess.courier()
    lost = post.Courier(courier.number + 7, courier.address, courier.hours, courier.language)
    reply = tess.answer(courier=lost)
    assert tess.ring() == 1
    assert tess.outbox() == []
    assert tess.state(reply.item) == ("failed", "courier_expired")


def test_an_address_of_another_case_is_not_rung(tess: Tess) -> None:
    stranger = Tess(tess.house)
    reply = tess.answer(courier=stranger.courier())
    tess.ring()
    assert tess.outbox() == []
    assert tess.state(reply.item) == ("failed", "damaged")


def test_a_push_whose_reply_was_erased_rings_nobody(tess: Tess) -> None:
    reply = tess.answer(courier=tess.courier())
    with tess.house.database.write() as session:
        session.delete(session.get_one(Item, reply.item))
    assert tess.ring() == 1
    assert tess.outbox() == []
    with tess.house.database.read() as session:
        assert session.scalars(select(Push)).all() == []


def test_a_push_whose_address_was_taken_away_rings_nobody_and_its_answer_waits(tess: Tess) -> None:
    reply = tess.answer(courier=tess.courier())
    with tess.house.database.write() as session:
        session.delete(session.get_one(Item, tess.address))
    assert tess.ring() == 1
    assert tess.outbox() == []
    assert tess.state(reply.item) == ("waiting", None)


@pytest.mark.parametrize(
    ("hours", "now", "rings"),
    [
        ("any", "2026-03-10T01:00", "2026-03-10T01:00"),
        ("day", "2026-03-10T07:00", "2026-03-10T07:00"),
        ("day", "2026-03-10T03:00", "2026-03-10T06:00"),
        ("day", "2026-03-10T15:00", "2026-03-11T06:00"),
        ("evening", "2026-03-10T07:00", "2026-03-10T15:00"),
        ("evening", "2026-03-10T20:00", "2026-03-11T15:00"),
        ("someday", "2026-03-10T03:00", "2026-03-10T06:00"),
    ],
)
def test_a_push_keeps_to_the_hours_the_tipster_chose(hours: str, now: str, rings: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert post.quiet_until(at, hours) == datetime.fromisoformat(rings).replace(tzinfo=UTC)


def test_nothing_a_reply_is_made_of_shows_its_words(tess: Tess) -> None:
    reply = tess.answer(courier=tess.courier(), files=(post.Attachment(CANARY, "a/b", CANARY.encode()),))
    tess.ring()
    [line] = tess.outbox()
    secret = handle.parse(str(line["buttons"][0][0][1]))[1].mailbox()  # type: ignore[index]
    found = tess.collect(secret)
    spoken = " ".join(map(repr, (reply, found, found.letters, tess.courier(), reply.rows)))
    assert CANARY not in spoken
