"""What the hub does by itself. Each chore follows from rows, so a late or doubled call is harmless."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

from sqlalchemy import Select

from bot import channel, channel_calls
from bot.errors import ChannelError
from bot.outcomes import Audience
from bot.push import ring_waiting, speak
from bot.ticks import Tick
from casework import (
    cardrequests,
    epoch,
    erasure,
    escalation,
    handins,
    hubkeys,
    journal,
    keeper,
    notices,
    permits,
    post,
    reach,
    releases,
    retention,
    succession,
    watching,
    withdrawal,
)
from casework.actors import HUB, Actor
from casework.channels import Mail, Send, http_client, mail, staff_bot, webhook
from casework.database import Database
from casework.errors import NotFoundError
from casework.rosters import Staffing
from casework.strongbox import Strongbox, Suspension
from casework.tables import Published
from crypto.roster import Anchor
from register.errors import BrokenRecordsError, RegisterError
from subrosa import backup, shelved, waiting
from subrosa.escrow import Escrow
from subrosa.printing import Printer
from subrosa.settings import NoticeSettings, Settings

log = logging.getLogger(__name__)

# Rounds of renewing in one look: a lawyer's whole load has a new key within seconds, and no look is endless.
ROUNDS = 12


@dataclass
class Chores:
    """Everything a running hub does without being asked."""

    settings: Settings
    database: Database
    strongbox: Strongbox
    anchor: Anchor
    escrow: Escrow
    printer: Printer
    clock: Callable[[], datetime]
    counters: keeper.Counters = field(default_factory=keeper.Counters)
    shelf: tuple[int, ...] = ()  # how the records lay when they were last copied
    people: tuple[int, dict[str, Suspension]] | None = None  # as they were when they were last copied
    began: datetime = field(init=False)  # since when this hub would have heard of anybody at a desk

    def __post_init__(self) -> None:
        self.began = self.clock()

    def ticks(self) -> tuple[Tick, ...]:
        """Return the chores with how often they are looked at, in seconds."""
        return (
            Tick("keeper", 0.2, self.answer_desks),
            Tick("push", 0.5, self.ring),
            Tick("journal", 2, self.countersign),
            Tick("notices", 2, self.deliver_notices),
            Tick("take_down", 1, self.take_down),
            Tick("press", 1, self.publish),
            Tick("site", 600, self.refresh),
            Tick("pack", 1, self.pack),
            Tick("channel", 2, self.tend_channel),
            Tick("records", 5, self.copy_records),
            Tick("succession", 5, self.succeed),
            Tick("clocks", 30, self.escalate),
            Tick("keys", 60, self.keep_keys),
            Tick("retention", 3600, self.retire),
            Tick("backup", 900, self.back_up),
        )

    def erase(self, case: bytes, now: datetime, goes: reach.Reach = reach.everything) -> erasure.Report:
        """
        Erase a case for the tipster, or because its time has come, with what *goes* with it.

        Raises:
            NotFoundError: it is gone already.
        """
        return erasure.erase(
            self.database,
            self.strongbox,
            case,
            by=self._hub,
            now=now,
            mirror=self.mirror,
            remember=self.escrow.remember_erased,
            escrow_days=self.settings.escrow.keep_days,
            goes=goes,
        )

    def mirror(self) -> None:
        """Put today's keys onto the second medium, before any row needs them."""
        self.escrow.copy_keys(self.strongbox.epoch.number, self.clock())

    def answer_desks(self) -> None:
        """Take the outer lock off for those who may, and put it on what they hand in."""
        if not self._waits(waiting.DESKS):
            return
        now = self.clock()
        keeper.answer_requests(self.database, self.strongbox, self.anchor, self.counters, now)
        handins.take(self.database, self.strongbox, self.anchor, now)

    def ring(self) -> None:
        """Tell chats that something waits for them."""
        ring_waiting(self.database, self.strongbox, self.clock, self.audience)

    def audience(self) -> Audience:
        """Return who is to hear of what, as of now."""
        return partial(notices.audience, self._staffing())

    def countersign(self) -> None:
        """Take signed rows into the roster of their day."""
        if not self._waits(waiting.SIGNED):
            return
        with self.database.write() as session:
            roster = watching.watched(session, self.strongbox, self.anchor, self.clock()).roster
            journal.countersign(session, self.strongbox.signing, roster)
            releases.countersign(session, self.strongbox.signing, roster)
        # What the hub took it also remembers: an end cut off later is one that it saw.
        with self.database.read() as session:
            self.strongbox.parties.read(session, roster, self.anchor)
        self._mirror_people()

    def _mirror_people(self) -> None:
        """Put onto the second medium who is out, as soon as it changed: no restore brings them back."""
        people = (self.strongbox.roster_seen, dict(self.strongbox.suspended))
        if people == self.people:
            return
        self.people = people
        try:
            self.mirror()
        except OSError:
            log.error("people.medium_away")  # noqa: TRY400  a traceback tells no more

    def deliver_notices(self) -> None:
        """Tell staff that something waits, never what."""
        if not self._waits(waiting.NOTICES):
            return
        notices.deliver(
            self.database,
            self._staffing(),
            self.strongbox.contact,
            self._channels,
            speak,
            self.clock(),
            timedelta(minutes=self.settings.notices.urgent_repeat_minutes),
        )

    def take_down(self) -> None:
        """Carry out orders to take entries down: one signature is enough, and it is done at once."""
        if not self._waits(waiting.TAKE_DOWNS):
            return
        staffing = self._staffing()
        with self.database.read() as session:
            orders = releases.due_take_downs(session, staffing)
        if orders.forged:
            log.error("take_down.forged %d", orders.forged)
        trouble = self._take_down([(order.public_id, order.code, order.into) for order in orders.valid])
        if trouble:
            raise trouble[0]

    def _take_down(self, orders: Sequence[tuple[str, str, str | None]]) -> list[Exception]:
        """Take entries down, all of them before the site is built once; return what kept any from going."""
        trouble: list[Exception] = []
        gone = [one[0] for one in orders if self._is_withdrawn(*one, trouble)]
        if gone:
            self._build(self.clock())
        for public_id in gone:
            with self.database.write() as session:
                releases.mark_taken_down(session, public_id, self.clock())
        return trouble

    def _is_withdrawn(self, public_id: str, code: str, into: str | None, trouble: list[Exception]) -> bool:
        """Withdraw one entry; one that cannot go stays ordered and holds up no other."""
        try:
            # The channel hears of it first: it must not wait for a page that cannot be taken away.
            with self.database.write() as session:
                channel.withdraw(session, public_id, self.clock())
            self.printer.withdraw(public_id, code, self.clock(), into)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next order is carried out
            log.error("take_down.failed %s", type(error).__name__)  # noqa: TRY400 - a class name only
            trouble.append(error)
            return False
        return True

    def _build(self, now: datetime) -> Collection[str]:
        """Build the site; return the ids of records that nobody can read, which hold up nothing else."""
        try:
            self.printer.build(now)
        except BrokenRecordsError as error:
            log.error("register.broken_records %d", len(error.ids))  # noqa: TRY400 - a number only
            return error.ids
        return ()

    def publish(self) -> None:
        """Publish what is due, in batches at the house's hours, and at once what was released so."""
        if not self._waits(waiting.PRESS):
            return
        staffing, now = self._staffing(), self.clock()
        with self.database.write() as session:
            ready = releases.due_press(
                session, self.strongbox.press, staffing, now, self.settings.register.batch_hours,
                is_quiet=self.counters.is_quiet(self.began, now),
            )  # fmt: skip
            stranded = releases.stranded(session)
            manifests = releases.released_manifests(session, staffing)
        trouble = self._take_down([(public_id, "unstated", None) for public_id in stranded])
        taken = [one for one in ready if self._is_taken_in(one, now)]
        lists = [body for body in manifests if self._is_list_taken_in(body, now)]
        broken = self._build(now) if taken or lists else ()
        for body in lists:
            with self.database.write() as session:
                releases.mark_public(session, body)
                for public_id in self.printer.shown_of(body):
                    channel.renew(session, public_id, now)
        for one in taken:
            if one.public_id in broken:
                continue
            with self.database.write() as session:
                stays = releases.mark_published(session, one, self._hub, now)
                if stays and self.settings.register.channel:
                    is_new = session.get_one(Published, one.public_id).state == "published"
                    (channel.announce if is_new else channel.renew)(session, one.public_id, now)
        if trouble:
            raise trouble[0]

    def _is_taken_in(self, one: releases.Ready, now: datetime) -> bool:
        """Let the register take a text in; one that it refuses goes back and holds up no other."""
        try:
            self.printer.take_in(one.public_id, one.public, now, one.pictures)
        except RegisterError as error:
            log.error("press.refused %s", type(error).__name__)  # noqa: TRY400 - a text is never logged
            with self.database.write() as session:
                releases.send_back(session, one, now)
            return False
        return True

    def _is_list_taken_in(self, body: bytes, now: datetime) -> bool:
        """
        Let the register take a list in; one that it refuses is withdrawn and holds up no other.

        One that would undo a correction made while it waited goes back to who signed it.
        """
        try:
            instead = self.printer.overtaken(body)
            if instead is not None:
                with self.database.write() as session:
                    releases.return_manifest(session, body, instead, self._hub, now)
                return False
            entries = self.printer.shown_of(body)
            # Noted first, so that each can be taken down however long the making takes.
            with self.database.write() as session:
                releases.note_entries(session, body, entries, now)
            self.printer.take_in_list(body, now)
        except RegisterError as error:
            log.error("press.list_refused %s", type(error).__name__)  # noqa: TRY400 - a text is never logged
            with self.database.write() as session:
                releases.refuse_manifest(session, body, now)
            return False
        return True

    def refresh(self) -> None:
        """Let the site follow new settings, a new program and new figures when nothing is published."""
        if self.printer.is_begun:
            self.printer.build(self.clock())

    def pack(self) -> None:
        """Let the files that hold the whole register follow what was published or taken down."""
        self.printer.pack(self.clock())

    def tend_channel(self) -> None:
        """Let the public channel follow what was published, corrected or taken down."""
        if not self._waits(waiting.CHANNEL):
            return
        register = self.settings.register
        if not register.channel:
            # Rows wait although there is no channel any more: what should leave it cannot be taken away.
            raise ChannelError
        telegram = self.settings.telegram
        token = channel_calls.read_own_token(register.channel_token_file, *telegram.token_files)
        wording = self.printer.wording(register.channel_language)
        with http_client() as client:
            calls = channel_calls.ChannelCalls(client, telegram.api_base_url, token, register.channel)
            channel.tend(self.database, calls, wording, self.clock())

    def escalate(self) -> None:
        """Carry clocks that ran out one step further, free cases of suspended staff, remind of noted days."""
        staffing, now = self._staffing(), self.clock()
        with self.database.read() as session:
            self.strongbox.parties.follow(session)
            self.strongbox.parties.read(session, staffing.roster, self.anchor)
        with self.database.write() as session:
            escalation.escalate(session, staffing, now, permits.Settings(times=self.settings.times))
            escalation.free_suspended(session, staffing, self.strongbox.parties, self._hub, now)
            escalation.hand_to_stand_ins(session, staffing, now)
            cardrequests.escalate(session, staffing, now)
            escalation.remind(session, staffing, now)
            releases.ask_weekly(session, staffing, now)
            taken_back = withdrawal.due(session, now)
        succession.replace_taken_out(self.database, self.strongbox, staffing, now)
        for case in taken_back:
            self.erase(case, now)

    def succeed(self) -> None:
        """Let nothing new be opened with keys of people who are gone."""
        staffing = self._staffing()
        made = 0
        for _round in range(ROUNDS):
            some = succession.renew(self.database, self.strongbox, staffing, self.anchor, self.clock().date())
            made += some
            if not some:
                break
        if made:
            log.info("keys.renewed %d", made)
            self._renew_courier()

    def _renew_courier(self) -> None:
        """Let addresses that come in from now on be sealed to a key nobody has taken, once an hour."""
        now = self.clock()
        if now - self.strongbox.families["courier"].current.made >= timedelta(hours=1):
            self.strongbox.add("courier", now)
            self.publish_keys()

    def keep_keys(self) -> None:
        """Rotate what is due and publish the new public halves."""
        changed = epoch.keep_up(self.database, self.strongbox, self.mirror, self.clock())
        if changed:
            log.info("keys.rotated %s", " ".join(changed))
            self.publish_keys()

    def publish_keys(self) -> None:
        """Write the public halves desks seal to."""
        with self.database.write() as session:
            hubkeys.publish(session, self.strongbox, self.clock().date())

    def retire(self) -> None:
        """Drop what has had its time: cases, letters nobody can ask for, grants of keys that are lost."""
        now = self.clock()
        with self.database.read() as session:
            due = retention.due_erasures(session, now.date())
        for case in due:
            try:
                # Looked at again where it goes: somebody may have taken it up since.
                self.erase(case, now, partial(retention.due_matters, today=now.date()))
            except NotFoundError:
                continue
        staffing = self._staffing()
        with self.database.write() as session:
            post.reap(session, now.date())
            succession.take_away(session, self.strongbox, staffing)

    def back_up(self) -> None:
        """Copy keys and database to the second medium."""
        copy = backup.back_up(self.settings, self.database, self.strongbox, self.escrow, self.clock())
        if not copy.is_green:
            log.error("backup.not_green")

    def copy_records(self) -> None:
        """Copy what is public as soon as it changed; a medium that is away gets it with the next backup."""
        found = shelved.mark(self.printer.records)
        if found == self.shelf:
            return
        self.shelf = found
        try:
            shelved.copy(self.escrow, self.printer.records, self.clock(), self.strongbox.signing)
        except OSError:
            log.error("records.medium_away")  # noqa: TRY400  a traceback tells no more

    @cached_property
    def _channels(self) -> Mapping[str, Send]:
        return channels(self.settings.notices, self.settings.telegram.api_base_url)

    @property
    def _hub(self) -> Actor:
        return Actor(HUB, 0, self.strongbox.signing)

    def _waits(self, question: Select[tuple[bool]]) -> bool:
        with self.database.read() as session:
            return waiting.waits(session, question, self.clock())

    def _staffing(self) -> Staffing:
        with self.database.read() as session:
            return watching.watched(session, self.strongbox, self.anchor, self.clock())


def channels(settings: NoticeSettings, api_base_url: str) -> dict[str, Send]:
    """Return the channels this house has: mail and a staff bot if they are set, webhooks always."""
    client = http_client()
    found: dict[str, Send] = {"webhook": webhook(client)}
    if settings.smtp_host:
        password = settings.smtp_password_file
        found["smtp"] = mail(
            Mail(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.smtp_from,
                user=settings.smtp_user,
                password=password.read_text(encoding="utf-8").strip() if settings.smtp_user else "",
                security=settings.smtp_security,
            )
        )
    if settings.staff_token_file.exists():
        token = settings.staff_token_file.read_text(encoding="ascii").strip()
        found["telegram"] = staff_bot(client, api_base_url, token)
    return found
