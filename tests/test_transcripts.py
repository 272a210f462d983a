"""
Conversations anybody can read and write, played through the real conversation and a real database.

    # why, or what happens around the phone
    > what the tipster types            > (Button)          > /command
    > [photo] caption                   > [contact] Name +7… > [location]
    < what the bot says, in order; … at the end of a line stands for the rest
      [Button] [Button]                 the buttons under the last line, all of them
    * an hour passes · the hub restarts · nobody is on duty · alice answers: words
    * carol shows the text: words
    @ the son                         from here on another phone, the one of that name
    = team=legal urgency=now status=new  columns of the case on this phone

``{words}`` stands for the two words asked back, ``{phrase}`` for the code phrase, ``{typo}`` for one with a
slip in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update

from casework.tables import Case, StaffState
from intake import events
from tests.house import House
from tests.phone import Phone, cases, reply, show_text

FOLDER = Path(__file__).with_name("transcripts")
TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))


@dataclass
class Play:
    """One transcript being played."""

    house: House
    phone: Phone
    phones: dict[str, Phone] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    phrase: str = ""

    def act(self, line: str) -> None:
        """Carry out one line."""
        mark, rest = line[:2], line[2:].strip()
        match mark:
            case "> ":
                assert not self.said, f"the bot also said: {self.said[0]!r}"
                self.said = self._tess(self._filled(rest))
                self._note_phrase()
            case "< ":
                self._expect(rest)
            case "  ":
                labels = [label for label, _ in self._last().buttons]
                assert labels == re.findall(r"\[([^\]]+)\]", rest)
            case "* ":
                assert not self.said, f"the bot also said: {self.said[0]!r}"
                self.said = self._around(rest)
            case "@ ":
                assert not self.said, f"the bot also said: {self.said[0]!r}"
                self._take_up(rest)
            case "= ":
                self._check_case(rest)
            case _:
                raise AssertionError("a line begins with # > < * @ = or two blanks")

    def _take_up(self, name: str) -> None:
        language = self.phone.language_code
        known = Phone(self.house, chat=700_000_002 + len(self.phones), language_code=language)
        self.phone = self.phones.setdefault(name, known)

    def _tess(self, rest: str) -> list[str]:
        if rest.startswith("("):
            return self.phone.tap(rest[1:-1])
        if rest.startswith("/"):
            return self.phone.command(rest)
        sent = re.fullmatch(r"\[(\w+)\] ?(.*)", rest)
        if sent is None:
            return self.phone.write(rest)
        form, words = sent.groups()
        match form:
            case "contact":
                name, _, number = words.rpartition(" ")
                return self.phone.do(events.Contact(self._number(), name=name, phone=number))
            case "location":
                return self.phone.do(events.Location(self._number(), latitude=48.05, longitude=37.93))
            case "sticker" | "poll":
                return self.phone.do(events.Unsupported(self._number(), form=form))
            case "edit":
                return self.phone.edit(101, words)
            case "huge":
                return self.phone.file("document", None, caption=words, missing="too_large")
            case _:
                return self.phone.file(form, b"bytes of " + form.encode(), caption=words)

    def _around(self, rest: str) -> list[str]:
        if rest == "an hour passes":
            return self.phone.rest()
        if rest == "the hub restarts":
            self.phone.reboot()
            return []
        if rest == "nobody is on duty":
            with self.house.database.write() as session:
                session.execute(update(StaffState).values(on_duty=False))
            return []
        shown = re.fullmatch(r"carol shows the text: (.+)", rest)
        if shown is not None:
            show_text(self.house, self._case().id, shown[1])
            return self._rung()
        answered = re.fullmatch(r"(\w+) answers: (.+)", rest)
        assert answered, "no such thing happens"
        name, words = answered.groups()
        reply(self.house, name, self._case().id, words)
        return self._rung()

    def _rung(self) -> list[str]:
        before = len(self.phone.screen)
        self.phone.ring()
        return [shown.text for shown in self.phone.screen[before:]]

    def _expect(self, rest: str) -> None:
        assert self.said, f"the bot was silent, expected: {rest!r}"
        said = " ".join(self.said.pop(0).split())
        if rest.endswith("…"):
            assert said.startswith(rest[:-1].strip()), said
        else:
            assert said == rest

    def _last(self) -> object:
        return self.phone.screen[len(self.phone.screen) - 1 - len(self.said)]

    def _check_case(self, rest: str) -> None:
        case = self._case()
        for claim in rest.split():
            name, _, value = claim.partition("=")
            assert str(getattr(case, name)).lower() == value.lower(), name

    def _case(self) -> Case:
        state = self.phone.state
        here = None if state is None or state.case is None else bytes.fromhex(state.case)
        found = cases(self.house)
        return next((case for case in found if case.id == here), found[-1])

    def _filled(self, rest: str) -> str:
        state = self.phone.state
        asked = " ".join(word for _, word in state.asked) if state else ""
        typo = " ".join(["жщжщжщ", *self.phrase.split()[1:]])
        return rest.replace("{words}", asked).replace("{phrase}", self.phrase).replace("{typo}", typo)

    def _note_phrase(self) -> None:
        found = [
            str(shown.reply.params.get("words", ""))
            for shown in self.phone.screen
            if hasattr(shown.reply, "params")
        ]
        shown = [one for one in found if one]
        if shown:
            self.phrase = " ".join(line.split(". ")[1] for line in shown[-1].splitlines())

    def _number(self) -> int:
        self.phone.message += 1
        return self.phone.message


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=[path.stem for path in TRANSCRIPTS])
def test_a_transcript_plays_as_written(path: Path, sqlite_house: House) -> None:
    """The failing line is in the error."""
    play = Play(sqlite_house, Phone(sqlite_house, language_code=path.stem.split("_")[0]))
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            play.act(line)
        except AssertionError as error:
            raise AssertionError(f"{path.name}:{number}: {line}\n{error}") from error
    assert not play.said, f"{path.name}: the bot also said: {play.said[0]!r}"


def test_there_are_transcripts() -> None:
    """Nobody moved the folder away from under the test above."""
    assert len(TRANSCRIPTS) >= 12
