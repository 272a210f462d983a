"""
Every table of the house, once.

The rules they obey (held by tests):

* In clear stands only what the hub must act on: random ids, team, status, urgency, language, staff ids,
  consent bits, days, sizes in buckets. Every word is in a ``sealed`` or ``locked`` column.
* ``sealed`` is a sealed file (age) that only its recipients open; ``locked`` is under a key of the hub
  (epoch, spool, link) and names that key's number.
* Tables that come from tips have random 16-byte keys and lie WITHOUT ROWID, because insertion order tells
  who wrote when. Dates are days. Instants stand only in rows that die when their clock is met.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    TypeDecorator,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; naive ones are refused, and SQLite gives aware ones back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> Any:
        """Refuse naive instants and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("instants are aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give back an aware UTC instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The one metadata of the house."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        bytes: LargeBinary,
        datetime: Instant,
        date: Date,
        str: String,
    }


Id = Annotated[bytes, mapped_column(LargeBinary(16))]
Key = Annotated[bytes, mapped_column(LargeBinary(16), primary_key=True)]
NO_ROWID = {"sqlite_with_rowid": False}
_HAS_STATE = text("state IS NOT NULL")


# --- the house -----------------------------------------------------------------------------------------


class House(Base):
    """One row: which schema this is, a sentinel that upgrades must still open, the register's last issue."""

    __tablename__ = "house"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    schema_number: Mapped[int]
    sentinel: Mapped[bytes]  # locked under the epoch key
    issue: Mapped[int] = mapped_column(default=0)  # number of the manifest signed last


class RosterNote(Base):
    """Every roster the hub accepted, as the signed bytes it came in."""

    __tablename__ = "roster_note"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[bytes]
    day: Mapped[date]


class HubKey(Base):
    """Public halves of the hub's keys that desks seal to, signed by the hub's roster key."""

    __tablename__ = "hub_key"
    purpose: Mapped[str] = mapped_column(primary_key=True)  # courier | handin | press | contact
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recipient: Mapped[bytes]
    signature: Mapped[bytes]
    day: Mapped[date]


class StaffState(Base):
    """What changes about a staff member between rosters."""

    __tablename__ = "staff_state"
    staff: Mapped[str] = mapped_column(primary_key=True)
    on_duty: Mapped[bool] = mapped_column(default=True)
    case_limit: Mapped[int] = mapped_column(default=40)
    stand_in: Mapped[str | None]
    languages: Mapped[str] = mapped_column(default="")  # space separated; empty is every language
    rota: Mapped[str] = mapped_column(default="")  # weekdays of duty, Monday is 1; empty is every day
    zone: Mapped[str] = mapped_column(default="")  # where this person's days begin; empty is the house's
    away_from: Mapped[date | None]
    away_until: Mapped[date | None]  # the last day of it
    suspended_until: Mapped[datetime | None]
    suspended_by: Mapped[str] = mapped_column(default="")  # staff ids, space separated
    # What cases one works on, and of where; codes, space separated. Empty is all.
    topics: Mapped[str] = mapped_column(default="", server_default="")
    subjects: Mapped[str] = mapped_column(default="", server_default="")
    # Whether this lawyer takes part in the team check.
    compares: Mapped[bool] = mapped_column(default=False, server_default=false())


class Contact(Base):
    """Where a staff member wants content-free notices; the address is sealed to the hub's contact key."""

    __tablename__ = "contact"
    staff: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]  # smtp | webhook | telegram
    sealed: Mapped[bytes]


class Notice(Base):
    """A notice to staff that is due. Dies when sent, or (urgent) when the case is accepted."""

    __tablename__ = "notice"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    staff: Mapped[str]
    kind: Mapped[str]  # new | urgent | reply | duty | unparsed | failed | remind
    case: Mapped[Id | None]
    due: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)


# --- cases ---------------------------------------------------------------------------------------------


