"""
The house of :mod:`tests.vaultlife`, in which editors write and the paper with the recovery key is exchanged.

Besides what holds there, of every draft:

* its writers open it, and nobody else does; what is written of it after an arrest does not open with what was
  taken, and there is always a key to write on with;
* erased with its tip, it opens with no dump and no keyring;

and of the recovery key: whoever holds what only an earlier paper opens passes it on to the present one, and
once that opens it too, the earlier one does no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from casework import cases as acts
from casework import erasure, keys, papers, watching
from casework.actors import OPERATOR, Actor
from casework.rosters import Staffing
from casework.tables import Case, Draft, Grant
from crypto.xwing import Identity
from desk import accepting, drafting, handing
from desk.errors import KeyAwaitedError, MissingError
from desk.forms import Form
from desk.visit import Visit
from tests.test_keeper import file_case
from tests.vaultlife import CAST, EDITORS, Opened, Vault

WRITERS = frozenset({*EDITORS, "olga"})
DRAFTS = 3
PAPERS = 3


@dataclass
class Written:
    """What this test knows of one draft: whose it is, what stands in it, which keyrings must open it."""

    author: str
    tip: bytes | None
    said: str = ""
    should: set[tuple[str, int]] = field(default_factory=set)


class Life(Vault):
    """A house in which anything may happen to keys, drafts and papers."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts: dict[bytes, Written] = {}
        self.tip: bytes | None = None
        self.later_papers: dict[int, Identity] = {}
        self.copied: tuple[bytes | None, dict[bytes, Written]] = None, {}

    def after_found(self) -> None:
        self.file_tip()

    # --- what happens ---

    @precondition(lambda self: self.tip is None)
    @rule()
    def file_tip(self) -> None:
        """A tip comes in, and Carol accepts it with Dan."""
        visit = self.visit("carol")
        if visit is None or not set(EDITORS) <= self.living():
            return
        self.tip, _ = file_case(self.house, "editors", None)
        with self.house.database.write() as session:
            after = acts.accept(session, self.tip, 1, "dan", visit.acting)
        assert handing.hand_in(visit, accepting.handover(visit, after, "carol", "dan"))
        self.check()

    @rule(by=st.sampled_from(EDITORS), is_new=st.booleans())
    def write(self, by: str, is_new: bool) -> None:
        """An editor begins a draft, of the tip if it is hers, or goes on with one of theirs."""
        visit = self.visit(by)
        if visit is None or by not in self.living():
            return
        own = [draft for draft, its in self.drafts.items() if its.author == by]
        if own and (not is_new or len(self.drafts) == DRAFTS):
            self._go_on(visit, own[-1])
        elif len(self.drafts) < DRAFTS:
            tip = self.tip if by == "carol" else None
            draft = drafting.begin(visit, tip, drafting.blank())
            self.drafts[draft] = Written(by, tip, should=self._writing())
        self.check()

    def _go_on(self, visit: Visit, draft: bytes) -> None:
        its = self.drafts[draft]
        try:
            sheet = drafting.open_sheet(visit, draft)
        except MissingError:
            assert self.key_of(its.author) not in its.should, "its author no longer opens a draft"
            return
        assert sheet.entry.title.get("ru", "") == its.said
        said = f"Слова {sheet.draft.version}"
        entry = msgspec.structs.replace(sheet.entry, title={"ru": said})
        form = Form({"version": [str(sheet.draft.version)]})
        try:
            generation = drafting.keep(replace(visit, form=form), sheet, entry).draft.generation
        except KeyAwaitedError:
            return  # a new keyring, which nobody gave the newest key yet
        its.said, its.should = said, self._holding(draft, generation) & self._writing()
        assert its.should, "nothing is written where nobody living opens it"
        gone = self.stolen.keys() - self.as_signed()
        for name in gone:
            assert (draft, keys.DRAFT, generation) not in self.stolen[name], "opens with what was taken"

    def as_signed(self) -> frozenset[str]:
        """Return who is at work by signed suspensions alone: what moves keys goes by it."""
        house = self.house
        with house.database.read() as session:
            found = watching.watched(session, house.strongbox, house.anchor, house.now)
        return found.as_signed.living

    def _writing(self) -> set[tuple[str, int]]:
        return {self.key_of(name) for name in WRITERS & self.living()}

    def _holding(self, draft: bytes, generation: int) -> set[tuple[str, int]]:
        with self.house.database.read() as session:
            rows = session.scalars(select(Grant).where(Grant.owner == draft)).all()
        return self.who_opens(rows).get((draft, keys.DRAFT, generation), set())

    @precondition(lambda self: self.tip is not None)
    @rule()
    def take_back(self) -> None:
        """The tip is erased, and what was written of it and is not public goes with it."""
        house, tip = self.house, self.tip
        assert tip is not None
        self.dump()
        report = erasure.erase(
            house.database, house.strongbox, tip, by=Actor(OPERATOR, 0, house.strongbox.signing),
            now=house.now, mirror=self.mirror, remember=self.escrow.remember_erased, escrow_days=7,
        )  # fmt: skip
        gone = {draft for draft, its in self.drafts.items() if its.tip == tip}
        assert report.drafts == len(gone)
        self._drop({tip} | gone)
        self.check()

    def _drop(self, gone: set[bytes]) -> None:
        self.erased |= gone
        self.drafts = {draft: its for draft, its in self.drafts.items() if draft not in gone}
        self.tip = None if self.tip in gone else self.tip

    @precondition(lambda self: self.house.roster.recovery is not None and len(self.later_papers) < PAPERS - 1)
    @rule()
    def exchange_paper(self) -> None:
        """The next roster names another recovery key."""
        key, roster = Identity.generate(), self.house.roster
        self.house.enforce(
            replace(roster, version=roster.version + 1, previous=roster.digest, recovery=key.recipient)
        )
        self.later_papers[papers.drawn_from(key.recipient)] = key
        self.check()

    # --- what must hold ---

    def forget(self, staff: str) -> None:
        super().forget(staff)
        for its in self.drafts.values():
            its.should = {key for key in its.should if key[0] != staff}

    def after_rewrap(self, who: str) -> None:
        opened = self._opened()
        for its in self.drafts.values():
            if self.key_of(who) in its.should:
                its.should |= self._writing()
        if self.house.roster.recovery is None:
            return
        present = (keys.RECOVERY, self._paper())
        for (_owner, compartment, _generation), holding in opened.items():
            # Cards are opened for it in portions, a few times a day.
            if self.key_of(who) in holding and compartment != keys.IDENTITY:
                had = any(name == keys.RECOVERY for name, _number in holding)
                assert present in holding or not had, "what an earlier paper opens was not passed on"

    def after_tick(self, staffing: Staffing) -> None:
        house = self.house
        with house.database.read() as session:
            for draft in self.drafts:
                floor = house.strongbox.parties.floor(draft, keys.DRAFT)
                key = keys.current(session, draft, keys.DRAFT, staffing.hands, staffing.roster, floor)
                assert key is not None, "a draft is left without a key to write on with"
        if staffing.roster.recovery is None:
            return
        present = (keys.RECOVERY, self._paper())
        for holding in self._opened().values():
            if present in holding and holding & staffing.hands.living:
                held = {number for name, number in holding if name == keys.RECOVERY}
                assert held == {present[1]}, "the earlier paper opens it still"

    def _paper(self) -> int:
        return self.house.staffing().paper

    def _opened(self) -> Opened:
        with self.house.database.read() as session:
            return self.who_opens(session.scalars(select(Grant)).all())

    def wall(self, grant: Grant) -> set[str]:
        if grant.owner in self.drafts:
            return set(WRITERS)
        if grant.owner == self.tip:
            return set(EDITORS) if grant.compartment == keys.CONTENT else {"erin"}
        return super().wall(grant)

    def check_others(self, opened: Opened) -> None:
        living = self.living()
        with self.house.database.read() as session:
            generations = dict(session.execute(select(Draft.id, Draft.generation)).all())
        assert generations.keys() == self.drafts.keys(), "erased drafts stay erased"
        for draft, its in self.drafts.items():
            holding = opened.get((draft, keys.DRAFT, generations[draft]), set())
            assert holding, "no word of a draft is ever lost"
            for key in its.should:
                if key[0] in living and self.key_of(key[0]) == key:
                    assert key in holding, "who should open a draft does not"

    def identities(self, row: Grant) -> list[Identity]:
        if row.staff == keys.RECOVERY and row.number:
            return [self.later_papers[row.number]]
        return super().identities(row)

    # --- another machine ---

    def after_copy(self) -> None:
        self.copied = self.tip, {d: replace(its, should=set(its.should)) for d, its in self.drafts.items()}

    def after_restore(self) -> set[bytes]:
        self.tip, self.drafts = self.copied
        self._drop({one for one in (self.tip, *self.drafts) if one is not None and one in self.erased})
        with self.house.database.read() as session:
            there = set(session.scalars(select(Case.id).where(Case.team == "editors")))
        assert there == ({self.tip} - {None}), "erased cases stay erased"
        return there


assert set(EDITORS) < WRITERS <= set(CAST)
