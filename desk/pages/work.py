"""The work page of a case: deadlines, tasks and timelines. Every day on it is one that a person confirmed."""

from __future__ import annotations

from casework import checklists, deadlines, permits, sheets, timelines
from casework.rosters import LEGAL
from desk import working
from desk.errors import MissingError
from desk.pages.case import note_opening
from desk.reading import Dossier
from desk.routes import CASEWORKERS, TAKERS, Route
from desk.visit import Reply, Visit

TASK_LIMIT = 500


def show(visit: Visit) -> Reply:
    """Show what is to be done in a case, and by when."""
    dossier = working.look(visit)
    note_opening(visit, dossier.case.id)
    tasks = dossier.sheet(sheets.TASKS).rows
    return visit.page(
        "work.html",
        dossier=dossier,
        case=dossier.case,
        acts=frozenset(permits.acts_for(dossier.case, visit.staff, visit.staffing)),
        today=visit.words.local_day(visit.now),
        deadlines=deadlines.read(dossier.cover),
        deadline_kinds=deadlines.KINDS,
        tasks=[row for row in tasks if not row.get("done")] + [row for row in tasks if row.get("done")],
        checklists=checklists.load().values(),
        plan=timelines.plan(dossier.sheet(sheets.TIMELINE).rows),
        timelines=timelines.load().values() if dossier.case.team == LEGAL else (),
    )


def add_deadline(visit: Visit) -> Reply:
    """Write down a deadline this person stands by: its kind, its day, where the day comes from."""
    dossier = working.look(visit)
    held = deadlines.add(
        deadlines.read(dossier.cover),
        visit.choose("kind", deadlines.KINDS),
        working.day_of(visit, "day"),
        visit.need("source", TASK_LIMIT),
        by=visit.staff,
        today=visit.today,
    )
    working.keep_deadlines(visit, dossier, held)
    return _back(visit, dossier, "notice.deadline")


def settle_deadline(visit: Visit) -> Reply:
    """Say that a deadline was met, fell away, or stands after all."""
    dossier = working.look(visit)
    held = deadlines.settle(
        deadlines.read(dossier.cover),
        visit.need("row", 32),
        visit.choose("state", deadlines.STATES),
        by=visit.staff,
        today=visit.today,
    )
    working.keep_deadlines(visit, dossier, held)
    return _back(visit, dossier, "notice.saved")


def add_task(visit: Visit) -> Reply:
    """Write down a task, or the tasks of a checklist."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.TASKS)
    if visit.form.get("checklist"):
        chosen = checklists.load().get(visit.form.get("checklist"))
        if chosen is None:
            raise MissingError
        texts = chosen.texts(visit.language)
        held = {row.get("text") for row in sheet.rows}
        sheet = sheet.with_rows([{"text": text} for text in texts if text not in held])
    else:
        due = working.optional_day(visit, "due")
        sheet = sheet.with_row(text=visit.need("text", TASK_LIMIT), due=due.isoformat() if due else "")
    working.keep(visit, dossier.case, sheet)
    return _back(visit, dossier, "notice.saved")


def tick_task(visit: Visit) -> Reply:
    """Tick a task off, take the tick away, or strike the task."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.TASKS)
    row = working.row_of(visit, sheet)
    if visit.choose("to", ("done", "open", "gone")) == "gone":
        sheet = sheet.without(row["id"])
    else:
        is_done = visit.form.get("to") == "done"
        stamp = {"done": visit.today.isoformat(), "by": visit.staff} if is_done else {"done": "", "by": ""}
        sheet = sheet.with_change(row["id"], **stamp)
    working.keep(visit, dossier.case, sheet)
    return _back(visit, dossier, "notice.saved")


def begin_timeline(visit: Visit) -> Reply:
    """Begin a timeline on the day its first step happened."""
    dossier = working.look(visit)
    chosen = timelines.load().get(visit.need("timeline", 40))
    if chosen is None:
        raise MissingError
    rows = timelines.begin(chosen, working.day_of(visit, "day"))
    working.keep(visit, dossier.case, dossier.sheet(sheets.TIMELINE).with_rows(rows))
    return _back(visit, dossier, "notice.timeline")


def date_step(visit: Visit) -> Reply:
    """Say on which day a step happened; or confirm the suggested day, or a better one, as a deadline."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.TIMELINE)
    row = working.row_of(visit, sheet)
    day = working.day_of(visit, "day")
    if visit.choose("as", ("done", "deadline")) == "done":
        working.keep(visit, dossier.case, sheet.with_change(row["id"], done=day.isoformat()))
        return _back(visit, dossier, "notice.saved")
    timeline = timelines.load().get(row.get("timeline", ""))
    step = timeline.step(row.get("step", "")) if timeline is not None else None
    if timeline is None or step is None or not step.deadline:
        raise MissingError
    source = f"{timeline.name(visit.language)}: {step.name(visit.language)}"
    if step.basis:
        source += f" ({step.basis})"
    held = deadlines.add(
        deadlines.read(dossier.cover), step.deadline, day, source, by=visit.staff, today=visit.today
    )
    working.keep_deadlines(visit, dossier, held)
    return _back(visit, dossier, "notice.deadline")


def drop_timeline(visit: Visit) -> Reply:
    """Strike one timeline; deadlines confirmed from it stay."""
    dossier = working.look(visit)
    sheet = dossier.sheet(sheets.TIMELINE)
    row = working.row_of(visit, sheet)
    for one in sheet.rows:
        if (one.get("timeline"), one.get("run")) == (row.get("timeline"), row.get("run")):
            sheet = sheet.without(one["id"])
    working.keep(visit, dossier.case, sheet)
    return _back(visit, dossier, "notice.saved")


def _back(visit: Visit, dossier: Dossier, notice: str) -> Reply:
    return visit.go(f"/case/{dossier.case.id.hex()}/work", notice)


ROUTES = (
    Route("GET", "/case/{case:str}/work", show, CASEWORKERS),
    Route("POST", "/case/{case:str}/deadline", add_deadline, TAKERS),
    Route("POST", "/case/{case:str}/deadline/settle", settle_deadline, TAKERS),
    Route("POST", "/case/{case:str}/task", add_task, TAKERS),
    Route("POST", "/case/{case:str}/task/tick", tick_task, TAKERS),
    Route("POST", "/case/{case:str}/timeline", begin_timeline, TAKERS),
    Route("POST", "/case/{case:str}/timeline/date", date_step, TAKERS),
    Route("POST", "/case/{case:str}/timeline/drop", drop_timeline, TAKERS),
)