class Case(Base):
    """One tracked case: only what the hub must act on."""

    __tablename__ = "case"
    # Lists ask for what one person carries, loads for what everybody does: neither grows with what has ended.
    __table_args__ = (
        Index("case_second", "second", "status"),
        Index("case_consultant", "consultant", "status"),
        Index("case_carried", "status", "assignee"),
        NO_ROWID,
    )
    id: Mapped[Key]
    kind: Mapped[str]  # tip | legal | brief
    team: Mapped[str]  # editors | legal
    status: Mapped[str]
    urgency: Mapped[str]  # now | days | normal
    language: Mapped[str]  # ru | uk | en
    assignee: Mapped[str | None] = mapped_column(index=True)
    second: Mapped[str | None]
    consultant: Mapped[str | None]  # reads content and answers from templates, beside assignee and second
    reason_code: Mapped[str | None]  # of a decline or a close
    merged_into: Mapped[Id | None]
    # Of a second matter: whoever erases the first erases this too.
    split_from: Mapped[Id | None] = mapped_column(index=True)
    opened: Mapped[date]
    touched: Mapped[date]
    remind_on: Mapped[date | None]
    erase_on: Mapped[date | None]
    may_summarise: Mapped[bool] = mapped_column(default=False)
    may_quote: Mapped[bool] = mapped_column(default=False)
    may_share: Mapped[bool] = mapped_column(default=False)
    may_picture: Mapped[bool] = mapped_column(default=False, server_default=false())
    wants_word: Mapped[bool] = mapped_column(default=False)  # sees a text first; without a yes it stays in
    wrote_before: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)  # somebody said that it must not be erased by its time
    version: Mapped[int] = mapped_column(default=1)  # a stale form names an older one
    mailboxes: Mapped[bytes | None]  # ids of its mailboxes, locked under the epoch key
    epoch: Mapped[int | None]  # the epoch that locks them


class Writing(Base):
    """The seeds and answers of a case still being written, locked under the spool key; deleted at filing."""

    __tablename__ = "writing"
    __table_args__ = (NO_ROWID,)
    case: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("case.id"), primary_key=True)
    spool: Mapped[int] = mapped_column(index=True)
    locked: Mapped[bytes]
    touched: Mapped[datetime]  # one idle hour files it


class Recusal(Base):
    """Somebody who said that a case is in conflict with their own: it is never proposed to them again."""

    __tablename__ = "recusal"
    __table_args__ = (NO_ROWID,)
    case: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("case.id"), primary_key=True)
    staff: Mapped[str] = mapped_column(primary_key=True)


class Mark(Base):
    """What tells the people on one case's card apart, for the team check, locked under the epoch key."""

    __tablename__ = "mark"
    __table_args__ = (Index("mark_epoch", "epoch"), NO_ROWID)
    case: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("case.id"), primary_key=True)
    number: Mapped[int]  # of the desks' key it was made with
    cards: Mapped[int]  # from so many items
    epoch: Mapped[int]
    locked: Mapped[bytes]


class MarkKey(Base):
    """The desks' key of the team check, sealed to one lawyer who takes part, signed by a colleague."""

    __tablename__ = "mark_key"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # number of the staff key
    made_by: Mapped[str]
    made_with: Mapped[int]  # number of that person's staff key
    sealed: Mapped[bytes]
    signature: Mapped[bytes]


class CardRequest(Base):
    """An editor's wish to know something of a card, sealed to the custodians. Dies when it is answered."""

    __tablename__ = "card_request"
    __table_args__ = (NO_ROWID,)
    case: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("case.id"), primary_key=True)
    staff: Mapped[str]
    day: Mapped[date]
    due: Mapped[datetime]  # when the coordinators hear that nobody answered
    sealed: Mapped[bytes]


class SealingKey(Base):
    """Public half of a key that seals things of a case (content, identity) or of a draft (draft)."""

    __tablename__ = "sealing_key"
    __table_args__ = (NO_ROWID,)
    owner: Mapped[Key]  # case or draft id
    compartment: Mapped[str] = mapped_column(primary_key=True)  # content | identity | draft
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recipient: Mapped[bytes]
    made_by: Mapped[str]  # staff id, or hub
    signature: Mapped[bytes]  # over owner, compartment, generation and recipient; empty when the hub made it


class Grant(Base):
    """The seed of a sealing key, sealed to one staff member (or recovery) inside the epoch lock."""

    __tablename__ = "grant"
    __table_args__ = (Index("grant_staff", "staff"), Index("grant_epoch", "epoch"), NO_ROWID)
    owner: Mapped[Key]
    compartment: Mapped[str] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff: Mapped[str] = mapped_column(primary_key=True)  # staff id, or recovery
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # of the staff key
    epoch: Mapped[int]
    locked: Mapped[bytes]


