"""How far a draft is on its way out: what is there, what is missing, what was found, who may do what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from casework import permits, releases
from casework.errors import NotReleasableError
from casework.tables import Approval, Case, Draft, Press, Verdict, Wording
from crypto.errors import CryptoError
from desk import checking, drafting, gating, picturing
from desk.drafting import Sheet
from desk.visit import Visit


@dataclass(frozen=True)
class Step:
    """One thing that must be there before a release: done, missing, or in the way."""

    name: str
    state: str  # done | open | stopped
    who: str = ""


@dataclass(frozen=True)
class Waiting:
    """When a released text goes out: from which day, in a batch or at once."""

    due: date
    now: bool


@dataclass(frozen=True)
class Standing:
    """Everything the page of a draft says about its release."""

    steps: Sequence[Step]
    findings: Sequence[Mapping[str, Any]] = field(repr=False)
    against: Sequence[str]
    may_approve: bool
    may_check: bool
    may_say_no_case: bool
    condition: str = field(default="", repr=False)
    may_answer: bool = False
    may_be_asked: Sequence[str] = ()
    may_show: bool = False
    may_speak: bool = False
    press: Waiting | None = None

    @property
    def is_signed(self) -> bool:
        """Tell whether the author has signed."""
        return any(step.name == "author" and step.state == "done" for step in self.steps)

    @property
    def is_blocked(self) -> bool:
        """Tell whether only an override would let it pass."""
        return any(one["level"] == "block" for one in self.findings)


def of(visit: Visit, sheet: Sheet) -> Standing:
    """Return how *sheet* stands for this person."""
    draft = sheet.draft
    with visit.database.read() as session:
        row = session.get_one(Draft, draft.id)
        may_approve = releases.may_approve(session, row, visit.staff, visit.staffing)
        case = None if row.case is None else session.get(Case, row.case)
        may_show = (
            case is not None
            and case.kind != "brief"
            and permits.is_holder(case, visit.staff)
            and "ask" in permits.acts_for(case, visit.staff, visit.staffing)
        )
        may_speak = case is not None and releases.may_answer(session, case, visit.acting)
        waits = session.execute(select(Press.due, Press.now).where(Press.draft == draft.id)).first()
    is_judge = bool(visit.roles & checking.JUDGES)
    speaks = (
        draft.case is None and draft.author != visit.staff and bool(visit.roles & {"editor", "coordinator"})
    )
    steps = _steps(visit, draft)
    has_spoken = any(one.name == "half_no_case" and visit.staff in one.who.split(", ") for one in steps)
    return Standing(
        steps=steps,
        findings=findings(visit, sheet),
        against=_against(visit, sheet),
        may_approve=may_approve,
        may_check=is_judge and draft.id in {one.id for one in checking.waiting(visit)},
        may_say_no_case=speaks and not has_spoken,
        press=None if waits is None else Waiting(waits.due, waits.now),
        condition=_condition(visit, draft),
        may_answer=draft.condition is not None and releases.may_lift(draft, visit.acting),
        may_show=may_show,
        may_speak=may_speak,
        may_be_asked=sorted(one for one in visit.staffing.living if releases.can_answer(one, visit.staffing)),
    )


def _condition(visit: Visit, draft: Draft) -> str:
    held = drafting.opened(visit, draft.id)
    if not held or draft.condition is None:
        return ""
    for _generation, identity in held:
        with suppress(CryptoError):
            return releases.open_condition(draft, identity)
    return "?"


def _steps(visit: Visit, draft: Draft) -> list[Step]:
    """Return what a release needs, in order, and how far it is."""
    with visit.database.read() as session:
        verdicts = session.scalars(
            select(Verdict).where(Verdict.draft == draft.id, Verdict.digest == draft.digest)
        ).all()
        approvals = session.scalars(
            select(Approval).where(Approval.draft == draft.id, Approval.digest == draft.digest)
        ).all()
    steps = [Step("frozen", "done" if draft.digest is not None else "open")]
    halves = ("editor", "holder") if draft.case is not None else ("editor", "no_case")
    for half in halves:
        given = [one for one in verdicts if one.half == half]
        levels = {one.level for one in given}
        state = "stopped" if "block" in levels else "done" if given else "open"
        steps.append(Step(f"half_{half}", state, ", ".join(sorted({one.staff for one in given}))))
    steps += _word(visit, draft)
    for role in ("author", "approver"):
        signed = [one.staff for one in approvals if one.role == role]
        steps.append(Step(role, "done" if signed else "open", ", ".join(signed)))
    return steps


def _word(visit: Visit, draft: Draft) -> list[Step]:
    """Return how far the word of whoever told it is, where they want to be asked or were."""
    with visit.database.read() as session:
        case = None if draft.case is None else session.get(Case, draft.case)
        given = session.get(Wording, draft.id)
        if given is None and not releases.is_word_wanted(session, case, visit.staffing.roster):
            return []
    if given is None or given.digest != draft.digest:
        return [Step("word", "open")]
    states = {"yes": "done", "asked": "open"}
    return [Step(f"word_{given.answer}", states.get(given.answer, "stopped"), given.staff)]


def findings(visit: Visit, sheet: Sheet) -> list[Mapping[str, Any]]:
    """Return what the verdicts over the present digest found, with the draft's own words at those places."""
    draft = sheet.draft
    if draft.digest is None:
        return []
    held = [identity for _generation, identity in drafting.opened(visit, draft.id)]
    if not held:
        return []
    with visit.database.read() as session:
        verdicts = session.scalars(
            select(Verdict).where(Verdict.draft == draft.id, Verdict.digest == draft.digest)
        ).all()
    texts = gating.entry_texts(sheet.entry)
    is_author = draft.author == visit.staff
    found = []
    for verdict in verdicts:
        for one in gating.read_findings(draft.id, draft.digest, verdict.sealed, held):
            words = texts.get(str(one["lang"]), "")[int(one["start"]) : int(one["end"])]
            rungs = gating.rungs(visit, one, words) if is_author and words else ()
            found.append(
                {**one, "half": verdict.half, "words": words, "staff": verdict.staff, "rungs": rungs}
            )
    return sorted(found, key=lambda one: (one["level"] != "block", one["lang"], one["start"], one["end"]))


def _against(visit: Visit, sheet: Sheet) -> Sequence[str]:
    """Return every reason against a release now."""
    draft = sheet.draft
    if draft.digest is None:
        return ()
    uses = picturing.uses(sheet)
    try:
        with visit.database.read() as session:
            releases.check_releasable(session, draft.id, draft.digest, uses, visit.staffing, visit.now)
    except NotReleasableError as error:
        return error.reasons
    return ()
