"""Charts as SVG, drawn from counted stories. Colours come from the stylesheet, so both themes fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from register.places import subjects

# Below this a cell of the map would point at people rather than at a region.
SMALL_CELL = 3

_WIDTH, _HEIGHT, _FOOT, _HEAD = 640, 150, 22, 18
_TILE, _GAP = 40, 3


@dataclass(frozen=True, slots=True)
class Tile:
    """What the map says of one subject."""

    code: str
    name: str
    href: str | None
    number: int


def months(counted: Mapping[str, int], label: str) -> Markup:
    """Draw a column for every month from the first to the last, empty months included."""
    span = _months_between(min(counted), max(counted)) if counted else []
    highest = max(counted.values(), default=1)
    step = _WIDTH / max(len(span), 1)
    wide = min(step * 0.72, 46)
    room = _HEIGHT - _FOOT - _HEAD
    # About one label in sixty points, or they run into each other.
    every = max(1, round(60 / step)) if span else 1
    drawn = []
    for place, month in enumerate(span):
        number = counted.get(month, 0)
        tall = room * number / highest
        middle = step * (place + 0.5)
        if number:
            drawn.append(
                f'<rect x="{middle - wide / 2:.1f}" y="{_HEAD + room - tall:.1f}" width="{wide:.1f}" '
                f'height="{tall:.1f}" rx="1.5"/><text class="n" x="{middle:.1f}" '
                f'y="{_HEAD + room - tall - 5:.1f}">{number}</text>'
            )
        if place % every == 0:
            drawn.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 6}">{month[5:]}.{month[2:4]}</text>')
    foot = f'<path d="M0 {_HEIGHT - _FOOT + 0.5}H{_WIDTH}"/>'
    return _svg("columns", f"0 0 {_WIDTH} {_HEIGHT}", label, foot + "".join(drawn))


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


def _months_between(first: str, last: str) -> list[str]:
    found = []
    year, month = int(first[:4]), int(first[5:7])
    while (text := f"{year:04}-{month:02}") <= last:
        found.append(text)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found
