"""Notices say that something waits, never what; they reach people their own way, and none just disappears."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_string, policy
from functools import cache, partial
from pathlib import Path

import pytest
from sqlalchemy import select

import casework
from casework import cases, catalogue, channels, notices, rows
from casework.channels import ChannelError, Mail
from casework.tables import Contact, Notice, StaffState
from crypto import context, sealed
from crypto.errors import CryptoError
from tests.cases import as_, put
from tests.doors import Hook, MailServer, listening
from tests.house import House

ADDRESS = "alice-утка-7319@example.org"
SPEAK = cache(partial(catalogue.load, Path(casework.__file__).parent / "catalogues"))


class Line:
    """A channel that remembers what was said, or fails while it is down."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []
        self.is_down = False

    def __call__(self, address: str, subject: str, text: str) -> None:
        if self.is_down:
            raise ChannelError
        self.said.append((address, subject, text))

    def to(self) -> list[str]:
        """Return who was told since the last time."""
        said, self.said = self.said, []
        return sorted(address for address, _subject, _text in said)


@pytest.fixture
def line() -> Line:
    """Give a channel to listen on."""
    return Line()


def reachable(house: House, *staff: str, language: str = "ru") -> None:
    """Let *staff* choose mail, each at their own name."""
    with house.database.write() as session:
        for one in staff:
            hub = house.strongbox.contact.recipient
            notices.choose(session, one, "smtp", one, language, hub)


def deliver(house: House, line: Callable[[str, str, str], None], **later: int) -> notices.Delivered:
    """Let the tick run so much later."""
    now = house.now + timedelta(**later)
    channel = {"smtp": line}
    return notices.deliver(house.database, house.staffing(), house.strongbox.contact, channel, SPEAK, now)


def tell(house: House, kind: str, *staff: str, case: bytes | None = None) -> None:
    with house.database.write() as session:
        notices.tell(session, kind, staff, case, house.now)


def waiting(house: House) -> list[tuple[str, str]]:
    with house.database.read() as session:
        return sorted((row.staff, row.kind) for row in session.scalars(select(Notice)))


def test_a_notice_is_said_once_and_gone(house: House, line: Line) -> None:
    reachable(house, "alice")
    tell(house, notices.NEW, "alice")
    assert deliver(house, line) == notices.Delivered(sent=1)
    assert deliver(house, line, hours=9) == notices.Delivered()
    assert line.to() == ["alice"]
    assert waiting(house) == []


def test_the_same_thing_is_not_queued_twice_for_one_person(house: House) -> None:
    with house.database.write() as session:
        case = put(session, house)
    for _time in range(3):
        tell(house, notices.NEW, "alice", "bob", case=case)
        tell(house, notices.DUTY, "alice")
    assert waiting(house) == [("alice", "duty"), ("alice", "new"), ("bob", "new")]


def test_a_flood_of_cases_is_one_message_to_each_person(house: House, line: Line) -> None:
    reachable(house, "alice", "bob")
    with house.database.write() as session:
        for _n in range(30):
            notices.tell(session, notices.NEW, ["alice", "bob"], put(session, house), house.now)
    assert deliver(house, line) == notices.Delivered(sent=2)
    assert line.to() == ["alice", "bob"]
    assert waiting(house) == []


def test_an_urgent_case_repeats_until_somebody_accepts_it(house: House, line: Line) -> None:
    reachable(house, "alice", "bob")
    with house.database.write() as session:
        case = put(session, house, urgency="now")
    tell(house, notices.URGENT, "alice", "bob", case=case)
    for minutes in (0, 10, 20, 30):
        deliver(house, line, minutes=minutes)
        assert line.to() == ["alice", "bob"]
        deliver(house, line, minutes=minutes + 9)
        assert line.to() == []
    with house.database.write() as session:
        cases.accept(session, case, 1, None, as_(house, "alice"))
    deliver(house, line, minutes=40)
    assert line.to() == []
    assert waiting(house) == []


def test_an_urgent_notice_of_a_case_accepted_meanwhile_is_said_no_more(house: House, line: Line) -> None:
    reachable(house, "alice")
    with house.database.write() as session:
        case = put(session, house, urgency="now", status="open")
    tell(house, notices.URGENT, "alice", case=case)
    deliver(house, line)
    assert waiting(house) == []


