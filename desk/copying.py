"""
A narrative beside a draft, and its redacted copy: suggestions accepted, said more coarsely, or left as told.

The copy is a sheet of the case, sealed as everything of it: its own text, which holds none of the words it
replaced. The original is never changed. Leaving words as they are shows them, so the journal notes it like
every other unmasking.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import casework
from casework import canonical, cases, catalogue, journal, permits, sheets
from casework.errors import CaseworkError
from casework.redaction import marking
from casework.redaction.marking import Group, Mark
from casework.sheets import Sheet
from casework.tables import Case, Draft
from desk import gating, reading, sealing
from desk.drafting import UNDONE
from desk.errors import ConflictError, IncompleteError
from desk.reading import Dossier, Said
from desk.visit import Visit

TOLD = ("message", "brief")
KINDS_IN_WORDS = "suggest.mask."
# What is chosen, for how many, and which: "keep all 0a…:12:20", "rung1 one …", "accept kind name".
_CHOICE = re.compile(
    r"(accept|keep|rung\d) (?:(one|all) ([0-9a-f]{32}:\d{1,6}:\d{1,6})|kind ([a-z_]{1,20}))\Z"
)


@dataclass(frozen=True)
class Piece:
    """A stretch of the narrative: text as it is, or a place masked until somebody chooses to read it."""

    text: str = field(repr=False)
    kind: str = ""
    place: str = ""
    placeholder: str = ""
    is_masked: bool = False


@dataclass(frozen=True)
class Told:
    """One message of the narrative, in pieces."""

    said: Said
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Offer:
    """One person, place or thing of the narrative: its placeholder, what may stand instead, what does."""

    group: Group
    # For each of its marks: the same words in another case have another ladder.
    ladders: tuple[tuple[str, ...], ...]
    # What was chosen for each of its marks, as buttons say it; empty where nobody did.
    chosen: tuple[str, ...]

    @property
    def state(self) -> str:
        """What was chosen for all of them: empty for nothing yet, ``mixed`` where they differ."""
        return self.chosen[0] if len(set(self.chosen)) == 1 else "mixed"


@dataclass(frozen=True)
class Copy:
    """A narrative with its suggestions, and the redacted copy as it was last sealed."""

    case: Case
    told: Sequence[Told]
    offers: Sequence[Offer]
    sheet: Sheet
    may_choose: bool
    marks: Sequence[Mark] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)

    @property
    def written(self) -> tuple[str, ...]:
        """The copy, message by message; empty while nobody chose anything."""
        return tuple(row.get("text", "") for row in self.sheet.rows if row["id"] in self.texts)

    @property
    def kinds(self) -> list[tuple[str, list[Offer]]]:
        """What is suggested, by kind, as it comes."""
        gathered: dict[str, list[Offer]] = {}
        for offer in self.offers:
            gathered.setdefault(offer.group.kind, []).append(offer)
        return list(gathered.items())

    @property
    def undecided(self) -> int:
        """How many suggestions nobody decided about; they are replaced."""
        return sum(offer.chosen.count("") for offer in self.offers)

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen, by place."""
        return _of_rows(self.sheet, "choices")

    @property
    def by_hand(self) -> dict[str, str]:
        """Which places a person said name the same, by a label they share."""
        return _of_rows(self.sheet, "by_hand")


def own_case(visit: Visit, draft: Draft) -> Case | None:
    """Return the case behind a draft, if this person may read it."""
    if draft.case is None:
        return None
    try:
        with visit.database.read() as session:
            case = permits.see(session, draft.case, visit.acting)
    except CaseworkError:
        return None
    return case if permits.is_holder(case, visit.staff) else None


def told(dossier: Dossier) -> dict[str, str]:
    """Return what was told in a case, by the item it was told in."""
    return {said.item.hex(): said.text for said in dossier.said if said.kind in TOLD and said.text}


