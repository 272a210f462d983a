"""
Numbers as a reader sees them: runs of digits however they are spaced, and digits spelled out in words.

Rules:
- A run is what a person would read aloud as one number: 17-42, 97 713, (913) 000 17 42.
- A spelled run may be read several ways ("двести шестьдесят семь" is 267 and 20067); all are kept, few.
- Years, articles of law, percentages, money and head-counts are not identifying numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from casework.redaction import fold

if TYPE_CHECKING:
    from casework.redaction.page import Page

_RUN = re.compile(r"(?<![\d])\+?\(?\d(?:[\d]|[ \u00a0\u2009.\-–‑()/]{1,2}(?=\(?\d)){0,80}", re.S)
_PARTS = re.compile(r"\d+")

# One row a number, in Russian, Ukrainian and English, as people dictate them.
_UNITS = (
    "ноль нуль нуля нулей нулів ноля zero oh nought",
    "один одна одно one",
    "два две дві two",
    "три three",
    "четыре чотири four",
    "пять п'ять five",
    "шесть шість six",
    "семь сім seven",
    "восемь вісім eight",
    "девять дев'ять nine",
)
_TEENS = (
    "десять ten",
    "одиннадцать одинадцять eleven",
    "двенадцать дванадцять twelve",
    "тринадцать тринадцять thirteen",
    "четырнадцать чотирнадцять fourteen",
    "пятнадцать п'ятнадцять fifteen",
    "шестнадцать шістнадцять sixteen",
    "семнадцать сімнадцять seventeen",
    "восемнадцать вісімнадцять eighteen",
    "девятнадцать дев'ятнадцять nineteen",
)
_TENS = (
    "",
    "",
    "двадцать двадцять twenty",
    "тридцать тридцять thirty",
    "сорок forty fourty",
    "пятьдесят п'ятдесят fifty",
    "шестьдесят шістдесят sixty",
    "семьдесят сімдесят seventy",
    "восемьдесят вісімдесят eighty",
    "девяносто дев'яносто ninety",
)
_HUNDREDS = (
    "",
    "сто",
    "двести двісті",
    "триста",
    "четыреста чотириста",
    "пятьсот п'ятсот",
    "шестьсот шістсот",
    "семьсот сімсот",
    "восемьсот вісімсот",
    "девятьсот дев'ятсот",
)
# Forms people use while dictating or declining a unit's number.
_OBLIQUE = fold.numbered(
    "двух:2 двум:2 двома:2 трех:3 трем:3 четырех:4 пяти:5 шести:6 семи:7 восьми:8 девяти:9 десяти:10 "
    "сорока:40 девяноста:90 ста:100 двадцати:20 тридцати:30 двадцяти:20 тридцяти:30 пятидесяти:50 "
    "шестидесяти:60 семидесяти:70 восьмидесяти:80 п'ятдесяти:50 шістдесяти:60 сімдесяти:70 вісімдесяти:80 "
    "одного:1 одной:1 единица:1 двойка:2 "
    "тройка:3 четверка:4 пятерка:5 шестерка:6 семерка:7 восьмерка:8 девятка:9"
)
_THOUSANDS = frozenset(
    fold.key(w)
    for w in (
        "тысяча",
        "тысячи",
        "тысяч",
        "тысячу",
        "тысяче",
        "тысячью",
        "тисяча",
        "тисячі",
        "тисяч",
        "тисячу",
        "thousand",
    )
)
_REPEATS = fold.numbered(
    "два:2 две:2 дві:2 три:3 четыре:4 чотири:4 пять:5 дважды:2 трижды:3 double:2 triple:3"
)
_ZEROS = frozenset(fold.key(w) for w in ("нуля", "нулей", "ноля", "нулі", "нулів", "zeros", "zeroes"))


def _values() -> dict[str, int]:
    table: dict[str, int] = {}
    for scale, rows in ((1, _UNITS), (10, _TENS), (100, _HUNDREDS)):
        for count, row in enumerate(rows):
            table.update({fold.key(w): count * scale for w in row.split()})
    for count, row in enumerate(_TEENS):
        table.update({fold.key(w): 10 + count for w in row.split()})
        table.update({fold.key(w[:-1] + "и"): 10 + count for w in row.split() if w.endswith("ь")})
    table.update({fold.key(w): value for w, value in _OBLIQUE.items()})
    return table


_VALUE = _values()
# Number words as people write them, for grammars elsewhere.
WORDS: tuple[str, ...] = tuple(
    w for row in (*_UNITS, *_TEENS, *_TENS, *_HUNDREDS) for w in row.split()
) + tuple(_OBLIQUE)
_REPEAT = {fold.key(w): n for w, n in _REPEATS.items()}
_MAX_READINGS = 64
_LEAST_IN_THOUSANDS = 10_000
_MAX_PARTS = 12  # a card in single digits with spaces is longer, and matches by its parts


@dataclass(frozen=True)
class Run:
    """A number in a text: its place in the clean text and every way its digits may be read."""

    start: int
    end: int
    readings: frozenset[str]
    is_spelled: bool

    def __repr__(self) -> str:
        return f"<Run {self.start}..{self.end}>"


def runs(page: Page) -> list[Run]:
    """Return every number of *page*, in digits and in words."""
    return _digit_runs(page.text) + _spelled_runs(page)


def _digit_runs(text: str) -> list[Run]:
    """Return each run whole and in every cut of its parts, since a neighbour's digits may have joined it."""
    found = []
    for match in _RUN.finditer(text):
        parts = [
            (match.start() + p.start(), match.start() + p.end(), p[0]) for p in _PARTS.finditer(match[0])
        ]
        for first in range(len(parts)):
            for last in range(first, min(len(parts), first + _MAX_PARTS)):
                digits = "".join(p[2] for p in parts[first : last + 1])
                found.append(Run(parts[first][0], parts[last][1], frozenset({digits}), is_spelled=False))
    return sorted(found, key=lambda r: r.start - r.end)