def test_a_channel_that_is_down_is_tried_again_and_then_named_to_the_coordinator(
    house: House, line: Line
) -> None:
    reachable(house, "alice", "olga")
    tell(house, notices.REPLY, "alice")
    line.is_down = True
    for hour in range(notices.TRIES - 1):
        assert deliver(house, line, hours=hour).failed == 1
        assert waiting(house) == [("alice", "reply")]
    deliver(house, line, hours=notices.TRIES)
    assert waiting(house) == [("olga", "failed")]
    line.is_down = False
    deliver(house, line, hours=notices.TRIES + 1)
    assert line.to() == ["olga"]


def test_a_channel_that_comes_back_brings_what_waited(house: House, line: Line) -> None:
    reachable(house, "alice")
    tell(house, notices.NEW, "alice")
    line.is_down = True
    deliver(house, line)
    line.is_down = False
    assert deliver(house, line, minutes=1).sent == 0
    assert deliver(house, line, minutes=3).sent == 1


def test_somebody_without_a_channel_is_named_to_the_coordinator_once(house: House, line: Line) -> None:
    reachable(house, "olga")
    with house.database.write() as session:
        case = put(session, house, urgency="now")
    tell(house, notices.URGENT, "alice", case=case)
    tell(house, notices.NEW, "bob")
    assert deliver(house, line).unreachable == 2
    for minutes in (1, 20, 40):
        deliver(house, line, minutes=minutes)
    assert line.to() == ["olga"]
    assert waiting(house) == [("alice", "urgent")]


def test_a_coordinator_who_cannot_be_reached_does_not_make_notices_for_ever(house: House, line: Line) -> None:
    tell(house, notices.DUTY, "olga")
    for minutes in range(0, 100, 10):
        deliver(house, line, minutes=minutes)
    assert waiting(house) == []


def test_with_nobody_on_duty_the_coordinator_hears_of_it(house: House) -> None:
    staffing = house.staffing()
    assert notices.audience(staffing, "legal", None) == ["alice", "bob"]
    assert notices.audience(staffing, "legal", "bob") == ["bob"]
    with house.database.write() as session:
        for staff in ("alice", "bob"):
            session.get_one(StaffState, staff).on_duty = False
    assert notices.audience(house.staffing(), "legal", None) == ["olga"]


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
@pytest.mark.parametrize("kind", notices.KINDS)
def test_a_notice_holds_nothing_of_its_case(
    kind: str, language: str, sqlite_house: House, line: Line
) -> None:
    house = sqlite_house
    reachable(house, "alice", language=language)
    with house.database.write() as session:
        first, second = put(session, house), put(session, house, urgency="now", language="uk")
    tell(house, kind, "alice", case=first)
    deliver(house, line)
    tell(house, kind, "alice", case=second)
    deliver(house, line, seconds=1)
    assert len(line.said) == 2
    assert line.said[0] == line.said[1]
    _address, subject, text = line.said[0]
    assert not subject.startswith("notice.")
    assert not text.startswith("notice.")


def test_an_address_is_sealed_to_the_hub_and_bound_to_its_person(house: House) -> None:
    with house.database.write() as session:
        notices.choose(session, "alice", "smtp", ADDRESS, "ru", house.strongbox.contact.recipient)
        row = session.get_one(Contact, "alice")
        assert ADDRESS.encode() not in row.sealed
        assert ADDRESS not in repr(row.__dict__)
        for staff in house.staff.values():
            with pytest.raises(CryptoError):
                sealed.open_sealed(row.sealed, staff.identity, context.named("contact", "alice"))
        with pytest.raises(CryptoError):
            sealed.open_sealed(row.sealed, house.strongbox.contact, context.named("contact", "bob"))


def test_mallory_moving_an_address_to_another_person_reaches_nobody(house: House, line: Line) -> None:
    reachable(house, "alice", "bob")
    with house.database.write() as session:
        session.get_one(Contact, "bob").sealed = session.get_one(Contact, "alice").sealed
    tell(house, notices.NEW, "bob")
    assert deliver(house, line).unreachable == 1


def test_who_wants_no_notices_gets_none(house: House, line: Line) -> None:
    reachable(house, "alice")
    with house.database.write() as session:
        notices.forget(session, "alice")
    tell(house, notices.NEW, "alice")
    assert deliver(house, line).sent == 0