class Item(Base):
    """One sealed thing of a case: a message, a file, a note, a card, a cover sheet, a reason."""

    __tablename__ = "item"
    # Only replies have a state; the few that failed are counted on the coordinator's page.
    __table_args__ = (
        Index("item_case", "case", "kind"),
        Index("item_state", "state", sqlite_where=_HAS_STATE, postgresql_where=_HAS_STATE),
        NO_ROWID,
    )
    id: Mapped[Key]
    case: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("case.id"))
    compartment: Mapped[str]
    generation: Mapped[int]
    kind: Mapped[str]
    author: Mapped[str]  # tipster | hub | a staff id
    day: Mapped[date]
    size: Mapped[int]  # of the sealed bytes: already a bucket
    chunks: Mapped[int] = mapped_column(default=0)
    state: Mapped[str | None]  # of a reply: sealed | sent | waiting | shown | gone | failed
    why: Mapped[str | None]  # a code, of a failed reply
    sealed: Mapped[bytes | None]  # none when it lies in chunks


class Chunk(Base):
    """256 KiB of a sealed file too large for one row; its owner is an item or a letter."""

    __tablename__ = "chunk"
    __table_args__ = (NO_ROWID,)
    owner: Mapped[Key]
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[bytes]


class Clock(Base):
    """An open response clock, rounded to 15 minutes. Dies when met."""

    __tablename__ = "clock"
    __table_args__ = (NO_ROWID,)
    case: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("case.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # accept | reply | orphan | withdrawn
    due: Mapped[datetime]
    missed: Mapped[str] = mapped_column(default="")  # it ran out once: told | told_late


class Slip(Base):
    """One statistics slip, sealed to a coordinator, deleted when tallied."""

    __tablename__ = "slip"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    month: Mapped[str]
    sealed: Mapped[bytes]


class Tally(Base):
    """What a coordinator counted of one month, small cells hidden, signed, sealed to the coordinators."""

    __tablename__ = "tally"
    month: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


# --- post ----------------------------------------------------------------------------------------------


class Mailbox(Base):
    """Where letters wait for a phrase or a handle. No column links it to a case."""

    __tablename__ = "mailbox"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    recipient: Mapped[bytes]
    route: Mapped[bytes]  # the case id, under the mailbox's own route key
    kind: Mapped[str] = mapped_column(default="button")  # phrase | chat | button | invitation
    expires: Mapped[date | None]  # of an invitation


class Letter(Base):
    """A reply waiting in a mailbox, sealed to it."""

    __tablename__ = "letter"
    __table_args__ = (Index("letter_mailbox", "mailbox"), NO_ROWID)
    id: Mapped[Key]
    mailbox: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("mailbox.id"))
    day: Mapped[date]
    chunks: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[bytes | None]
    shown: Mapped[date | None]


class Push(Base):
    """A desk's wish that a chat be told something waits; sealed to the hub's courier key. Dies when taken."""

    __tablename__ = "push"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    courier: Mapped[int]
    item: Mapped[Id | None]  # the reply it announces
    sealed: Mapped[bytes]


