"""
The pictures in ``docs/tour``: every page of every door at two widths and in both themes, small, and listed.

They are taken while the tests look at the pages (``make tour``), from practice houses: nobody in them exists.
What is listed here is looked at by a test, and what a test looks at is listed here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

WIDTHS, THEMES = (360, 1440), ("light", "dark")
# The four that a reader sees first stand in the README by themselves, with the doctor's terminal.
FRONT = ("phone", "queue", "case", "draft", "register", "doctor")
# Pixels: what lies below says nothing new, and a picture of it would be larger than the rest together.
TALLEST = {360: 2600, 1440: 1800}
# Colours that are left: first the commonest, however near (grounds, text, lines), then the commonest of
# those that stand apart (chips, the rose, a picture). Each with how far apart they are in red, green, blue.
COLOURS = ((24, 3), (56, 28))

# Name of a picture: the template it shows, and what there is to see.
DESK: Mapping[str, tuple[str, str]] = {
    "sign-in": ("sign_in", "The door: a name, six words, six digits."),
    "locked": ("locked", "The door of a locked session: its PIN."),
    "queue": ("queue", "A lawyer's list: the next case, then what waits."),
    "queue-deadlines": ("queue", "The same list with a client's deadline beside the house's clock."),
    "case-new": ("case", "A new case before it is accepted."),
    "case": ("case", "An accepted case: the conversation, the answer, the card behind a reason."),
    "case-deadline": ("case", "A case whose client has a deadline."),
    "case-lent": ("case", "A case lent to a consultant: read it, answer from templates, pass it up."),
    "case-work": ("work", "Deadlines, tasks and the course of a case, each confirmed by a person."),
    "case-people": ("people", "Parties, and a group of twelve with what became of each."),
    "case-ties": ("ties", "What belongs together: ties, a second matter, merged histories."),
    "case-papers": ("papers", "The documents that can be filled from a case."),
    "paper": ("paper", "One document: what is filled in, and its text to copy by hand."),
    "card": ("card", "The identity card, for three minutes."),
    "file": ("file", "A file: a picture of it drawn by a child process."),
    "file-voice": ("file", "A voice message: why there is nothing to play, and what to do instead."),
    "answer": ("answer", "An answer as the phone will show it, and templates."),
    "answers": ("answers", "One answer to many: the templates."),
    "answers-chosen": ("answers", "One answer to many: each case with its last words and a tick."),
    "answers-waiting": ("answers", "One answer to many: a minute to take all of it back."),
    "search": ("search", "Searching what one may read, by any form of a word."),
    "alike": ("alike", "Cases that may be the same person or event."),
    "export": ("export", "A whole case leaves the house: sealed, with a second person's word."),
    "keeping": ("keeping", "What is erased soon, and what is held for a court."),
    "account": ("account", "One's own duty, days, notices, passphrase, sessions."),
    "account-pin": ("account", "The same with a PIN for the day."),
    "passphrase": ("passphrase", "A new passphrase, shown once."),
    "sign-out": ("sign_out", "Signing out while the hub has not confirmed new keys."),
    "missing": ("error", "A case that is not there, or not yours: the same page."),
    "hub-silent": ("error", "The hub does not answer: what was typed is given back."),
    "drafts": ("drafts", "Entries that are not public yet."),
    "draft": ("draft", "A draft beside the masked narrative."),
    "draft-adding": ("draft", "A draft with everything unfolded that can be added."),
    "draft-copy": ("draft", "The redacted copy beside the draft."),
    "draft-frozen": ("draft", "A frozen text and what the gate found."),
    "picture": ("picture", "Black boxes on a picture before it may be public."),
    "bench": ("bench", "The custodian's bench."),
    "bench-asked": ("bench", "A request of an editor on the bench."),
    "card-asked": ("card", "A custodian answers field by field."),
    "published": ("published", "What is public, and the button that takes it down."),
    "merge": ("merge", "Two entries that tell the same."),
    "imports": ("imports", "Lists that wait for two signatures."),
    "import": ("import", "One list in review."),
    "house": ("house", "A coordinator's view: who waits, who carries what. No word of any case."),
    "house-lived-in": ("house", "The same with somebody away."),
    "figures": ("figures", "A month's figures, cells under five suppressed."),
    "journal": ("journal", "Who did what on which day."),
}
REGISTER: Mapping[str, str] = {
    "index": "The front page.",
    "browse": "All entries, by branch, place, month and source.",
    "entry": "One entry: text, sources, how firm it is.",
    "tombstone": "An entry that was taken down.",
    "totals": "Numbers that mean something, and what they do not mean.",
    "changes": "What changed, newest first.",
    "data": "The data, and how to cite it.",
    "search": "The search.",
    "honesty": "What this register is not.",
    "copies": "How to mirror it, and how to check a copy.",
}
PHONE: Mapping[str, str] = {
    "phone": "The bot's notice, a message, a receipt, buttons.",
    "answered": "An answer behind its button.",
}
DOORS: Mapping[str, Mapping[str, str]] = {
    "phone": PHONE,
    "desk": {name: line for name, (_template, line) in DESK.items()},
    "register": REGISTER,
}

_folder: list[Path] = []


def begin(folder: str | None) -> None:
    """Keep pictures in *folder* from now on; none: keep none."""
    _folder[:] = [] if folder is None else [Path(folder)]


def file_name(name: str, width: int, theme: str) -> str:
    """Return how the picture of a page is called."""
    return f"{name}-{width}-{theme}.png"


async def keep(tab: Page, door: str, name: str, width: int, theme: str) -> None:
    """Keep a picture of the page in *tab* as it stands, if this run keeps any and the page is listed so."""
    if not _folder or name not in DOORS[door] or width not in WIDTHS:
        return
    # What stays in the window while one scrolls stands where it stands at first.
    await tab.evaluate("scrollTo(0, 0)")
    tall: int = await tab.evaluate("document.documentElement.scrollHeight")
    area = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST[width])}
    shot = await tab.screenshot(full_page=True, clip=area)  # type: ignore[arg-type]
    _write(shot, _folder[0] / door / file_name(name, width, theme))


async def keep_front(tab: Page, name: str) -> None:
    """Keep what is seen of *tab* without scrolling, for the README."""
    if _folder and name in FRONT:
        _write(await tab.screenshot(), _folder[0] / f"{name}.png")


def _write(shot: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(BytesIO(shot)) as seen:
        whole = seen.convert("RGB")
        whole.quantize(palette=_palette(whole), dither=Image.Dither.NONE).save(path, optimize=True)


def _palette(seen: Image.Image) -> Image.Image:
    """Return the few colours in which a page still looks like itself; Pillow's own would lose its accents."""
    chosen: list[tuple[int, ...]] = []
    counted = sorted(seen.getcolors(2**24) or [], reverse=True)
    for room, apart in COLOURS:
        for _pixels, colour in counted:
            if len(chosen) == room:
                break
            if all(math.dist(colour, other) > apart for other in chosen):  # type: ignore[arg-type]
                chosen.append(colour)  # type: ignore[arg-type]
    holder = Image.new("P", (1, 1))
    holder.putpalette([part for colour in chosen for part in colour])
    return holder


def index() -> str:
    """Return the page that lists every picture."""
    lines = [
        "# Every page",
        "",
        "Taken by `make tour` from practice houses, at 360 and 1440 pixels, light and dark.",
        "All people in them are invented. Long pages are cut.",
    ]
    for door, pages in DOORS.items():
        lines += ["", f"## The {door}", "", "| page | 360 | 1440 | |", "|---|---|---|---|"]
        for name, line in pages.items():
            links = [
                ", ".join(f"[{theme}]({door}/{file_name(name, width, theme)})" for theme in THEMES)
                for width in WIDTHS
            ]
            lines.append(f"| {name} | {links[0]} | {links[1]} | {line} |")
    return "\n".join(lines) + "\n"


def finish() -> None:
    """Write the list beside the pictures this run kept."""
    if _folder:
        (_folder[0] / "README.md").write_text(index())