def look(visit: Visit, case: Case) -> Copy:
    """
    Read the narrative of *case* with its suggestions, and the redacted copy there is of it.

    Raises:
        ConflictError: the detectors could not be loaded; nothing is shown unmasked for want of them.
    """
    from casework.redaction import copies  # noqa: PLC0415  # dictionaries are loaded when first needed

    dossier = reading.dossier(visit, case.id)
    texts, language = told(dossier), dossier.case.language
    sheet = dossier.sheet(sheets.COPY)
    with gating.failing_closed():
        detectors = gating.detectors_of(visit)
        found = copies.marks(detectors, texts, language)
        marks = marking.regrouped(found, _of_rows(sheet, "by_hand"))
        groups = marking.groups(marks, _words(language))
        ladders = [
            tuple(copies.rungs(detectors, mark, texts[mark.item], language) for mark in group.marks)
            for group in groups
        ]
    empty = Copy(dossier.case, (), (), sheet, may_choose=False, marks=marks, texts=texts)
    choices = empty.choices
    offers = [
        Offer(group, climbed, tuple(map(_button, [choices.get(m.place, "") for m in group.marks], climbed)))
        for group, climbed in zip(groups, ladders, strict=True)
    ]
    names = {mark.place: group.placeholder for group in groups for mark in group.marks}
    said = [one for one in dossier.said if one.item.hex() in texts]
    return Copy(
        case=dossier.case,
        told=[Told(one, _pieces(visit, case, one, marks, names)) for one in said],
        offers=offers,
        sheet=sheet,
        may_choose="note" in permits.acts_for(dossier.case, visit.staff, visit.staffing),
        marks=marks,
        texts=texts,
    )


def choose(visit: Visit, copy: Copy, choice: str) -> None:
    """
    Take *choice* into the redacted copy, and seal the copy anew as a whole.

    Raises:
        IncompleteError: it names nothing that is there.
        CaseworkError: this person may not, or the case changed since.
    """
    match = _CHOICE.match(choice)
    chosen = [] if match is None else _meant(copy, match)
    if match is None or not chosen:
        raise IncompleteError("choice")
    choices = copy.choices
    for mark, offer in chosen:
        choices[mark.place] = _what(offer, mark, match[1])
    kept = [mark for mark, _offer in chosen if choices[mark.place] == marking.KEEP]
    _seal(visit, copy, _rows(copy, choices, copy.by_hand), kept)


def regroup(visit: Visit, copy: Copy, named: Mapping[str, str]) -> None:
    """
    Let the places of *named* that share a label name the same, and seal the copy anew.

    Raises:
        CaseworkError: this person may not, or the case changed since.
    """
    _seal(visit, copy, _rows(copy, copy.choices, copy.by_hand | dict(named)), ())


def undo(visit: Visit, copy: Copy) -> None:
    """
    Take back the last choice of this sitting.

    Raises:
        ConflictError: there is none.
        CaseworkError: this person may not, or the case changed since.
    """
    earlier = visit.session.earlier.get(copy.case.id)
    if not earlier:
        raise ConflictError(("nothing_to_undo",))
    rows = sheets.read_rows(canonical.loads(earlier[-1]))
    _write(visit, copy, rows, ())
    earlier.pop()


def _of_rows(sheet: Sheet, name: str) -> dict[str, str]:
    """Return what every row of a copy keeps under *name*, by place."""
    return {
        place: said for row in sheet.rows for place, said in marking.read_choices(row.get(name, "")).items()
    }


def _meant(copy: Copy, match: re.Match[str]) -> list[tuple[Mark, Offer]]:
    _what, scope, place, kind = match.groups()
    pairs = [(mark, offer) for offer in copy.offers for mark in offer.group.marks]
    if kind is not None:
        return [(mark, offer) for mark, offer in pairs if kind in (offer.group.kind, "any")]
    if scope == "one":
        return [(mark, offer) for mark, offer in pairs if mark.place == place]
    return [pair for pair in pairs if any(mark.place == place for mark in pair[1].group.marks)]


