"""What the register prints: records kept, site built, entries taken down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.channel import Wording
from casework.errors import CaseworkError
from crypto.signature import SigningKey
from register import announcing, entry, honesty, lists, packing, records, site
from register.basis import words_of
from register.builder import BuildReport, Issue, Progress
from register.checks import problems
from register.errors import (
    MalformedEntryError,
    MalformedHonestyError,
    NotPublishableError,
    RegisterError,
    RetractedError,
)
from register.honesty import Answers
from register.settings import SiteSettings
from register.sources import Folder
from register.vocabulary import LANGUAGES, RetractionReason
from register.voice import speak

log = logging.getLogger(__name__)

# The word a person at the desk chose, and the one readers see.
REASONS: dict[str, RetractionReason] = {
    "safety": "safety",
    "error": "erroneous",
    "consent": "consent_withdrawn",
    "duplicate": "duplicate",
}


@dataclass(frozen=True)
class Printer:
    """The public folder of one house."""

    records: Path
    output: Path
    settings: SiteSettings
    key: SigningKey
    answers: Callable[[], Answers | None] = lambda: None
    issue: Issue = lambda seen: seen + 1

    def take_in(
        self, public_id: str, public: bytes, now: datetime, given: Mapping[str, bytes] | None = None
    ) -> None:
        """
        Keep one approved entry and its new pictures; the same bytes again change nothing.

        Raises:
            RegisterError: it is no entry, not the one of *public_id*, or was taken down, or a picture of it
                is missing or holds more than pixels.
        """
        one = entry.loads(public)
        if one.id != public_id:
            raise MalformedEntryError("the id")
        records.put(self.records, one, now.date(), given=given or {})

    def overtaken(self, body: bytes) -> bytes | None:
        """
        Return a released list as it must be signed again, where entries of it were corrected here since.

        Raises:
            RegisterError: this is no list, or a record cannot be read.
        """
        found = lists.overtaken(lists.unpack(body), partial(records.get, self.records))
        if found is None:
            return None
        return lists.pack(found.entries, found.outline, found.proposals, found.bases)

    def shown_of(self, body: bytes) -> dict[str, bytes]:
        """
        Return ids and digests of what a released list will show.

        Raises:
            RegisterError: this is no list, or an entry of it may not be public.
        """
        listed = lists.unpack(body)
        against = {reason for one in listed.publishable for reason in problems(one)}
        if against:
            raise NotPublishableError(tuple(sorted(against)))
        return {
            one.id: bytes.fromhex(entry.fingerprint(one))
            for one, basis in listed.standing
            if not basis.keeps_ours and not self._is_gone(one.id)
        }

    def take_in_list(self, body: bytes, now: datetime) -> None:
        """
        Keep the entries of a released list, but for those that were corrected here and stay as they are.

        What was taken down since stays down. Notices are kept with the list's outline and reach no page.

        Raises:
            RegisterError: this is no list, or an entry of it may not be public.
        """
        listed = lists.unpack(body)
        for one, basis in listed.standing:
            words = basis.words or words_of(one)
            if basis.keeps_ours:
                records.keep_ours(self.records, one.id, words)
                continue
            with suppress(RetractedError):
                records.put(self.records, one, now.date(), words)
        lists.keep(self.records, listed)

    def withdraw(self, public_id: str, code: str, now: datetime, into: str | None = None) -> None:
        """
        Leave only a tombstone of an entry; its pages go at once, whatever names it with the next build.

        The tombstone of a duplicate leads to the entry *into* which it was merged. What is no id is nowhere.
        """
        if entry.is_id(public_id):
            reason = REASONS.get(code, "unstated")
            site.withdraw(self.output, public_id, folder=self.records, reason=reason, now=now, into=into)

    def build(self, now: datetime, progress: Progress = lambda _done, _owed: None) -> BuildReport:
        """
        Build what changed since the last time; what holds the whole register follows with :meth:`pack`.

        Raises:
            BrokenRecordsError: records cannot be read; everything else has been built.
        """
        return site.build(
            Folder(self.records),
            self.output,
            settings=self._told,
            now=now,
            signing=self.key,
            progress=progress,
            issue=self.issue,
        )

    def pack(self, now: datetime) -> packing.PackReport | None:
        """Bring data files, search index and archive up to the site; ``None`` where nothing was due."""
        return packing.pack(
            Folder(self.records),
            self.output,
            settings=self._told,
            now=now,
            signing=self.key,
            issue=self.issue,
        )

    def wording(self, language: str) -> Wording:
        """Return what the public channel says of entries in *language*; an unknown one is Russian."""
        voice = speak(next((one for one in LANGUAGES if one == language), "ru"))

        def whole(public_id: str) -> str | None:
            with suppress(RegisterError):
                record = records.get(self.records, public_id)
                return None if record is None else announcing.whole(record, voice, self.settings)
            return None

        return Wording(
            link=lambda public_id: announcing.link(public_id, voice, self.settings),
            whole=whole,
            gone=announcing.gone(voice),
        )

    def _is_gone(self, public_id: str) -> bool:
        record = records.get(self.records, public_id)
        return record is not None and record.is_tombstone

    @property
    def is_begun(self) -> bool:
        """Whether there is anything public, or ever was."""
        return self.records.exists()

    @property
    def _told(self) -> SiteSettings:
        """The settings with what is known today of our own work; unreadable figures stop no take-down."""
        answers = gate = None
        try:
            answers = self.answers()
            gate = honesty.measured()
        except (CaseworkError, MalformedHonestyError) as error:
            log.error("register.honesty_unreadable %s", type(error).__name__)  # noqa: TRY400 - a class name only
        return replace(self.settings, honesty=honesty.Honesty(answers, gate))
