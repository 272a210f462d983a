"""
What can go wrong at the public door. The class docstring is the sentence a person reads.

RegisterError                    never raised itself
├ MalformedEntryError            these bytes are not an entry (says which part, never its value)
│ ├ BrokenRecordsError           records that cannot be read; everything else has been done
│ └ PictureError                 a picture of an entry that is missing, another, or more than pixels
├ UnknownVersionError            made by a newer program
├ NotPublishableError            an entry that must stay inside
├ RetractedError                 somebody asks to publish what was taken down
├ ImportErrors                   a list that cannot be read, with every line and reason
├ MalformedHonestyError          figures about our own work that do not say what they should
├ MalformedLooksError            a look at links that cannot be read
├ NotOurFolderError              the output folder holds something that is not a register
└ TamperedBundleError            a copy that is not the register we signed, with every difference
"""

from __future__ import annotations

from collections.abc import Iterable


class RegisterError(Exception):
    """The register could not do this."""

    def __str__(self) -> str:
        return (self.__doc__ or "").strip()


class MalformedEntryError(RegisterError):
    """These bytes are not an entry of this register."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part

    def __str__(self) -> str:
        return f"These bytes are not an entry of this register: {self.part}."


class BrokenRecordsError(MalformedEntryError):
    """Records of the register cannot be read; everything else has been done."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = tuple(sorted(ids))
        super().__init__(f"the records {', '.join(self.ids)} cannot be read")


class PictureError(MalformedEntryError):
    """A picture of an entry is missing, is another one, or holds more than pixels."""

    def __init__(self) -> None:
        super().__init__("a picture is missing, is another one, or holds more than pixels")


class UnknownVersionError(RegisterError):
    """This was written by a newer version of the program."""


class NotPublishableError(RegisterError):
    """This entry must not be published."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons

    def __str__(self) -> str:
        return f"This entry must not be published: {'; '.join(self.reasons)}."


class RetractedError(RegisterError):
    """This entry was taken down; it can only come back under a new number."""


class ImportErrors(RegisterError):  # noqa: N818 - it carries many
    """The list cannot be read, and nothing of it was imported."""

    def __init__(self, refused: tuple[tuple[int, str], ...]) -> None:
        super().__init__(refused)
        self.refused = refused

    def __str__(self) -> str:
        lines = "\n".join(f"line {line}: {why}" for line, why in self.refused)
        return f"The list cannot be read, and nothing of it was imported.\n{lines}"


class MalformedHonestyError(RegisterError):
    """The figures about our own work cannot be read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"The figures about our own work in {self.name} cannot be read."


class MalformedLooksError(RegisterError):
    """What looks at links found cannot be read."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"What looks at links found cannot be read: {self.what}."


class NotOurFolderError(RegisterError):
    """The output folder holds files that no register of ours has written; choose an empty one."""


class TamperedBundleError(RegisterError):
    """This copy is not the register that was signed."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "This copy is not the register that was signed.\n" + "\n".join(self.problems)