def _spelled_runs(page: Page) -> list[Run]:
    """Join neighbouring number words, digits among them, into runs of two or more."""
    found: list[Run] = []
    group: list[int] = []
    for index, token in enumerate([*page.tokens, None]):
        is_number = token is not None and (
            token.is_number
            or token.key in _VALUE
            or token.key in _ZEROS
            or token.key in _REPEAT
            or token.key in _THOUSANDS
        )
        if is_number and (not group or _is_near(page, group[-1], index)):
            group.append(index)
            continue
        if len(group) >= 2 and any(not page.tokens[i].is_number for i in group):
            found.append(_spelled(page, group))
        group = [index] if is_number else []
    return found


def _is_near(page: Page, left: int, right: int) -> bool:
    gap = page.between(left, right)
    return right == left + 1 and len(gap) <= 3 and not re.search(r"[.!?;:\n]", gap)


def _spelled(page: Page, group: list[int]) -> Run:
    readings = {""}
    choices = _chunks([page.tokens[i].key for i in group])
    for options in choices:
        readings = {a + b for a, b in product(readings, options)}
        if len(readings) > _MAX_READINGS:
            readings = set(sorted(readings)[:_MAX_READINGS])
    first, last = page.tokens[group[0]], page.tokens[group[-1]]
    return Run(first.at, last.at + len(last.text), frozenset(readings), is_spelled=True)


def _chunks(words: list[str]) -> list[set[str]]:
    """Read number words left to right as people dictate: hundreds take tens, tens take units."""
    chunks: list[set[str]] = []
    i = 0
    while i < len(words):
        word = words[i]
        following = words[i + 1] if i + 1 < len(words) else ""
        if (
            word in _REPEAT
            and following
            and (
                following in _ZEROS
                or (word in {"doubl", "double", "triple", "tripl"} and following in _VALUE)
            )
        ):
            digit = "0" if following in _ZEROS else str(_VALUE[following])
            chunks.append({digit * _REPEAT[word]})
            i += 2
        elif word.isdigit():
            chunks.append({word})
            i += 1
        elif word in _VALUE:
            used, options = _with_thousands(words[i : i + 7])
            chunks.append(options)
            i += used
        else:
            chunks.append({"0"} if word in _ZEROS else {""})
            i += 1
    return chunks


def _with_thousands(words: list[str]) -> tuple[int, set[str]]:
    """Return how many words one spoken number takes, its thousands included, and the ways to write it."""
    values = [_VALUE.get(w, -1) for w in words]
    used, options = _compound(values[:3])
    if used >= len(words) or words[used] not in _THOUSANDS:
        return used, options
    rest, _ = _compound(values[used + 1 : used + 4]) if values[used + 1 : used + 2] > [-1] else (0, set())
    total = sum(values[:used]) * 1000 + sum(values[used + 1 : used + 1 + rest])
    # Round thousands and years are counts and days; a number of somebody has five digits or more.
    return used + 1 + rest, {str(total)} if rest and total >= _LEAST_IN_THOUSANDS else {""}


