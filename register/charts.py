"""Charts as SVG, drawn from counted stories. Colours come from the stylesheet, so both themes fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from register.places import subjects
from register.totals import SMALL_CELL

# The chart of months: years stand at its side, months at its foot, numbers in the head of each row.
_WIDTH, _SIDE, _FOOT, _HEAD, _ROOM, _COLUMN = 640, 56, 24, 28, 90, 30
_TILE, _GAP = 40, 3


@dataclass(frozen=True, slots=True)
class Tile:
    """What the map says of one subject."""

    code: str
    name: str
    href: str | None
    number: int


def months(counted: Mapping[str, int], label: str) -> Markup:
    """Draw a row for every year and in it a column for every month, all in one scale, empty ones included."""
    years = range(int(min(counted)[:4]), int(max(counted)[:4]) + 1) if counted else range(0)
    highest = max(counted.values(), default=1)
    drawn, top = [], 0
    for year in years:
        of_year = [counted.get(f"{year:04}-{month:02}", 0) for month in range(1, 13)]
        tall = _HEAD + round(_ROOM * max(of_year) / highest)
        top += tall
        drawn.append(_year(year, of_year, highest, top))
    names = "".join(f'<text x="{_middle(month):.1f}" y="{top + 16}">{month}</text>' for month in range(1, 13))
    return _svg("columns", f"0 0 {_WIDTH} {top + _FOOT}", label, "".join(drawn) + names)


def _year(year: int, of_year: Sequence[int], highest: int, foot: int) -> str:
    """Draw one row that stands on the height *foot*."""
    drawn = [f'<path d="M{_SIDE} {foot - 0.5}H{_WIDTH}"/><text class="y" x="0" y="{foot - 5}">{year}</text>']
    for month, number in enumerate(of_year, 1):
        if number:
            height = max(2.0, _ROOM * number / highest)
            drawn.append(
                f'<rect x="{_middle(month) - _COLUMN / 2:.1f}" y="{foot - height:.1f}" width="{_COLUMN}" '
                f'height="{height:.1f}" rx="1.5"/><text class="n" x="{_middle(month):.1f}" '
                f'y="{foot - height - 5:.1f}">{number}</text>'
            )
    return "".join(drawn)


def _middle(month: int) -> float:
    return _SIDE + (_WIDTH - _SIDE) / 12 * (month - 0.5)


def bar(number: int, highest: int) -> Markup:
    """Draw one bar of a list; the label and the number stand beside it as text."""
    share = 100 * number / max(highest, 1)
    return Markup(  # noqa: S704 - numbers only
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{share:.1f}" height="6"/></svg>'
    )


def tile_map(tiles: Sequence[Tile], label: str, few: str) -> Markup:
    """Draw the federal subjects as tiles; small cells show that there is something, not how much."""
    shown = {tile.code: tile for tile in tiles}
    drawn = []
    for subject in subjects().values():
        x, y = subject.column * (_TILE + _GAP), subject.row * (_TILE + _GAP)
        tile = shown.get(subject.code)
        number = tile.number if tile else 0
        said = few if 0 < number < SMALL_CELL else str(number)
        name = tile.name if tile else subject.en
        inside = (
            f"<title>{escape(name)}: {escape(said)}</title>"
            f'<rect width="{_TILE}" height="{_TILE}" rx="4"/>'
            f'<text x="{_TILE / 2}" y="{_TILE / 2 + 4.5}">{subject.letters}</text>'
        )
        placed = f'<g class="{_shade(number)}" transform="translate({x} {y})">{inside}</g>'
        drawn.append(f'<a href="{escape(tile.href)}">{placed}</a>' if tile and tile.href else placed)
    width = 18 * (_TILE + _GAP) - _GAP
    height = 11 * (_TILE + _GAP) - _GAP
    return _svg("tiles", f"0 0 {width} {height}", label, "".join(drawn), role="group")


def _shade(number: int) -> str:
    if number == 0:
        return "q0"
    if number < SMALL_CELL:
        return "q1"
    return "q2" if number < 10 else "q3" if number < 30 else "q4"


def _svg(kind: str, box: str, label: str, inside: str, role: str = "img") -> Markup:
    return Markup(  # noqa: S704 - numbers, codes and escaped words only
        f'<svg class="{kind}" viewBox="{box}" role="{role}" aria-label="{escape(label)}">{inside}</svg>'
    )
