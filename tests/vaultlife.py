"""
A house in which anything may happen to keys: a state machine of acts drawn at random.

A house of seven lives through acts drawn at random; hub and desks are ours, only the waiting between them is
cut short. After every act, of everything that was ever told in a case that lives:

* whoever should open it, opens it;
* nobody else does: not over the wall, not before they were on the case, not while suspended;
* somebody's keyring still opens it, so that nothing is lost;

after every round of the hub the next thing of every case may be sealed to somebody living, and at the end
nothing of an erased case opens with any dump, any keyring and the keys the hub holds then.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from sqlalchemy import select, update

from casework import (
    assigning,
    epoch,
    erasure,
    escalation,
    handins,
    hubkeys,
    keeper,
    keys,
    lives,
    newest,
    rosters,
    rows,
    succession,
    watching,
)
from casework import cases as acts
from casework.actors import OPERATOR, Actor
from casework.database import connect, create_tables
from casework.errors import KeyMissingError
from casework.parties import Book
from casework.rosters import Staffing
from casework.strongbox import SETTLING, Strongbox
from casework.tables import Case, Grant, Item
from crypto import lock
from crypto.errors import CryptoError
from crypto.keyring import Staff
from crypto.roster import Anchor
from crypto.sealed import open_sealed
from crypto.xwing import Identity
from desk import accepting, app, handing, opening, people, relieving, rewrapping, sealing
from desk.entrance import Entrance
from desk.errors import DeskError, KeyAwaitedError
from desk.forms import Form
from desk.sessions import Session, Sessions
from desk.settings import Settings as DeskSettings
from desk.visit import Desk, Visit
from subrosa import backup
from subrosa.escrow import Escrow
from tests.databases import SENTINEL
from tests.house import build
from tests.test_backup import settings_for
from tests.test_keeper import file_case
from tests.test_succession import renew_keyring

LAWYERS = ("alice", "bob", "fred")
CAST = {
    **{name: {"lawyer"} for name in LAWYERS},
    "carol": {"editor"}, "dan": {"editor"}, "erin": {"custodian"}, "olga": {"coordinator"},
}  # fmt: skip
EDITORS = ("carol", "dan")
# Who may be arrested, come back, and forget a passphrase; whoever else there is stays.
PEOPLE = (*LAWYERS, *EDITORS)
CASES = 3


Opened = dict[tuple[bytes, str, int], set[tuple[str, int]]]
"""Of a key, by its owner, compartment and generation: whose keyrings open it."""


@dataclass
class Told:
    """One thing that was told: who may ever open it, and which keyrings must."""

    item: bytes
    may: set[str]
    should: set[tuple[str, int]]


@dataclass
class Known:
    """What this test knows of one case."""

    told: list[Told] = field(default_factory=list)
    people: set[str] = field(default_factory=set)  # whoever answered for it, ever
    # Who was told in the place of somebody gone, and not relieved yet by one of its people at their desk.
    stand_ins: set[str] = field(default_factory=set)


class Clockwork:
    """Stands for the module ``time`` in the desk: whoever waits lets the hub look at what waits."""

    def __init__(self, hub: Any) -> None:
        self._hub, self._now = hub, 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, _seconds: float) -> None:
        self._now += 1.0
        self._hub()


@cache
def _furniture() -> Desk:
    """Return what every desk has alike: words and templates."""
    folder = Path(tempfile.gettempdir())
    built = app.build(
        DeskSettings(keyring_dir=folder, hosts=frozenset(), is_practice=True),
        connect("sqlite://"),
        Anchor((bytes(32),), 1),
        lambda: datetime.now(UTC),
        zone=ZoneInfo("UTC"),
        detectors=lambda: None,
    )
    desk: Desk = built.state["desk"]
    return desk


class Vault(RuleBasedStateMachine):
    """A house in which anything may happen to keys."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="subrosa-vault-"))
        self.patch = pytest.MonkeyPatch()
        self.known: dict[bytes, Known] = {}
        self.dumped: dict[bytes, list[Grant]] = {}
        self.erased: set[bytes] = set()
        # What Mallory kept of rows she took out: keys that somebody gone opens with what was taken.
        self.stolen: dict[str, set[tuple[bytes, str, int]]] = {}
        self.backed_up: tuple[dict[bytes, Known], dict[str, Staff]] | None = None
        self.machines = 0

    # --- the house ---

    @initialize(with_recovery=st.booleans())
    def found(self, with_recovery: bool) -> None:
        database = connect(f"sqlite:///{self.folder / 'house.db'}")
        create_tables(database, SENTINEL)
        self.house = build(database, self.folder, cast=CAST)
        if not with_recovery:
            roster = self.house.roster
            self.house.enforce(replace(roster, version=2, previous=roster.digest, recovery=None))
        self.keyrings = {name: [staff] for name, staff in self.house.staff.items()}
        self.escrow_key = Identity.generate()
        self.escrow = self._escrow()
        self._furnish()
        for module in (opening, handing):
            self.patch.setattr(module, "time", Clockwork(self._hub_looks))
        self.file()
        self.file()
        self.take_over(0, "alice", "bob")
        self.after_found()

    def after_found(self) -> None:
        """Begin what else there is."""

    def _escrow(self) -> Escrow:
        medium = self.folder / "medium"
        medium.mkdir(exist_ok=True)
        state = self.house.strongbox.families["epoch"].path.parent
        return Escrow(medium, state, self.escrow_key.recipient)

    def _furnish(self) -> None:
        """Set up the desk over the present database; whoever was signed in signs in anew."""
        house = self.house
        of = DeskSettings(keyring_dir=self.folder, hosts=frozenset(), is_practice=True)
        self.desk = replace(
            _furniture(),
            settings=of,
            database=house.database,
            anchor=house.anchor,
            clock=lambda: house.now,
            sessions=Sessions(of),
            entrance=Entrance(of, house.database, house.anchor),
            book=Book(),
        )
        self.sessions: dict[str, Session] = {}
        self.counters = keeper.Counters()

    def _hub_looks(self) -> None:
        house = self.house
        keeper.answer_requests(house.database, house.strongbox, house.anchor, self.counters, house.now)
        handins.take(house.database, house.strongbox, house.anchor, house.now)

    def visit(self, name: str) -> Visit | None:
        """Return *name* at the desk, or none if they may not work now."""
        house = self.house
        staff = house.staff[name]
        session = self.sessions.get(name)
        if session is None or session.staff is not staff:
            session = self.sessions[name] = Session(
                staff=staff, language="ru", began=house.now, seen=house.now
            )
        staffing, me = self.desk.entrance.standing(staff, house.now)
        if me is None:
            return None
        return Visit(
            desk=self.desk, path="", arguments={}, query={}, form=Form(), words=self.desk.words["ru"],
            now=house.now, signed_in=session, known=staffing, me=me,
        )  # fmt: skip

    def living(self) -> frozenset[str]:
        with self.house.database.read() as session:
            found = watching.watched(session, self.house.strongbox, self.house.anchor, self.house.now)
        return found.living

    def key_of(self, name: str) -> tuple[str, int]:
        return name, self.house.staff[name].number

    def case(self, n: int) -> Case | None:
        """Return one of the cases there are."""
        if not self.known:
            return None
        case_id = list(self.known)[n % len(self.known)]
        with self.house.database.read() as session:
            return session.get(Case, case_id)

    # --- what happens ---

    @precondition(lambda self: len(self.known) < CASES)
    @rule()
    def file(self) -> None:
        if not {"alice", "bob", "fred"} & self.living():
            return
        case_id, _ = file_case(self.house, "legal", None)
        with self.house.database.read() as session:
            item = session.scalars(select(Item.id).where(Item.case == case_id, Item.kind == "message")).one()
        duty = set(self.house.staffing().members("legal"))
        told = Told(item, set(duty), {self.key_of(one) for one in duty})
        self.known[case_id] = Known([told])
        self.check()

    @rule(n=st.integers(0, CASES - 1))
    def tell(self, n: int) -> None:
        """The tipster writes: sealed by the hub to the newest key that may be sealed to, or to a new one."""
        case, house = self.case(n), self.house
        if case is None or not set(LAWYERS) & self.living():
            return
        with house.database.write() as session:
            staffing = watching.watched(session, house.strongbox, house.anchor, house.now)
            found = newest.read(session, case.id, staffing.hands, staffing.roster, house.strongbox.parties)[
                keys.CONTENT
            ]
            batch, key = rows.Rows(), found.key
            people = (case.assignee, case.second) if case.status in lives.ACTIVE else ()
            if key is None:
                made = keys.make(case.id, keys.CONTENT, found.following)
                keys.add_key(batch, made, "hub", hub=house.strongbox.signing)
                holders = staffing.next_holders("legal", keys.CONTENT, people)
                keys.add_grants(batch, made, holders, house.strongbox.epoch)
                key = keys.public(made)
            item = keys.seal_item(
                batch, key, kind="message", author="tipster", payload={"text": "ещё"}, day=house.now.date()
            )
            rows.write(session, [batch])
            held = select(Grant.staff, Grant.number).where(
                Grant.owner == case.id, Grant.compartment == keys.CONTENT, Grant.generation == key.generation
            )
            holding = {(staff, number) for staff, number in session.execute(held)} & staffing.hands.living
        known = self.known[case.id]
        if self._has_stand_ins(case, staffing.living):
            known.stand_ins = set(LAWYERS) & staffing.living
        # A suspension nobody signed moves no key: the keeper's silence alone keeps these out.
        unsigned = set(LAWYERS) & staffing.unsigned
        may = self._may_be_told(case, staffing.living) | known.stand_ins | unsigned
        known.told.append(Told(item, may, holding))
        assert holding, "nothing is sealed where nobody living opens it"
        for name, taken in self.stolen.items():
            if name not in staffing.as_signed.living:
                place = (case.id, keys.CONTENT, key.generation)
                assert place not in taken, "what is told later opens with what was taken"
        self.check()

    def _may_be_told(self, case: Case, living: frozenset[str]) -> set[str]:
        """Of a case with people: they. Where nobody of them is there, or one alone: the whole duty list."""
        people = {case.assignee, case.second} & living if case.status in lives.ACTIVE else set()
        return (
            {one for one in people if one} if not self._has_stand_ins(case, living) else set(LAWYERS) & living
        )

    def _has_stand_ins(self, case: Case, living: frozenset[str]) -> bool:
        people = {case.assignee, case.second} & living if case.status in lives.ACTIVE else set()
        return not people or len(people) + (self.house.roster.recovery is not None) < 2

    @rule(n=st.integers(0, CASES - 1), who=st.sampled_from(LAWYERS), second=st.sampled_from((*LAWYERS, None)))
    def take_over(self, n: int, who: str, second: str | None) -> None:
        """Somebody accepts a new case with a second; an accepted one is given to somebody else."""
        case = self.case(n)
        if case is None or who not in self.living():
            return
        if case.status == "new":
            self._accept(case, who, None if second == who or second not in self.living() else second)
        elif case.status in lives.ACTIVE and case.assignee is not None and who != case.assignee:
            self._reassign(case, case.assignee, who)

    def _accept(self, case: Case, who: str, second: str | None) -> None:
        visit = self.visit(who)
        assert visit is not None
        with self.house.database.write() as session:
            after = acts.accept(session, case.id, case.version, second, visit.acting)
        self._hand_over(visit, after, who, second)

    def _reassign(self, case: Case, by: str, to: str) -> None:
        visit = self.visit(by)
        if visit is None:
            return
        opening.open_content(visit, [case.id])
        try:
            note = sealing.item(visit, case.id, "handover", {"text": "дальше ты", "to": to})
        except KeyAwaitedError:
            return  # a new keyring, to which nobody gave the case back yet
        with self.house.database.write() as session:
            after = assigning.assign(session, case.id, case.version, to, by, visit.acting, rows=note)
        self._hand_over(visit, after, to, by)

    def _hand_over(self, visit: Visit, case: Case, first: str, second: str | None) -> None:
        own = self.key_of(visit.staff)
        try:
            what = accepting.handover(visit, case, first, second)
            is_done = handing.hand_in(visit, what)
        except DeskError:
            is_done = False
        if is_done and not what.is_empty:
            people = {self.key_of(name) for name in (first, second) if name is not None}
            for one in self.known[case.id].told:
                one.should = (one.should | people if own in one.should else one.should) & people
        self.check()

    @rule(by=st.sampled_from((*LAWYERS, "olga")), staff=st.sampled_from(PEOPLE))
    def suspend(self, by: str, staff: str) -> None:
        visit = self.visit(by)
        if visit is None or by == staff or by not in self.living():
            return
        with self.house.database.write() as session:
            people.suspend(session, staff, visit.acting)
        assert staff not in self.living(), "whoever is suspended is out"
        self.forget(staff)
        self.check()

    def forget(self, staff: str) -> None:
        """Whoever is suspended or has another keyring must open nothing more until somebody gives it back."""
        for known in self.known.values():
            for one in known.told:
                one.should = {key for key in one.should if key[0] != staff}

    @rule(by=st.sampled_from((*LAWYERS, "olga")), staff=st.sampled_from(PEOPLE))
    def rob(self, by: str, staff: str) -> None:
        """Somebody is arrested; who took them takes out every row of what they hold, and keeps a copy."""
        self.suspend(by, staff)
        if staff in self.living():
            return
        with self.house.database.write() as session:
            rows_of = session.scalars(select(Grant).where(Grant.staff == staff)).all()
            opened = self.who_opens(rows_of)
            if any(self._is_the_last(session, row) for row in rows_of):
                return  # that would be destruction
            for row in rows_of:
                session.delete(row)
        self.stolen.setdefault(staff, set()).update(opened)
        self.tick()

    def _is_the_last(self, session: Any, row: Grant) -> bool:
        others = select(Grant).where(
            Grant.owner == row.owner, Grant.compartment == row.compartment,
            Grant.generation == row.generation, Grant.staff != row.staff,
        )  # fmt: skip
        return not any(one.staff != keys.RECOVERY for one in session.scalars(others))

    @rule(staff=st.sampled_from(PEOPLE))
    def lift(self, staff: str) -> None:
        visit = self.visit("olga")
        assert visit is not None
        with self.house.database.write() as session:
            people.lift(session, staff, visit.acting)
        self.check()

    @rule(staff=st.sampled_from(PEOPLE))
    def lose_passphrase(self, staff: str) -> None:
        """A new keyring; what only the old one opened is lost by that, and by nothing we did."""
        if len(self.keyrings[staff]) > 2 or self.house.roster.recovery is None:
            return
        renew_keyring(self.house, staff)
        self.keyrings[staff].append(self.house.staff[staff])
        self.forget(staff)
        self.check()

    @rule(who=st.sampled_from(tuple(CAST)))
    def rewrap(self, who: str) -> None:
        visit = self.visit(who)
        if visit is None or who not in self.living():
            return
        sum(relieving.relieve(visit))
        sum(rewrapping.rewrap(visit))
        for case_id, known in self.known.items():
            case = self.row(case_id)
            people = {case.assignee, case.second} if case.status in lives.ACTIVE else set()
            if who in people and not self._has_stand_ins(case, self.living()):
                known.stand_ins = set()
            others = {name for name in people if name is not None and name in self.living()}
            for one in known.told:
                if self.key_of(who) in one.should and who in people:
                    one.should |= {self.key_of(name) for name in others}
        self.after_rewrap(who)
        self.check()

    def after_rewrap(self, who: str) -> None:
        """What else holds once *who* gave on what they hold."""

    @rule(
        n=st.integers(0, CASES - 1),
        who=st.sampled_from((*LAWYERS, "carol")),
        column=st.sampled_from(("assignee", "second", "consultant")),
        team=st.sampled_from(("legal", "editors")),
    )
    def forge(self, n: int, who: str, column: str, team: str) -> None:
        """Mallory writes *who* into a column; whatever desks and hub do then, no key becomes theirs by it."""
        case, house = self.case(n), self.house
        if case is None or who in (case.assignee, case.second):
            return
        self._pass_keys_on()  # whoever came on duty has what waits anyway
        before, held = self._names_by_key(case.id), (case.team, getattr(case, column))
        generations = self._generations()
        self._write(case.id, team=team, **{column: who})
        self._pass_keys_on()
        with house.database.read() as session:
            staffing = watching.watched(session, house.strongbox, house.anchor, house.now)
        succession.renew(house.database, house.strongbox, staffing, house.anchor, house.now.date())
        self._write(case.id, team=held[0], **{column: held[1]})
        self._note_stand_ins(generations, staffing.as_signed.living)
        after = self._names_by_key(case.id)
        for key, names in before.items():
            assert who not in after[key] - names, "a column made a holder"
        self.check()

    def _pass_keys_on(self) -> None:
        """Every lawyer who is there does at the desk what desks do by themselves."""
        for one in LAWYERS:
            visit = self.visit(one)
            if visit is not None and one in self.living():
                sum(relieving.relieve(visit))
                sum(rewrapping.rewrap(visit))

    def _write(self, case_id: bytes, **columns: Any) -> None:
        with self.house.database.write() as session:
            session.execute(update(Case).where(Case.id == case_id).values(**columns))

    def _names_by_key(self, case_id: bytes) -> dict[tuple[bytes, str, int], set[str]]:
        """Return who opens each key of a case, with whichever of their keyrings."""
        with self.house.database.read() as session:
            grants = session.scalars(select(Grant).where(Grant.owner == case_id)).all()
        found = self.who_opens(grants)
        return {key: {name for name, _number in holders} for key, holders in found.items()}

    def row(self, case_id: bytes) -> Case:
        with self.house.database.read() as session:
            return session.get_one(Case, case_id)

    @rule()
    def tick(self) -> None:
        """The hub does what it does by itself."""
        house = self.house
        hub = Actor("hub", 0, house.strongbox.signing)
        with house.database.read() as session:
            staffing = watching.watched(session, house.strongbox, house.anchor, house.now)
        with house.database.write() as session:
            escalation.free_suspended(session, staffing, house.book(), hub, house.now)
        before = self._generations()
        while succession.renew(house.database, house.strongbox, staffing, house.anchor, house.now.date()):
            pass
        # What a copy did not hold yet, of keys that were renewed by then.
        succession.replace_taken_out(house.database, house.strongbox, staffing, house.now)
        self._note_stand_ins(before, staffing.as_signed.living)
        with house.database.write() as session:
            succession.take_away(session, house.strongbox, staffing)
        self.after_tick(staffing)
        if set(LAWYERS) & staffing.living:
            with house.database.read() as session:
                for case_id in self.known:
                    found = newest.read(
                        session, case_id, staffing.hands, staffing.roster, house.strongbox.parties
                    )
                    assert found[keys.CONTENT].key is not None, "a case is left without a living holder"
                    assert found[keys.IDENTITY].key is not None
        self.check()

    def after_tick(self, staffing: Staffing) -> None:
        """What else holds once the hub did its part."""

    def _note_stand_ins(self, before: dict[bytes, int], living: frozenset[str]) -> None:
        """A key made while somebody stands in is theirs too, until one of the case's people relieves them."""
        for case_id, generation in self._generations().items():
            if generation != before[case_id] and self._has_stand_ins(self.row(case_id), living):
                self.known[case_id].stand_ins = set(LAWYERS) & living

    def _generations(self) -> dict[bytes, int]:
        with self.house.database.read() as session:
            return {one: keys.next_generation(session, one, keys.CONTENT) for one in self.known}

    @rule(hours=st.sampled_from([1, 25]))
    def rotate(self, hours: int) -> None:
        house = self.house
        house.now += timedelta(hours=hours)
        self._look_after_keys()
        self.check()

    def _look_after_keys(self) -> None:
        house = self.house
        epoch.keep_up(house.database, house.strongbox, self.mirror, house.now)
        with house.database.write() as session:
            hubkeys.publish(session, house.strongbox, house.now.date())

    def mirror(self) -> None:
        self.escrow.copy_keys(self.house.strongbox.epoch.number, self.house.now)

    @precondition(lambda self: len(self.known) == CASES)
    @rule(n=st.integers(0, CASES - 1))
    def erase(self, n: int) -> None:
        case, house = self.case(n), self.house
        assert case is not None
        self.dump()
        erasure.erase(
            house.database, house.strongbox, case.id, by=Actor(OPERATOR, 0, house.strongbox.signing),
            now=house.now, mirror=self.mirror, remember=self.escrow.remember_erased, escrow_days=7,
        )  # fmt: skip
        del self.known[case.id]
        self.erased.add(case.id)
        self.check()

    def dump(self) -> None:
        """Mallory copies the database."""
        with self.house.database.read() as session:
            for row in session.scalars(select(Grant)):
                session.expunge(row)
                self.dumped.setdefault(row.owner, []).append(row)

    @rule()
    def back_up(self) -> None:
        house = self.house
        copy = backup.back_up(self._shell(), house.database, house.strongbox, self.escrow, house.now)
        assert copy.is_green
        known = {
            case: Known(
                [Told(one.item, set(one.may), set(one.should)) for one in its.told],
                set(its.people),
                set(its.stand_ins),
            )
            for case, its in self.known.items()
        }
        self.backed_up = known, dict(house.staff)
        self.after_copy()

    def after_copy(self) -> None:
        """Keep what else is known by now."""

    def _shell(self) -> Any:
        self.machines += 1
        where = self.folder / f"machine-{self.machines}"
        return settings_for(where, self.house, "sqlite:///database/house.db")

    @precondition(lambda self: self.backed_up is not None and self.machines < 4)
    @rule()
    def restore(self) -> None:
        """The machine is lost; the newest copy is laid out on another one."""
        assert self.backed_up is not None
        house = self.house
        self.known, staff = self.backed_up
        self.backed_up = None
        house.database.close()
        house.now += timedelta(minutes=9)
        elsewhere = self._shell()
        backup.restore(elsewhere, self.escrow.medium, self.escrow_key, house.now)
        house.database = connect(elsewhere.database.url)
        house.strongbox = Strongbox.load(elsewhere.hub.state_dir, elsewhere.hub.runtime_dir, house.now)
        # The copies of keys may hold a newer roster than the dump; whoever is on it has that keyring.
        with house.database.read() as session:
            house.roster = rosters.current(session, house.anchor)
        for one in (one for name in PEOPLE for one in self.keyrings[name]):
            entry = house.roster.find(one.staff)
            if entry is not None and entry.number == one.number:
                staff[one.staff] = one
        house.staff = staff
        self.escrow = self._escrow()
        self._furnish()
        for case_id in self.erased & set(self.known):
            del self.known[case_id]
        cases = self.after_restore() | set(self.known)
        with house.database.read() as session:
            assert set(session.scalars(select(Case.id))) == cases, "erased cases stay erased"
        self.check()

    def after_restore(self) -> set[bytes]:
        """Go back to what else was known then; return which other cases there are."""
        return set()

    # --- what must hold ---

    def check(self) -> None:
        house, living = self.house, self.living()
        with house.database.read() as session:
            grants = session.scalars(select(Grant)).all()
            items = {item.id: item for item in session.scalars(select(Item))}
        opened = self.who_opens(grants)
        for row in grants:
            assert row.staff in self.wall(row) | {keys.RECOVERY}, "a key went over the wall"
        self.check_others(opened)
        for case_id, known in self.known.items():
            case = self.row(case_id)
            if case.status in lives.ACTIVE:
                known.people |= {name for name in (case.assignee, case.second) if name is not None}
            for one in known.told:
                if case.status == "new":
                    one.may |= set(LAWYERS) & living  # what waits is passed on to whoever is on duty
                item = items[one.item]
                holding = opened.get((case_id, item.compartment, item.generation), set())
                names = {name for name, _number in holding} - {keys.RECOVERY}
                assert holding, "nothing live is ever lost"
                assert names <= one.may | known.people, "somebody opens what was never told to them"
                for key in one.should:
                    if key[0] in living and self.key_of(key[0]) == key:
                        assert key in holding, "who should open it does not"

    def wall(self, grant: Grant) -> set[str]:
        """Return who may ever hold this."""
        del grant
        return set(LAWYERS)

    def check_others(self, opened: Opened) -> None:
        """What else must hold of what opens."""

    def who_opens(self, grants: list[Grant] | Any) -> Opened:
        """Try every keyring there ever was on every grant under the keys the hub holds."""
        found: Opened = {}
        with self.house.database.read() as session:
            for row in grants:
                key = session.get(keys.SealingKey, (row.owner, row.compartment, row.generation))
                inner = keeper.open_grant(row, self.house.strongbox)
                if key is None or inner is None:
                    continue
                where = keys.grant_context(keys.public_of(key), row.staff)
                for identity in self.identities(row):
                    try:
                        seed = open_sealed(inner, identity, where)
                    except CryptoError:
                        continue
                    assert Identity.from_seed(seed).recipient.raw == key.recipient
                    found.setdefault((row.owner, row.compartment, row.generation), set()).add(
                        (row.staff, row.number)
                    )
        return found

    def identities(self, row: Grant) -> list[Identity]:
        if row.staff == keys.RECOVERY:
            return [self.house.recovery]
        return [one.identity for one in self.keyrings[row.staff] if one.number == row.number]

    def teardown(self) -> None:
        try:
            if self.erased:
                self._check_erased()
        finally:
            self.patch.undo()
            if hasattr(self, "house"):
                self.house.database.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _check_erased(self) -> None:
        """Mallory has every dump, every keyring and recovery, and today's keys."""
        house = self.house
        self._look_after_keys()
        house.now += SETTLING + timedelta(minutes=1)
        self._look_after_keys()
        for case_id in self.erased:
            for row in self.dumped.get(case_id, []):
                with pytest.raises((KeyMissingError, CryptoError)):
                    keeper.unlock_grant(row, house.strongbox)
                number = lock.number_of(row.locked)
                assert number not in house.strongbox.epochs