def _button(choice: str, ladder: tuple[str, ...]) -> str:
    """Return a choice as its button says it; a rung that is no longer offered stays as it is written."""
    rung = choice[1:]
    return f"rung{ladder.index(rung)}" if choice[:1] == "=" and rung in ladder else choice


def _what(offer: Offer, mark: Mark, wanted: str) -> str:
    if not wanted.startswith("rung"):
        return wanted
    number = int(wanted.removeprefix("rung"))
    ladder = offer.ladders[offer.group.marks.index(mark)]
    if number >= len(ladder):
        raise IncompleteError("choice")
    return marking.RUNG + ladder[number]


def _rows(copy: Copy, choices: Mapping[str, str], by_hand: Mapping[str, str]) -> tuple[sheets.Row, ...]:
    """Write the copy of every message anew, with what was chosen in it and who is who."""
    from casework.redaction import copies  # noqa: PLC0415

    groups = marking.groups(marking.regrouped(copy.marks, by_hand), _words(copy.case.language))
    names = {mark.place: group.placeholder for group in groups for mark in group.marks}
    rows = []
    for item, text in copy.texts.items():
        within = [mark for mark in copy.marks if mark.item == item]
        mine = {mark.place: choices[mark.place] for mark in within if mark.place in choices}
        redacted = copies.redact(text, within, mine, names)
        who = {mark.place: by_hand[mark.place] for mark in within if mark.place in by_hand}
        rows.append(
            {
                "by_hand": marking.write_choices(who),
                "choices": marking.write_choices(mine),
                "id": item,
                "text": redacted,
            }
        )
    return tuple(rows)


def _seal(visit: Visit, copy: Copy, rows: tuple[sheets.Row, ...], kept: Sequence[Mark]) -> None:
    _write(visit, copy, rows, kept)
    earlier = visit.session.earlier.setdefault(copy.case.id, [])
    earlier.append(canonical.dumps([dict(row) for row in copy.sheet.rows]))
    del earlier[:-UNDONE]
    visit.session.unmasked |= {(copy.case.id, mark.place) for mark in kept}


def _write(visit: Visit, copy: Copy, rows: tuple[sheets.Row, ...], kept: Sequence[Mark]) -> None:
    case, sheet = copy.case, Sheet(sheets.COPY, copy.sheet.number, rows)
    sealed = sealing.item(visit, case.id, sheets.KIND, sheet.payload())
    with visit.database.write() as session:
        cases.note(session, case.id, visit.form_version(), sealed, visit.acting)
        for item in dict.fromkeys(mark.item for mark in kept):
            journal.write(
                session, "unmask", by=visit.actor, day=visit.today, case=case.id, subject=bytes.fromhex(item)
            )


def _pieces(
    visit: Visit, case: Case, said: Said, marks: Sequence[Mark], names: Mapping[str, str]
) -> list[Piece]:
    """Cut a message at the places that may identify somebody, and mask those nobody chose to read."""
    pieces, at = [], 0
    for mark in marks:
        if mark.item != said.item.hex():
            continue
        is_masked = (case.id, mark.place) not in visit.session.unmasked
        pieces.append(Piece(said.text[at : mark.start]))
        # What is masked is not in the page at all.
        shown = "" if is_masked else said.text[mark.start : mark.end]
        pieces.append(Piece(shown, mark.kind, mark.place, names[mark.place], is_masked))
        at = mark.end
    return [*pieces, Piece(said.text[at:])]


class _KindsInWords(dict[str, str]):
    """The words for kinds of suggestions in one language."""

    def __init__(self, sentences: GNUTranslations) -> None:
        super().__init__()
        self._sentences = sentences

    def __missing__(self, kind: str) -> str:
        return self._sentences.gettext(KINDS_IN_WORDS + kind)


@cache
def _words(language: str) -> Mapping[str, Any]:
    """Return the words a placeholder says, in the language of the narrative."""
    return _KindsInWords(catalogue.load(Path(casework.__file__).parent / "catalogues", language))
