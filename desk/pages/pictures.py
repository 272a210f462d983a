"""Pictures of a draft: chosen from its case, boxes drawn by clicks or numbers, described, taken out."""

from __future__ import annotations

import re
from dataclasses import replace

from desk import drafting, picturing
from desk.entryform import LANGUAGES
from desk.errors import ConflictError, IncompleteError, MissingError
from desk.picturing import Plan, Shown
from desk.preview import Box
from desk.routes import EDITORS, PICTURE, Route
from desk.visit import Reply, Visit

WORKERS = frozenset({"editor", "lawyer", "custodian", "coordinator"})
# How wide a picture is shown, in CSS pixels: on a phone, on a screen, and to look closely. A click comes back
# in these pixels, so each width is a button of its own, which style sheets show or hide.
NARROW, WIDE, CLOSE = 280, 640, 1400
_CLICK = re.compile(r"at(\d{2,4})\.([xy])\Z")
_CORNER = re.compile(r"(\d{1,4}),(\d{1,4})\Z")
_SIDES = ("left", "top", "right", "bottom")


def begin(visit: Visit) -> Reply:
    """Begin a picture from a file of the draft's case."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    item = visit.form.get("item")
    if not re.fullmatch(r"[0-9a-f]{32}", item):
        raise IncompleteError("item")
    fresh = picturing.begin(visit, sheet, bytes.fromhex(item))
    return visit.go(_address(visit, fresh))


def show(visit: Visit) -> Reply:
    """Show a picture as it would be public, to draw boxes on."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    one, plan = picturing.redrawable(visit, sheet, visit.id("picture"))
    corner = _corner(visit.query.get("corner", ""), one)
    return visit.page(
        "picture.html",
        draft=sheet.draft,
        entry=sheet.entry,
        one=one,
        plan=plan,
        corner=corner,
        widths=(CLOSE,) if visit.query.get("close") else (NARROW, WIDE),
        is_close=bool(visit.query.get("close")),
        languages=LANGUAGES,
    )


def jpeg(visit: Visit) -> Reply:
    """Give a picture as it would be public to whoever may read the draft."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    one = picturing.find(visit, sheet, visit.arguments.get("name", ""))
    if not one.jpeg:
        raise MissingError
    return Reply(status=200, body=one.jpeg, mime="image/jpeg")


def click(visit: Visit) -> Reply:
    """Take one click on the picture: the first is a corner of a box, the second the one across."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    one, plan = picturing.redrawable(visit, sheet, visit.id("picture"))
    x, y = _clicked(visit, one)
    corner = _corner(visit.form.get("corner"), one)
    if corner is None:
        return visit.go(f"{_address(visit, one.id)}?corner={x},{y}{_closely(visit)}#picture")
    return _drawn(visit, sheet, one, plan, (corner[0], corner[1], x, y))


def box(visit: Visit) -> Reply:
    """Draw a box whose sides were typed."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    one, plan = picturing.redrawable(visit, sheet, visit.id("picture"))
    left, top, right, bottom = (_number(visit, side) for side in _SIDES)
    return _drawn(visit, sheet, one, plan, (left, top, right, bottom))


def change(visit: Visit) -> Reply:
    """Take a box away, the last one or any, or turn to another page of a document."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    one, plan = picturing.redrawable(visit, sheet, visit.id("picture"))
    if visit.form.get("page"):
        page = _number(visit, "page") - 1
        if not 0 <= page < plan.pages:
            raise IncompleteError("page")
        plan = replace(plan, page=page, boxes=())
    else:
        gone = _number(visit, "box")
        if not 1 <= gone <= len(plan.boxes):
            raise IncompleteError("box")
        plan = replace(plan, boxes=plan.boxes[: gone - 1] + plan.boxes[gone:])
    picturing.redraw(visit, sheet, one, plan)
    return visit.go(f"{_address(visit, one.id)}{_closely(visit, '?')}#picture")


def describe(visit: Visit) -> Reply:
    """Keep what a picture shows, in words."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    picturing.describe(visit, sheet, picturing.find(visit, sheet, visit.arguments.get("name", "")))
    return visit.go(f"/draft/{sheet.draft.id.hex()}#pictures", "notice.saved")


def take_out(visit: Visit) -> Reply:
    """Take a picture out of the draft."""
    sheet = drafting.open_sheet(visit, visit.id("draft"))
    picturing.take_out(visit, sheet, picturing.find(visit, sheet, visit.arguments.get("name", "")))
    return visit.go(f"/draft/{sheet.draft.id.hex()}#pictures", "notice.picture_out")


def _drawn(visit: Visit, sheet: drafting.Sheet, one: Shown, plan: Plan, across: Box) -> Reply:
    width, height = one.picture.width, one.picture.height
    left, right = sorted(min(max(x, 0), width) for x in (across[0], across[2]))
    top, bottom = sorted(min(max(y, 0), height) for y in (across[1], across[3]))
    if min(right - left, bottom - top) < picturing.LEAST:
        raise ConflictError(("box_small",))
    plan = replace(plan, boxes=(*plan.boxes, (left, top, right, bottom)))
    picturing.redraw(visit, sheet, one, plan)
    return visit.go(f"{_address(visit, one.id)}{_closely(visit, '?')}#picture")


def _clicked(visit: Visit, one: Shown) -> tuple[int, int]:
    """Return where the picture was clicked, in its own pixels."""
    found: dict[str, tuple[int, int]] = {}
    for name, values in visit.form.texts.items():
        match, text = _CLICK.match(name), values[-1]
        if match and text.isdecimal() and len(text) <= 4:
            found[match[2]] = int(text), int(match[1])
    if found.keys() != {"x", "y"}:
        raise IncompleteError("corner")
    x, y = (value * one.picture.width // width for value, width in (found["x"], found["y"]))
    return min(x, one.picture.width), min(y, one.picture.height)


def _corner(text: str, one: Shown) -> tuple[int, int] | None:
    match = _CORNER.match(text)
    if match is None:
        return None
    return min(int(match[1]), one.picture.width), min(int(match[2]), one.picture.height)


def _number(visit: Visit, name: str) -> int:
    text = visit.form.get(name)
    if not text.isdecimal() or len(text) > 4:
        raise IncompleteError(name)
    return int(text)


def _closely(visit: Visit, begin: str = "&") -> str:
    return f"{begin}close=1" if visit.form.get("close") else ""


def _address(visit: Visit, picture: bytes) -> str:
    return f"/draft/{visit.id('draft').hex()}/picture/{picture.hex()}"


_ONE = "/draft/{draft:str}/picture/{picture:str}"
_NAMED = "/draft/{draft:str}/pictures/{name:str}"
ROUTES = (
    Route("POST", "/draft/{draft:str}/picture", begin, EDITORS, lane=PICTURE),
    Route("GET", _ONE, show, EDITORS),
    Route("POST", f"{_ONE}/click", click, EDITORS, lane=PICTURE),
    Route("POST", f"{_ONE}/box", box, EDITORS, lane=PICTURE),
    Route("POST", f"{_ONE}/change", change, EDITORS, lane=PICTURE),
    Route("GET", _NAMED, jpeg, WORKERS),
    Route("POST", f"{_NAMED}/describe", describe, EDITORS),
    Route("POST", f"{_NAMED}/take-out", take_out, EDITORS),
)
