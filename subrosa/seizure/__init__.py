"""
A rehearsed seizure: the thief's part, played on one's own house and told without softening it.

Everything is a real attempt: each key found is tried on each row it could be for, and on a sample of those
it must not open. Counts and days come out, ids of cases where a keyring was given, and nothing of anybody
who wrote to us.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.orm import Session

from casework.families import Family
from casework.tables import Case, Grant, Item, JournalRow, Letter, Mailbox, StaffState
from crypto.keyring import Staff
from crypto.lock import Key
from crypto.xwing import Identity
from subrosa.seizure import clear, grants, medium
from subrosa.seizure.disk import Burglary
from subrosa.seizure.findings import FIRST_MINUTES, TOKEN, Finding, Reach, Yield
from subrosa.seizure.loot import Loot
from subrosa.settings import Settings

# Whoever has one of these speaks as somebody, which is more than reading.
SIGNING = frozenset({"hub", "register"})

__all__ = ["Finding", "Reach", "Yield", "rehearse"]


def rehearse(
    session: Session, settings: Settings, escrow_key: Identity | None = None, staff: Staff | None = None
) -> Yield:
    """
    Try what a thief of this machine could open now.

    With *escrow_key* the newest backup is tried as well, with *staff* one unlocked keyring.

    Raises:
        RestoreError, CryptoError: the backup cannot be opened with *escrow_key*.
    """
    still, live = Loot.gather(settings.hub.state_dir), Loot.gather(settings.hub.runtime_dir)
    both = Loot.of({**still.families, **live.families})
    thief = Burglary(session, still)
    disk = _disk(thief, settings, both)
    running = _running(Burglary(session, live), settings)
    backup = medium.without_key(settings.escrow.medium, both)
    reached: tuple[Reach, ...] = ()
    if escrow_key is not None:
        with medium.opened(settings.escrow.medium, escrow_key, settings.hub.state_dir) as copy:
            backup += medium.with_key(copy)
            reached = () if staff is None else _reach(session, copy, staff, settings)
    elif staff is not None:
        reached = _reach(session, None, staff, settings)
    return Yield(disk, running, _closed(session, both), backup, reached, TOKEN, FIRST_MINUTES)


def _disk(thief: Burglary, settings: Settings, keys: Loot) -> tuple[Finding, ...]:
    session, tokens, others = thief.session, _tokens(settings), _others(settings)
    spool, outbox, deletions, pushes = thief.spool(), thief.outbox(), thief.deletions(), thief.pushes()
    writing, words = thief.writing()
    links = thief.links()
    boxes, letters = thief.mailboxes()
    files = clear.files_of(settings)
    rings = settings.desk.keyring_dir.glob("*.keyring")
    return (
        Finding(
            "token",
            len(tokens),
            "tokens of bots: all that still stands in the chats, what comes in from now on, the bots' voice",
        ),
        Finding(
            "others",
            len(others),
            "other tokens and passwords: the public channel's voice, the staff's notices and who gets them",
        ),
        Finding("keys", len(thief.loot), "keys of the hub"),
        Finding(
            "signing",
            len(SIGNING & set(thief.loot.families)),
            "of them sign: as the hub to desks, as the register to readers, until a roster names others",
        ),
        Finding("chats", len(thief.chats), "chats with something pending: who they are at Telegram"),
        spool.finding("spool", "messages that came in and were not worked yet: their words can be read"),
        outbox.finding("outbox", "messages waiting to be sent, some with words of an answer"),
        deletions.finding("deletions", "messages to be deleted from chats: their numbers, not their words"),
        pushes.finding("pushes", "chats about to be told that an answer waits"),
        writing.finding("writing", "tips not filed yet"),
        words.finding("words", "words, files and cards of tips not filed yet"),
        links.finding("remembered", "remembered conversations: their chats follow from trying every number"),
        boxes.finding("threads", "mailboxes that a button found on the way opens, and the case of each"),
        letters.finding("replies", "waiting answers in them"),
        thief.press().finding("press", "summaries waiting to be published, with their case ids"),
        thief.contacts().finding("contacts", "addresses at which staff want their notices"),
        Finding(
            "counts",
            grants.count(session, Case),
            "cases: team, status, urgency, days, sizes, who works on them",
        ),
        Finding(
            "staff",
            grants.count(session, StaffState),
            "staff: pseudonyms, roles, and what they did on which day",
        ),
        Finding("keyrings", len(list(rings)), "locked keyrings, as strong as a passphrase of 66 bits"),
        Finding(
            "clear",
            clear.standing(files, thief.chats, keys.secrets(), [*tokens, *others]),
            "files in which a chat, a key, a token or a password stands in clear where it should not",
            tried=len(files),
        ),
    )


def _running(thief: Burglary, settings: Settings) -> tuple[Finding, ...]:
    links = thief.links()
    boxes, letters = thief.mailboxes()
    return (
        Finding("runtime_keys", len(thief.loot), "keys that a power cut would have taken"),
        links.finding("links", "conversations in progress: their chats follow from trying every number"),
        boxes.finding("live_threads", "mailboxes of these conversations, and the case of each"),
        letters.finding("live_replies", "waiting answers in them"),
        thief.handins().finding("handins", "grants on their way in from desks, each under a staff key"),
        Finding(
            "passing", 1, "whatever is typed while the thief keeps it running, and what desks on it have open"
        ),
        Finding(
            "seconds",
            settings.desk.idle_minutes * 60,
            "seconds until an idle desk forgets its keys, or shuts them behind a PIN",
        ),
    )


def _closed(session: Session, keys: Loot) -> tuple[Finding, ...]:
    """Say what stays shut, and try it; an attempt that succeeds is a fault of ours."""
    return (
        Finding("items", grants.count(session, Item), "sealed words, files and cards"),
        grants.items(session, keys).finding("items_opened", "of them opened with any key found here"),
        Finding(
            "grants", grants.count(session, Grant), "grants, each under a staff key and today's epoch key"
        ),
        grants.inner(session, keys).finding("grants_opened", "of them opened with any key found here"),
        Finding(
            "letters", grants.count(session, Letter), "replies in mailboxes that no column links to a case"
        ),
        Finding("mailboxes", grants.count(session, Mailbox), "mailboxes; a phrase or a button opens one"),
        Finding("journal", grants.count(session, JournalRow), "journal rows, without a word of a case"),
    )


def _reach(session: Session, copy: medium.Copy | None, staff: Staff, settings: Settings) -> tuple[Reach, ...]:
    """Try one keyring here and in the copy: with today's epoch key, with older ones, with none."""
    today, earlier = _epochs(settings, copy)
    places = [("database", session)] + ([] if copy is None else [("backup", copy.session)])
    return tuple(
        grants.reach(rows, staff, epochs, place, name)
        for place, rows in places
        for name, epochs in (("today", today), ("earlier", earlier), ("none", {}))
        if epochs or name == "none"
    )


def _epochs(settings: Settings, copy: medium.Copy | None) -> tuple[dict[int, Key], dict[int, Key]]:
    """Return today's epoch key, and every other that lies here or in the copy."""
    family = Family.load(settings.hub.state_dir / "epoch.key")
    every = {number: Key(number, key.secret) for number, key in family.keys.items()}
    if copy is not None:
        every = {**copy.loot.families.get("epoch", {}), **every}
    now = family.current.number
    return {now: every[now]}, {number: key for number, key in every.items() if number != now}


def _tokens(settings: Settings) -> list[bytes]:
    return _read(settings.telegram.token_files)


def _others(settings: Settings) -> list[bytes]:
    """Return what else lies on this machine that speaks for the house somewhere."""
    notices = settings.notices
    return _read((settings.register.channel_token_file, notices.staff_token_file, notices.smtp_password_file))


def _read(files: Iterable[Path]) -> list[bytes]:
    found = []
    for path in files:
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().strip())
    return [secret for secret in found if secret]
