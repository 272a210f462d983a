"""One template to many: each case shown, taken out by a tick, counted, and a minute to take it all back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework import answers, cases, permits
from casework.answers import Answer, UnfilledError
from casework.errors import CaseworkError
from casework.tables import Case
from desk import reading, replying, sending
from desk.batches import LIMIT, UNDO, Batch, One
from desk.errors import ConflictError, DeskError, IncompleteError, MissingError
from desk.pages import queue
from desk.reading import Dossier
from desk.routes import CASEWORKERS, Route
from desk.visit import Reply, Visit

_TICK = re.compile(r"([0-9a-f]{32})\.(\d{1,9})\Z")
# Enough of the last words to see that this template answers them.
LAST_WORDS = 400


@dataclass(frozen=True)
class Candidate:
    """One case that could be answered: its last words, and the template as it fills it."""

    case: Case
    cover: Mapping[str, Any] = field(repr=False)
    said: str = field(repr=False)
    text: str | None = field(repr=False)  # none: the case cannot fill it
    has_way: bool

    @property
    def ref(self) -> str:
        """Its short name."""
        return reading.ref(self.case.id)

    @property
    def is_ready(self) -> bool:
        """Tell whether it is ticked to begin with."""
        return self.text is not None and self.has_way


def show(visit: Visit) -> Reply:
    """Show the templates, and with one chosen the cases it could answer."""
    sending.send_due(visit.desk)
    chosen = visit.query.get("template", "")
    found = answers.load("ru")
    candidates: Sequence[Candidate] = ()
    if chosen in found:
        candidates = [_candidate(visit, line.case, chosen) for line in _lines(visit)[:LIMIT]]
    return visit.page(
        "answers.html",
        templates=found.values(),
        chosen=found.get(chosen),
        candidates=candidates,
        ready=sum(one.is_ready for one in candidates),
        limit=LIMIT,
        today=visit.today,
        waiting=visit.desk.batches.of(visit.staff),
        over=[
            (batch.sent, [reading.ref(case) for case in batch.left_out])
            for batch in visit.desk.batches.over(visit.staff)
        ],
    )


def send(visit: Visit) -> Reply:
    """Seal one answer for every ticked case, and let them all go out when the minute is over."""
    chosen = visit.need("template", 40)
    if chosen not in answers.load("ru"):
        raise MissingError
    ticked = _ticked(visit)
    composed = [_compose(visit, case, chosen) for case, _version in ticked]
    made = []
    with visit.database.write() as session:
        # All or none: a case that somebody changed while this was read stops the whole batch.
        for (case, version), (dossier, text, _answer) in zip(ticked, composed, strict=True):
            rows = replying.seal_unsent(visit, dossier, text)
            cases.note(session, case, version, rows, visit.acting)
            made.append(sending.heard(session, case))
    batch = Batch(
        visit.acting,
        visit.now + UNDO,
        [
            _sealed(visit, case, version + 1, text, answer, heard)
            for (case, version), (_dossier, text, answer), heard in zip(ticked, composed, made, strict=True)
        ],
    )
    visit.desk.batches.put(batch)
    return visit.go("/answers", "notice.batch")


def undo(visit: Visit) -> Reply:
    """Take a whole batch back; nothing of it was sent, and nothing stays unsent in its cases."""
    batch = visit.desk.batches.take_back(visit.form.get("batch"), visit.staff, visit.now)
    if batch is None:
        raise ConflictError(("too_late",))
    for one in batch.answers:
        try:
            dossier = reading.dossier(visit, one.case, reading.WORKING)
            rows = replying.seal_unsent(visit, dossier, "")
            with visit.database.write() as session:
                cases.note(session, one.case, dossier.case.version, rows, visit.acting)
        except (CaseworkError, DeskError):
            continue  # others have it by now, or work on it: its words stay unsent, which is what was wanted
    return visit.go("/answers", "notice.batch_undone")


def _lines(visit: Visit) -> list[queue.Line]:
    """Return this person's own cases that may be answered, what hurts first at the top."""
    return [
        line
        for line in queue.waiting(visit)
        if line.whose in ("mine", "lent")
        and "reply" in permits.acts_for(line.case, visit.staff, visit.staffing)
    ]


def _candidate(visit: Visit, case: Case, chosen: str) -> Candidate:
    dossier = reading.dossier(visit, case.id)
    theirs = [said for said in dossier.said if said.author == "tipster" and said.began == case.id]
    heard = [said.text for said in theirs if said.text]
    return Candidate(
        case=dossier.case,
        cover=dossier.cover,
        said=heard[-1][:LAST_WORDS] if heard else "",
        text=_fill(visit, dossier, answers.load(case.language)[chosen]),
        has_way=dossier.reach.is_any,
    )


def _fill(visit: Visit, dossier: Dossier, answer: Answer) -> str | None:
    try:
        return answer.fill(replying.values(visit, dossier))
    except UnfilledError:
        return None


def _ticked(visit: Visit) -> list[tuple[bytes, int]]:
    """Return the ticked cases, each with the version that was read."""
    found: dict[bytes, int] = {}
    for text in visit.form.all("case"):
        match = _TICK.match(text)
        if match is None:
            raise IncompleteError("case")
        found[bytes.fromhex(match[1])] = int(match[2])
    if not found or len(found) > LIMIT:
        raise IncompleteError("case")
    return list(found.items())


def _compose(visit: Visit, case: bytes, chosen: str) -> tuple[Dossier, str, Answer]:
    """
    Return a case with its filled answer.

    Raises:
        ConflictError: it cannot fill the template, or its tipster cannot be reached.
    """
    dossier = reading.dossier(visit, case)
    answer = answers.load(dossier.case.language)[chosen]
    text = _fill(visit, dossier, answer)
    if text is None:
        raise ConflictError(("unfilled",))
    if replying.courier_of(dossier) is None and not replying.boxes_of(dossier):
        raise ConflictError(("no_way",))
    return dossier, text, answer


def _sealed(visit: Visit, case: bytes, version: int, text: str, answer: Answer, heard: int) -> One:
    # Read anew: what is unsent is in the case by now, and the answer clears it.
    dossier = reading.dossier(visit, case)
    written = replying.compose(visit, dossier, text, template=answer.name)
    return One(case, version, heard, written)


ROUTES = (
    Route("GET", "/answers", show, CASEWORKERS),
    Route("POST", "/answers", send, CASEWORKERS),
    Route("POST", "/answers/undo", undo, CASEWORKERS),
)
