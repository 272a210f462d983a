"""
What the gate says: findings in a draft, ranked, and the verdict they add up to.

Rules:
- A finding never carries the sealed value it matched, only where the draft shows it, what kind it is and
  the cheapest mend.
- Warnings are few: where findings overlap the gravest is kept, and a kind is said once per word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Level(StrEnum):
    """How grave: *block* stops a release, *warn* asks the editor, *pass* is neither."""

    BLOCK = "block"
    WARN = "warn"
    PASS = "pass"  # noqa: S105 -- a verdict


_RANK = {Level.BLOCK: 2, Level.WARN: 1, Level.PASS: 0}

_MOST = 1000  # findings; whoever has more has one problem, and the gravest are kept

# Code -> the cheapest mend, in English for data; people read `gate.hint.<code>` of the catalogues.
HINTS: dict[str, str] = {
    "remove": "Remove it: it identifies the source.",
    "name": "Replace the name with a role, such as 'a serviceman'.",
    "initials": "Use a role, or initials that are not the source's.",
    "nickname": "Remove the nickname.",
    "declare": "Say whether this person is public, cited from the press, or a pseudonym.",
    "third_party": "This person appears in the source's story. Replace the name with a role.",
    "namesake": "A public figure shares this name with the source. Write given name and surname, or drop it.",
    "number": "Remove the number or write 'several'.",
    "unit": "Name the branch instead of the unit.",
    "date": "Write the month or the season.",
    "birth": "Write an age band instead.",
    "age": "Write an age band, such as 'in his twenties'.",
    "place": "Name the federal subject or district instead.",
    "address": "Remove the address.",
    "quote": "Retell it in your own words.",
    "confirm_quote": "Confirm that the quotation is not the source's own wording.",
    "rank": "Write the rank group, such as 'sergeants', or 'a contract serviceman'.",
    "post": "Leave out the post, or name the branch only.",
    "family": "Write 'children' or 'family' without a number.",
    "coarsen": "Together these facts narrow it to a few people. Drop or coarsen one of them.",
    "plate": "Leave out the number plate and its region code.",
    "retype": "Retype the word: it holds invisible or look-alike letters.",
    "translate": "Write it in Russian, Ukrainian or English letters so that it can be checked.",
    "list": "This reads like a list of people or numbers and is held against no card. Tell one story.",
    "picture": "Look at the picture: faces, name tags, plates, screens, landmarks, handwriting.",
    "picture_bare": "Nothing on the picture is covered. Look: faces, tags, plates, screens, landmarks.",
    "stop": "The check did not complete. Nothing may be released; try again or call the operator.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in the draft that gives something away. ``span`` is the draft's own text."""

    start: int
    end: int
    span: str
    kind: str
    level: Level
    hint: str

    def __repr__(self) -> str:
        return f"<Finding {self.kind} {self.level.value} {self.start}..{self.end}>"

    def as_dict(self) -> dict[str, object]:
        """Return the finding as data, its hint as an English sentence with the code before it."""
        return {
            "start": self.start,
            "end": self.end,
            "span": self.span,
            "kind": self.kind,
            "level": self.level.value,
            "hint": HINTS[self.hint],
            "mend": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of the gate, or of one half of it."""

    level: Level
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        return f"<Verdict {self.level.value} with {len(self.findings)} findings>"

    def as_dict(self) -> dict[str, object]:
        """Return the verdict as data, in the form `subrosa gate --json` prints."""
        return {"verdict": self.level.value, "findings": [f.as_dict() for f in self.findings]}


def mark(text: str, span: tuple[int, int], kind: str, level: Level, hint: str) -> Finding:
    """Return a finding over *span* of *text*."""
    return Finding(span[0], span[1], text[span[0] : span[1]], kind, level, hint)


def soften(finding: Finding) -> Finding:
    """Return *finding* as a warning."""
    return replace(finding, level=Level.WARN)


def settle(findings: Iterable[Finding]) -> Verdict:
    """Drop what a graver or wider finding already says, order by gravity and place, and add up."""
    ranked = sorted(set(findings), key=lambda f: (-_RANK[f.level], f.start - f.end, f.start, f.kind))[:_MOST]
    kept: list[Finding] = []
    for finding in ranked:
        if not any(_covers(other, finding) for other in kept):
            kept.append(finding)
    kept.sort(key=lambda f: (-_RANK[f.level], f.start, f.end))
    level = kept[0].level if kept else Level.PASS
    return Verdict(level, tuple(kept))


def _covers(graver: Finding, finding: Finding) -> bool:
    overlaps = graver.start < finding.end and finding.start < graver.end
    if not overlaps:
        return False
    if graver.level == finding.level:
        return graver.start <= finding.start and finding.end <= graver.end
    # A warning over a whole sentence still says something beside a blocked word in it.
    return finding.end - finding.start <= graver.end - graver.start + 12


def gate_failed() -> Verdict:
    """Return the verdict of a check that did not happen: no release."""
    return Verdict(Level.BLOCK, (Finding(0, 0, "", "gate_failed", Level.BLOCK, "stop"),))