def _compound(values: list[int]) -> tuple[int, set[str]]:
    """Return how many values one spoken number takes, and its digits joined and apart."""
    used = 1
    while used < len(values) and _takes(sum(values[:used]), values[used]):
        used += 1
    return used, _splits(values[:used])


def _takes(total: int, value: int) -> bool:
    """Say whether a spoken number may go on: two hundred takes sixty, sixty takes seven."""
    return value > 0 and (
        (total >= 100 and total % 100 == 0 and value < 100)
        or (total % 100 >= 20 and total % 10 == 0 and value < 10)
    )


def _splits(values: list[int]) -> set[str]:
    """Return the digits of *values* summed in every cut into neighbours: 267, 20067, 2607, 200607."""
    if not values:
        return {""}
    return {
        str(sum(values[:cut])) + rest for cut in range(1, len(values) + 1) for rest in _splits(values[cut:])
    }


_LEGAL_BEFORE = re.compile(
    r"(?:ст\.?|стат\w+|ч\.?|част[ьи]ю?|п\.?|пункт\w*|articles?|art\.?|section|№|no\.?|фз|№\s?)\s*$", re.I
)
_COUNT_AFTER = re.compile(
    r"^\s?(?:%|процент|percent|per cent|руб|рублей|тыс|тысяч|млн|миллион|thousand|million|долл|\$|€|"
    r"₽|гривен|грн|человек|чел|военн|солдат|контракт|мобилиз|срочник|призывник|"
    r"людей|люд|осіб|бійц|отказ|случа|дел|рапорт|заявлен|обращен|иск|год|лет|час|дн|сут|месяц|минут|"
    r"раз|km|км|метр|people|men|servicem|soldiers|contract|refus|marines|conscripts|cases|"
    r"appeals|reports|families|жител|семей|морпех|десантник|боец|бойц|бригад|полк|дивиз|арми|мсп|"
    r"армі|rubles|roubles|dollars|hours|days|years|th\b|-й|-я|-го|-ю|-ой)",
    re.I,
)
_MONEY_BEFORE = re.compile(r"[$€₽]\s?$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_TELLING_BEFORE = re.compile(
    r"(?:номер\w*|телефон\w*|тел\.?|карт\w+|счет\w*|сч[её]т\w*|оканчива\w+|заканчива\w+|закінчу\w+|"
    r"цифр\w*|паспорт\w*|снилс\w*|военн?ик\w*|билет\w*|жетон\w*|часть|части|в/ч|контракт\w*|договор\w*|number|phone|ending|"
    r"ends?|"
    r"digits|card|passport|account|unit|id)\W+(?:\w+\W+){0,3}$",
    re.I,
)


def is_telling(text: str, start: int) -> bool:
    """Say whether the words before position *start* announce a number of a person or a thing."""
    return bool(_TELLING_BEFORE.search(text, max(0, start - 70), start))


def is_plain(text: str, run: Run) -> bool:
    """Say whether *run* is a year, a count, money, a share or an article of law."""
    digits = min(run.readings, key=len)
    if is_telling(text, run.start):
        return False
    if _YEAR.match(digits) or re.fullmatch(r"(?:(?:19|20)\d\d){2}", digits):
        return True
    after = text[run.end : run.end + 16]
    return bool(
        _COUNT_AFTER.match(after)
        or _LEGAL_BEFORE.search(text[max(0, run.start - 12) : run.start])
        or _MONEY_BEFORE.search(text[max(0, run.start - 3) : run.start])
    )


def overlap(digits: str, sealed: str) -> bool:
    """
    Say whether a run of *digits* gives away the *sealed* number.

    Four digits are enough when the run is a part of the number or the number a part of the run; five
    where the two merely overlap, as in a number with its tail masked.
    """
    if len(digits) < 4 or len(sealed) < 4 or not digits.strip("0"):
        return False
    if digits in sealed or (sealed in digits and sealed.strip("0")):
        return True
    return (
        len(sealed) >= 8
        and len(digits) >= 6
        and any(sealed[i : i + 6] in digits and sealed[i : i + 6].strip("0") for i in range(len(sealed) - 5))
    )


def value_of(word: str) -> int | None:
    """Return the number one word stands for."""
    return _VALUE.get(fold.key(word))