class Outbox(Base):
    """One call to make to the outside, locked under the spool key. Dies when done."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_due", "due"), NO_ROWID)
    id: Mapped[Key]
    tag: Mapped[Id]  # one chat's rows go out in order
    n: Mapped[int]  # order within the tag
    due: Mapped[datetime]
    spool: Mapped[int] = mapped_column(index=True)
    locked: Mapped[bytes]
    item: Mapped[Id | None]  # the reply whose state follows
    tries: Mapped[int] = mapped_column(default=0)


class Deletion(Base):
    """Messages to delete from a chat, locked under the spool key; ``due`` none waits for "clean now"."""

    __tablename__ = "deletion"
    __table_args__ = (Index("deletion_tag", "tag"), NO_ROWID)
    id: Mapped[Key]
    tag: Mapped[Id]
    due: Mapped[datetime | None]
    deadline: Mapped[datetime]  # 47 hours after the message: the platform refuses at 48
    spool: Mapped[int] = mapped_column(index=True)
    locked: Mapped[bytes]
    tries: Mapped[int] = mapped_column(default=0)


class Link(Base):
    """A conversation in progress: keyed tag of the chat → state locked under the link key."""

    __tablename__ = "link"
    __table_args__ = (NO_ROWID,)
    tag: Mapped[Key]
    key: Mapped[int]
    locked: Mapped[bytes]
    expires: Mapped[date]


class Spool(Base):
    """One incoming update, locked under the spool key until worked; then only its number stays a week."""

    __tablename__ = "spool"
    __table_args__ = (Index("spool_state", "state"), NO_ROWID)
    # Thirty bits of the bot it came in by, then Telegram's thirty-two.
    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[str]  # new | done
    tag: Mapped[Id | None]
    taken: Mapped[datetime | None]  # none once done
    day: Mapped[date]
    spool: Mapped[int | None] = mapped_column(index=True)
    locked: Mapped[bytes | None]
    tries: Mapped[int] = mapped_column(default=0)


# --- desk and keeper -----------------------------------------------------------------------------------


class Request(Base):
    """A desk's signed question to the keeper. Dies after 60 seconds and at hub start."""

    __tablename__ = "request"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    staff: Mapped[str]
    number: Mapped[int]
    body: Mapped[bytes]  # canonical JSON, see casework.keeper
    signature: Mapped[bytes]
    at: Mapped[datetime]


class Answer(Base):
    """The keeper's answer, sealed to the session key the request named. Dies after 60 seconds."""

    __tablename__ = "answer"
    __table_args__ = (NO_ROWID,)
    request: Mapped[Key]
    sealed: Mapped[bytes]
    at: Mapped[datetime]


class HandIn(Base):
    """Grants and mailbox ids on their way from a desk into the epoch lock, sealed to the hand-in key."""

    __tablename__ = "handin"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    staff: Mapped[str]
    number: Mapped[int]
    key: Mapped[int]  # of the hand-in key
    sealed: Mapped[bytes]
    signature: Mapped[bytes]
    state: Mapped[str]  # new | done | refused | again (the hub restarted: hand in anew)
    at: Mapped[datetime]


class JournalRow(Base):
    """One act of staff, hub or operator. Append-only, hash-chained, signed, countersigned."""

    __tablename__ = "journal"
    __table_args__ = (Index("journal_case", "case"), Index("journal_act", "act", "day"))
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act: Mapped[str]
    actor: Mapped[str]  # staff id | hub | operator
    number: Mapped[int]  # of the staff key that signed
    day: Mapped[date]
    case: Mapped[Id | None]
    subject: Mapped[Id | None]
    reason: Mapped[bytes | None]  # salted hash of the reason
    previous: Mapped[bytes]
    head: Mapped[bytes]
    signature: Mapped[bytes]
    roster: Mapped[int | None]  # the version in force when the hub took the row
    countersignature: Mapped[bytes | None]


# --- release -------------------------------------------------------------------------------------------


class Draft(Base):
    """A summary on its way out. Its words are sealed to a key of its own."""

    __tablename__ = "draft"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    case: Mapped[Id | None]  # dropped at publication
    public_id: Mapped[str]  # random, never the case's
    status: Mapped[str]  # draft | review | approved | scheduled | published | corrected | retracted
    author: Mapped[str]
    day: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    digest: Mapped[bytes | None]  # SHA-256 of the public bytes, once frozen
    frozen: Mapped[date | None]
    embargo_until: Mapped[date | None]
    condition: Mapped[bytes | None]  # what it waits for, sealed to the draft's key
    haste: Mapped[bytes | None]  # why it goes out at once, sealed to the draft's key
    asked: Mapped[str | None]  # who says whether that has come
    ask_on: Mapped[date | None]
    generation: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[bytes]


class DraftPicture(Base):
    """A redacted picture of a draft and how it was made, sealed to the draft's key. Dies with publication."""

    __tablename__ = "draft_picture"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    draft: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("draft.id"), index=True)
    generation: Mapped[int]  # of the draft's key it is sealed to
    sealed: Mapped[bytes]