def test_two_ticks_at_once_do_not_both_say_it(house: House, line: Line) -> None:
    reachable(house, "alice")
    tell(house, notices.NEW, "alice")

    def while_sending(address: str, subject: str, text: str) -> None:
        line(address, subject, text)
        assert deliver(house, line) == notices.Delivered()

    assert deliver(house, while_sending).sent == 1
    assert line.to() == ["alice"]


def test_a_worker_adds_notices_with_its_other_rows(house: House) -> None:
    batch = rows.Rows()
    notices.add(batch, notices.NEW, ["alice", "bob"], None, house.now)
    with house.database.write() as session:
        rows.write(session, [batch])
    assert waiting(house) == [("alice", "new"), ("bob", "new")]


# --- the channels, over real sockets ---


def test_mail_arrives_in_russian_and_names_neither_this_machine_nor_anybody_else() -> None:
    with listening(MailServer()) as server:
        send = channels.mail(Mail("127.0.0.1", server.server_address[1], "desk@house.example", "none"))
        send("alice@example.org", "Новое на столе", "Вас ждёт новое дело.")
    message = message_from_string(server.messages[0], policy=policy.default)
    assert message["To"] == "alice@example.org"
    assert message["Subject"] == "Новое на столе"
    assert message.get_content().strip() == "Вас ждёт новое дело."
    assert message["Message-ID"].endswith("@house.example>")
    assert server.greetings == ["ehlo localhost"]


def test_mail_refused_or_unreachable_or_without_the_promised_tls_is_one_error_without_a_name() -> None:
    with listening(MailServer()) as server:
        port = server.server_address[1]
        server.refuses = True
        refused = channels.mail(Mail("127.0.0.1", port, "desk@house.example", "none"))
        plain = channels.mail(Mail("127.0.0.1", port, "desk@house.example", "starttls", "u", "geheim"))
        for send in (refused, plain):
            with pytest.raises(ChannelError) as caught:
                send(ADDRESS, "s", "t")
            assert (str(caught.value), caught.value.__cause__) == ("", None)
    gone = channels.mail(Mail("127.0.0.1", port, "desk@house.example", "none"))
    with pytest.raises(ChannelError):
        gone("alice@example.org", "s", "t")
    assert server.messages == []
    assert "geheim" not in repr(Mail("h", 1, "s", "tls", "u", "geheim"))


def test_nobody_smuggles_a_header_into_a_notice() -> None:
    with listening(MailServer()) as server:
        send = channels.mail(Mail("127.0.0.1", server.server_address[1], "desk@house.example", "none"))
        with pytest.raises(ChannelError):
            send("alice@example.org\r\nBcc: mallory@example.org", "s", "t")
    assert server.messages == []


def test_a_web_hook_gets_the_sentence_and_is_not_followed_elsewhere() -> None:
    with listening(Hook()) as hook, channels.http_client() as client:
        send = channels.webhook(client)
        send(f"{hook.url}/x", "Новое", "Откройте стол.")
        assert hook.bodies == [("/x", {"text": "Новое\nОткройте стол."})]
        for hook.status in (302, 500):
            with pytest.raises(ChannelError) as caught:
                send(f"{hook.url}/secret-path", "s", "t")
            assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert [path for path, _body in hook.bodies] == ["/x", "/secret-path", "/secret-path"]


@pytest.mark.parametrize(
    "address", ["", "file:///etc/passwd", "no scheme", "http://[", "http://127.0.0.1:1/"]
)
def test_an_address_that_is_none_is_an_error_and_no_traceback(address: str) -> None:
    with channels.http_client() as client, pytest.raises(ChannelError):
        channels.webhook(client)(address, "s", "t")


def test_the_staff_bot_says_it_in_the_chat_chosen() -> None:
    with listening(Hook()) as hook, channels.http_client() as client:
        channels.staff_bot(client, f"{hook.url}/", "42:staff")("77", "Новое", "Откройте стол.")
    [(path, body)] = hook.bodies
    assert path == "/bot42:staff/sendMessage"
    assert (body["chat_id"], body["text"]) == ("77", "Новое\nОткройте стол.")
