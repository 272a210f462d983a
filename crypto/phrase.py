"""Code phrases: ten words that let a tipster come back. The hub never keeps them.

100 random bits and 10 check bits, 11 bits a word. The check is 10 bits of SHA-256, so a slip that makes
another known word is noticed 1023 times in 1024, before anything is looked up. No work is added to a
guess: 2^100 is enough by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crypto import mailbox, words
from crypto.errors import CryptoError, MalformedError

Random = Callable[[int], bytes]

WORDS = 10
RANDOM_BITS = 100
CHECK_BITS = 10
RANDOM_SIZE = 13  # bytes that hold 100 bits

_TEXT_LIMIT = 1000  # characters; ten words with any decoration are far below
_TAG = b"subrosa phrase v1\n"


class PhraseError(CryptoError):
    """This is not a code phrase."""


class UnknownWordsError(PhraseError):
    """Some of the words are not on our lists."""

    def __init__(self, positions: tuple[int, ...], suggestions: tuple[tuple[str, ...], ...]) -> None:
        """Carry the *positions* (1 is the first word) and, for each, the words it may have been.

        Suggestions come close to a secret: show them to whoever typed, and to nobody else.
        """
        super().__init__()
        self.positions = positions
        self.suggestions = suggestions


class WrongCountError(PhraseError):
    """A code phrase has ten words."""

    def __init__(self, count: int) -> None:
        """Carry the *count* of words that there were."""
        super().__init__()
        self.count = count


class WrongCheckError(PhraseError):
    """These are ten known words, but not a phrase of ours: one of them is another word, or the order is."""


@dataclass(frozen=True)
class Phrase:
    """One code phrase; the same in every language."""

    entropy: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.entropy) != RANDOM_SIZE or int.from_bytes(self.entropy, "big") >> RANDOM_BITS:
            raise MalformedError("phrase: not 100 bits")

    def words(self, lang: str) -> tuple[str, ...]:
        """Return the ten words in the list of *lang*: ru, uk or en."""
        return words.to_words(self._value(), WORDS, lang)

    def has_word(self, position: int, text: str) -> bool:
        """Say whether *text* is the word at *position* (the first is 1), read loosely as by :func:`parse`."""
        expected = self._value() >> words.BITS * (WORDS - position) & words.COUNT - 1
        return any(words.known(reading) == [expected] for reading in words.readings(text))

    def mailbox(self) -> mailbox.Mailbox:
        """Return the mailbox that this phrase opens."""
        return mailbox.derive(self.entropy)

    def _value(self) -> int:
        return int.from_bytes(self.entropy, "big") << CHECK_BITS | _check(self.entropy)


def generate(random: Random) -> Phrase:
    """Make a new phrase from *random*, such as `os.urandom`."""
    value = int.from_bytes(random(RANDOM_SIZE), "big") >> 8 * RANDOM_SIZE - RANDOM_BITS
    return Phrase(value.to_bytes(RANDOM_SIZE, "big"))


def parse(text: str) -> Phrase:
    """Read a phrase as people type it.

    Takes either list or a mixture, the first four letters of each word, any case and separators, ё or е,
    numbering, the wrong keyboard layout, and words before or after the ten.

    Raises:
        WrongCountError: there are not ten words, nor ten in a row that fit.
        UnknownWordsError: ten words, some of them on no list.
        WrongCheckError: ten known words that do not fit together.
    """
    readings = words.readings(text[:_TEXT_LIMIT])
    for reading in readings:
        found = _fitting(words.known(reading))
        if found is not None:
            return found
    best = max(readings, key=lambda reading: sum(number is not None for number in words.known(reading)))
    raise _refusal(best)


def resembles(text: str) -> bool:
    """Whether *text* could be meant as a phrase: 7 to 13 words, most of them exactly from our lists.

    A guess, for choosing an answer; ordinary sentences seldom pass, and a phrase with three wrong words does.
    """
    for reading in words.readings(text[:_TEXT_LIMIT]):
        if not WORDS - 3 <= len(reading) <= WORDS + 3:
            continue
        if sum(_is_exact(word) for word in reading) >= max(WORDS - 3, 0.6 * len(reading)):
            return True
    return False


def _fitting(numbers: Sequence[int | None]) -> Phrase | None:
    """Return the phrase in *numbers*, if exactly one run of ten is one."""
    found: set[Phrase] = set()
    for start in range(len(numbers) - WORDS + 1):
        run = [number for number in numbers[start : start + WORDS] if number is not None]
        if len(run) == WORDS and (phrase := _checked(run)):
            found.add(phrase)
    return found.pop() if len(found) == 1 else None


def _checked(numbers: Sequence[int]) -> Phrase | None:
    value = words.to_value(numbers)
    entropy = (value >> CHECK_BITS).to_bytes(RANDOM_SIZE, "big")
    return Phrase(entropy) if value & (1 << CHECK_BITS) - 1 == _check(entropy) else None


def _refusal(reading: Sequence[str]) -> PhraseError:
    if len(reading) != WORDS:
        return WrongCountError(len(reading))
    numbers = words.known(reading)
    unknown = [place for place, number in enumerate(numbers) if number is None]
    if not unknown:
        return WrongCheckError()
    suggestions = tuple(words.near(reading[place]) for place in unknown)
    if len(unknown) == 1:
        # With nine words known, the check tells which of the near ones is meant.
        sure = tuple(word for word in suggestions[0] if _completes(numbers, unknown[0], word))
        suggestions = (sure or suggestions[0],)
    return UnknownWordsError(tuple(place + 1 for place in unknown), suggestions)


def _completes(numbers: Sequence[int | None], place: int, word: str) -> bool:
    whole = [*numbers[:place], words.find(words.fold(word)), *numbers[place + 1 :]]
    return _fitting(whole) is not None


def _is_exact(word: str) -> bool:
    number = words.find(word)
    if number is None:
        return False
    whole = (words.fold(words.load(lang).words[number]) for lang in ("ru", "en"))
    return any(word in (exact, exact[: words.PREFIX]) for exact in whole)


def _check(entropy: bytes) -> int:
    return int.from_bytes(hashlib.sha256(_TAG + entropy).digest()[:2], "big") >> 16 - CHECK_BITS