class Verdict(Base):
    """A signed half of the gate over one frozen digest: level and kinds, never a value."""

    __tablename__ = "verdict"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    draft: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("draft.id"), index=True)
    digest: Mapped[bytes]
    half: Mapped[str]  # editor | holder | no_case
    level: Mapped[str]  # block | warn | pass
    staff: Mapped[str]
    number: Mapped[int]
    day: Mapped[date]
    sealed: Mapped[bytes]  # spans and kinds, sealed to the draft's key
    signature: Mapped[bytes]
    roster: Mapped[int | None]
    countersignature: Mapped[bytes | None]


class Approval(Base):
    """One person's signature under one frozen digest."""

    __tablename__ = "approval"
    __table_args__ = (NO_ROWID,)
    draft: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("draft.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    staff: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    role: Mapped[str]  # author | approver
    override: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[bytes | None]  # sealed to the draft's key
    day: Mapped[date]
    signature: Mapped[bytes]
    roster: Mapped[int | None]
    countersignature: Mapped[bytes | None]


class Wording(Base):
    """What a tipster said of exactly one frozen text that was shown to them. Dies with any edit of it."""

    __tablename__ = "wording"
    __table_args__ = (NO_ROWID,)
    draft: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("draft.id"), primary_key=True)
    digest: Mapped[bytes]
    case: Mapped[Id] = mapped_column(LargeBinary(16), index=True)
    answer: Mapped[str]  # asked | yes | change | no
    staff: Mapped[str]  # who showed it, or answered for a client who said so
    day: Mapped[date]


class Press(Base):
    """Bytes approved for publication with their case id and consent uses, sealed to the hub's press key."""

    __tablename__ = "press"
    __table_args__ = (NO_ROWID,)
    id: Mapped[Key]
    draft: Mapped[Id]
    digest: Mapped[bytes]
    due: Mapped[date]
    now: Mapped[bool] = mapped_column(default=False)  # do not wait for the next batch
    sealed: Mapped[bytes]
    why: Mapped[str | None]  # codes, when the tick refused it


class Published(Base):
    """What is public: the digest that was approved, and its state."""

    __tablename__ = "published"
    public_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    day: Mapped[date]
    # printing | reprinting | published | corrected | retracted
    state: Mapped[str] = mapped_column(index=True)


class Manifest(Base):
    """An imported list: the bytes that two signatures on their digest release; none once that is over."""

    __tablename__ = "manifest"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    day: Mapped[date]
    state: Mapped[str]  # review | released | public | withdrawn


class ManifestSignature(Base):
    """One person's signature under an imported list."""

    __tablename__ = "manifest_signature"
    digest: Mapped[bytes] = mapped_column(ForeignKey("manifest.digest"), primary_key=True)
    staff: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    day: Mapped[date]
    signature: Mapped[bytes]


class TakeDown(Base):
    """A signed order to take a public entry down now. Dies when the tick has carried it out."""

    __tablename__ = "take_down"
    public_id: Mapped[str] = mapped_column(primary_key=True)
    staff: Mapped[str]
    number: Mapped[int]
    day: Mapped[date]
    code: Mapped[str]  # the public word why: safety | error | consent | duplicate
    into: Mapped[str | None]  # of a duplicate: the public id of the entry that tells the same
    signature: Mapped[bytes]


class Figures(Base):
    """What a coordinator told the public of one month, rounded before it was written here."""

    __tablename__ = "figures"
    month: Mapped[str] = mapped_column(primary_key=True)  # YYYY-MM
    hours: Mapped[int]  # until half of those who wrote had a first answer
    waiting: Mapped[int]  # how many waited for one at the month's end; 0 is fewer than five
    staff: Mapped[str]
    number: Mapped[int]
    day: Mapped[date]
    signature: Mapped[bytes]


class ChannelPost(Base):
    """What the public channel shows of one entry, and what it should. Public data only."""

    __tablename__ = "channel_post"
    public_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]  # wanted | placed | shown | leaving | gone | failed
    message: Mapped[int | None]  # the number of the post
    digest: Mapped[bytes | None]  # SHA-256 of the words that stand there
    due: Mapped[datetime | None]  # while something is to be done
    tries: Mapped[int] = mapped_column(default=0)
