"""
Days named in a text, in figures or words, exact or relative to a day every reader knows.

Own grammar: the general parsers tried read ages as dates and lose days with Ukrainian endings. It reads small
letters; who calls with capitals need not care.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from casework.redaction import fold

_MONTH_STEMS: tuple[tuple[str, ...], ...] = tuple(
    tuple(stems.split())
    for stems in (
        "январ янв січ jan",
        "феврал фев лют feb",
        "март мар берез бер mar",
        "апрел апр квіт apr",
        "май мая мае маю трав may",
        "июн черв jun",
        "июл лип jul",
        "август авг серп aug",
        "сентябр сен верес sep",
        "октябр окт жовт oct",
        "ноябр ноя листоп nov",
        "декабр дек груд dec",
    )
)
_MONTH_WORD = (
    r"(?:январ[яьюе]м?|янв\.?|феврал[яьюе]м?|февр?\.?|март[ауе]?м?|мар\.|апрел[яьюе]м?|апр\.?|ма[йяюе]м?|"
    r"июн[яьюе]м?|июл[яьюе]м?|август[ауе]?м?|авг\.?|сентябр[яьюе]м?|сент?\.?|октябр[яьюе]м?|окт\.?|"
    r"ноябр[яьюе]м?|нояб?\.?|декабр[яьюе]м?|дек\.?|"
    r"січ[енья]+|лют[огиймую]+|берез[енья]+|квіт[енья]+|трав[енья]+|черв[енья]+|лип[енья]+|серп[енья]+|"
    r"верес[енья]+|жовт[енья]+|листопад[аіу]?|груд[енья]+|"
    r"jan(?:uary)?\.?|feb(?:ruary)?\.?|mar(?:ch)?\.?|apr(?:il)?\.?|may|june?\.?|july?\.?|aug(?:ust)?\.?|"
    r"sept?(?:ember)?\.?|oct(?:ober)?\.?|nov(?:ember)?\.?|dec(?:ember)?\.?)"
)
_MONTH_ALONE = re.compile(rf"(?<!\w){_MONTH_WORD}(?!\w)")
_MONTH_ADJECTIVE = re.compile(
    r"(?<!\w)(?:январск|февральск|мартовск|апрельск|майск|июньск|июльск|августовск|сентябрьск|октябрьск|ноябрьск|"
    r"декабрьск|січнев|лютнев|березнев|квітнев|травнев|червнев|липнев|серпнев|вереснев|жовтнев|листопадов|груднев)"
    r"\w{2,3}(?!\w)"
)
_YEAR = r"(?:[\s,]*(?P<year>(?:19|20)\d\d|['’]?\d\d(?=\s*г\.))(?!\d))?"
_DAY_FIRST = re.compile(
    r"(?<![\d.,:/-])(?P<day>[0-3]?\d)(?:\s?-?\s?(?:го|е|ого|st|nd|rd|th)\b)?(?:\s+(?:day\s+)?of)?\s*"
    r"(?:(?:числ[ао]м?|д(?:ня|ень|н[её]м|ні))\s+)?[\s-]?"
    rf"(?P<month>{_MONTH_WORD})(?![\w]){_YEAR}",
)
_MONTH_FIRST = re.compile(
    rf"(?<!\w)(?P<month>{_MONTH_WORD})\s+(?:the\s+)?(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
    r"(?!\d|:\d\d|%)(?!\s*[—–-]\s*\d*\s*%)(?:,?\s+(?P<year>20\d\d|19\d\d))?",
)
_NUMERIC = re.compile(
    r"(?<![\d.,/-])(?P<day>[0-3]?\d)\s?(?P<sep>[./-])\s?(?P<month>[01]?\d)(?:\s?(?P=sep)\s?(?P<year>(?:19|20)?\d\d))?"
    r"(?:\s?г\.?)?(?![\d/%-])(?!\.\d)"
)
_ROMAN = re.compile(
    r"(?<![\d.,/-])(?P<day>[0-3]?\d)\s?[./-]\s?(?P<roman>viii|vii|vi|iv|v|iii|ii|ix|i|xii|xi|x)"
    r"(?:\s?[./-]\s?(?P<year>(?:19|20)?\d\d))(?!\d)"
)
_ROMAN_MONTHS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ISO = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/.](?P<month>[01]\d)[-/.](?P<day>[0-3]\d)(?!\d)")

_UNITS_RU = fold.table(
    "перв втор треть четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат "
    "пятнадцат шестнадцат семнадцат восемнадцат девятнадцат двадцат"
)
_UNITS_UK = fold.table(
    "перш друг трет четверт п'ят шост сьом восьм дев'ят десят одинадцят дванадцят тринадцят чотирнадцят "
    "п'ятнадцят шістнадцят сімнадцят вісімнадцят дев'ятнадцят двадцят"
)
_UNITS_EN = fold.table(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINAL = (
    r"(?P<tens>двадцать|тридцать|двадцят[ьи]|тридцят[ьи]|twenty|thirty)?[\s-]*"
    r"(?P<unit>{})(?:ого|его|ье|ьего|ое|ого|е|го|а)?"
)


def _longest_first(words: tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_SPELLED = re.compile(
    _ORDINAL.format(_longest_first((*_UNITS_RU, *_UNITS_UK, *_UNITS_EN, "тридцат", "тридцят", "thirtieth")))
    + r"\s+(?:(?:day\s+)?of\s+|(?:числ[ао]м?|д(?:ня|ень|н[её]м|ні))\s+)?"
    + rf"(?P<month>{_MONTH_WORD})(?!\w){_YEAR}",
)
_SPELLED_EN = re.compile(
    rf"(?P<month>{_MONTH_WORD})\s+(?:the\s+)?"
    + _ORDINAL.format(_longest_first((*_UNITS_EN, "thirtieth")))
    + r"(?!\w)",
)
_APART = rf"\W{{1,3}}(?:\w{{1,3}}\W{{1,2}})?(?P<month>{_MONTH_WORD})(?!\w){_YEAR}"
_APART_BEFORE = rf"(?<!\w)(?P<month>{_MONTH_WORD})\W{{1,3}}(?:\w{{1,3}}\W{{1,2}})?"
# "On the eighth day, in November": the month may stand apart from the day of it.
_NUMBERED = (
    re.compile(r"(?<!\d)(?P<day>[0-3]?\d)\s?-?\s?(?:го|е|ого)?\s+числа" + _APART),
    re.compile(_APART_BEFORE + r"(?P<day>[0-3]?\d)\s?(?:-?\s?(?:го|е|ого)?\s+числа|-о?го)(?!\w)"),
    re.compile(_ORDINAL.format(_longest_first((*_UNITS_RU, *_UNITS_UK, "тридцат"))) + r"\s+числа" + _APART),
    re.compile(
        _APART_BEFORE
        + _ORDINAL.format(_longest_first((*_UNITS_RU, *_UNITS_UK, "тридцат")))
        + r"\s+числа(?!\w)"
    ),
)


# One letter each, so that every mention stays where it stands.
_APOSTROPHES = str.maketrans("’ʼ`ё", "'" * 3 + "е")


class Exactness(Enum):
    """Whether a day was named, or has to be worked out."""

    EXACT = "exact"
    RELATIVE = "relative"


@dataclass(frozen=True)
class Mention:
    """A day named at ``start``..``end`` of the clean text; ``year`` is missing where the text gives none."""

    start: int
    end: int
    day: int
    month: int
    year: int | None
    exactness: Exactness = Exactness.EXACT

    def __repr__(self) -> str:
        return f"<Mention {self.start}..{self.end}>"

    def is_day(self, other: date, *, off_by: int = 0) -> bool:
        """Say whether this may be *other*, shifted by *off_by* days; a missing year fits every year."""
        shifted = other + timedelta(days=off_by)
        return (self.day, self.month) == (shifted.day, shifted.month) and self.year in {None, shifted.year}


def find(text: str) -> list[Mention]:
    """Return the days that *text* names exactly, in order; a span is read once."""
    text = fold.lowered(text).translate(_APOSTROPHES)
    found: list[Mention] = []
    taken: list[tuple[int, int]] = []
    apart = _NUMBERED if "числа" in text or "го" in text else ()
    for pattern in (_ISO, _DAY_FIRST, _MONTH_FIRST, _SPELLED, _SPELLED_EN, _NUMERIC, _ROMAN, *apart):
        for match in pattern.finditer(text):
            mention = _mention(match)
            if mention and not any(a < mention.end and mention.start < b for a, b in taken):
                found.append(mention)
                taken.append((mention.start, mention.end))
    return sorted(found, key=lambda m: m.start)


def _mention(match: re.Match[str]) -> Mention | None:
    groups = match.groupdict()
    roman = groups.get("roman")
    month = _ROMAN_MONTHS.index(roman) + 1 if roman else _month(groups["month"] or "")
    day = int(groups["day"]) if groups.get("day") else _spelled_day(groups)
    year = _year(groups.get("year"))
    if groups.get("sep") and groups["sep"] != "." and year is None:
        return None  # 4-2 and 3/4 are addresses and fractions
    if groups.get("sep") == "." and year is None and len(groups["month"]) < 2:
        return None  # 20.5 is a number
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Mention(match.start(), match.end(), day, month, year)


def _month(word: str) -> int:
    if word.isdigit():
        return int(word)
    low = word.lower()
    return next((i for i, stems in enumerate(_MONTH_STEMS, 1) if low.startswith(stems)), 0)


def _year(text: str | None) -> int | None:
    if not text:
        return None
    digits = int(text.strip("'’"))
    return digits if digits > 99 else 2000 + digits if digits < 50 else 1900 + digits


def _spelled_day(groups: dict[str, str | None]) -> int:
    unit, tens = (groups.get("unit") or "").lower(), (groups.get("tens") or "").lower()
    base = 30 if (tens.startswith("т") and tens.startswith("трид")) or tens == "thirty" else 20 if tens else 0
    if unit in {"тридцат", "тридцят", "thirtieth"}:
        return 30
    for names in (_UNITS_RU, _UNITS_UK, _UNITS_EN):
        if unit in names:
            return base + names.index(unit) + 1
    return 0


_WAR_BEGAN = (
    r"начал\w+ (?:полномасштабн\w+ )?(?:вторжени|войн|вторгнен|війн)\w+|"
    r"(?:full-scale )?invasion began|start of the (?:full-scale )?(?:invasion|war)"
)
_MOBILISED = (
    r"(?:объявлени|оголошенн)\w+ (?:частичн\w+ |частков\w+ )?мобил[иі]зац\w+|"
    r"(?:partial )?mobili[sz]ation was announced|announcement of (?:partial )?mobili[sz]ation"
)
_DAY = r"(?:день|дня|дню|д[её]нь|дн[её]м|дні)"
_FIRST_OF_YEAR = (
    rf"перв\w+ {_DAY} (?:нового|наступившего) года|перш\w+ {_DAY} нового року|first day of the (?:new )?year"
)
_WOMEN = (
    rf"(?:международн|всемирн|міжнародн)\w+ (?:женск|жіноч)\w+ {_DAY}|"
    rf"(?:international )?women['’]?s day|жіноч\w+ {_DAY}"
)
# Days of the year that readers know by a name.
_HOLIDAYS: tuple[tuple[re.Pattern[str], int, int, int | None], ...] = tuple(
    (re.compile(pattern), day, month, year)
    for pattern, day, month, year in (
        (_WOMEN, 8, 3, None),
        (rf"{_DAY} победы|{_DAY} перемоги|victory day", 9, 5, None),
        (rf"{_DAY} защитник\w+ отечества|defenders? of the fatherland day", 23, 2, None),
        (rf"{_DAY} народного единства|(?:national )?unity day", 4, 11, None),
        (rf"{_DAY} космонавтики|cosmonautics day", 12, 4, None),
        (rf"{_DAY} знаний|{_DAY} знань|knowledge day", 1, 9, None),
        (rf"{_DAY} вдв|{_DAY} десантник\w|paratroopers['’]? day", 2, 8, None),
        (rf"{_DAY} памяти и скорби|day of (?:memory|remembrance) and sorrow", 22, 6, None),
        (rf"{_DAY} незалежност\w|{_DAY} независимости украины|independence day of ukraine", 24, 8, None),
        (rf"татьянин\w* {_DAY}", 25, 1, None),
        (r"крещени[еяю]м?(?: господн\w+)?|водохрещ\w+|epiphany", 19, 1, None),
        (r"первома[йяюе]\w{0,2}|may day", 1, 5, None),
        (rf"{_DAY} (?:ракетных войск и артиллерии|ракетчика)", 19, 11, None),
        (_FIRST_OF_YEAR, 1, 1, None),
        (r"нов(?:ый|ого|ому|ым) год(?!а назад)\w?|new year(?:['’]s day)?", 1, 1, None),
        (r"рождеств\w+|orthodox christmas", 7, 1, None),
        (rf"{_DAY} россии|russia day", 12, 6, None),
        (_WAR_BEGAN, 24, 2, 2022),
        (
            r"(?:п[оі]вномасштабного |полномасштабного |full-scale )?(?:вторжения|вторгнення|invasion)",
            24,
            2,
            2022,
        ),
        (_MOBILISED, 21, 9, 2022),
    )
)
_NUMBER_WORDS = fold.numbered(
    "один:1 два:2 две:2 дві:2 три:3 четыре:4 чотири:4 пять:5 шесть:6 семь:7 десять:10 "
    "one:1 a:1 two:2 three:3 four:4 five:5 six:6 seven:7 ten:10"
)
_N = r"(\d{1,2}|" + "|".join(_NUMBER_WORDS) + ")"
_DAY_AFTER = (
    r"(?:на (?:следующий|другой) день|(?:спустя|через) (?:день|сутки)|назавтра|наступного дня|the day|"
    r"next day|day) "
    r"(?:после|після|after|following)"
)
_DAY_BEFORE = (
    r"(?:накануне|напередодні|(?:в )?канун|за день до|день перед|(?:on the )?eve of|(?:the|a) day before)"
)
_WEEK_AFTER = rf"через (?:{_N} )?недел[юиь] после|через (?:{_N} )?тижд\w+ після|{_N} weeks? after"
_SHIFTS: tuple[tuple[re.Pattern[str], int, int], ...] = tuple(
    (re.compile(pattern + r"\W*(?:the\s+)?$"), sign, unit)
    for pattern, sign, unit in (
        (_DAY_AFTER, 1, 1),
        (_DAY_BEFORE, -1, 1),
        (
            rf"(?:через|спустя) {_N}? ?(?:дн[яей]+|день|сут[оки]+|дні|днів) (?:после|після)|{_N} days? after",
            1,
            1,
        ),
        (rf"за {_N} (?:дн[яей]+|дні) до|{_N} days? before", -1, 1),
        (_WEEK_AFTER, 1, 7),
        (rf"за (?:{_N} )?недел[юиь] до|{_N} weeks? before", -1, 7),
        (r"(?:^|[\s,])(?:в|на|on|at|у)", 0, 1),
    )
)


def find_relative(text: str, named: Sequence[Mention]) -> list[Mention]:
    """
    Return the days that *text* names by way of a holiday or another day: 'the day after Women's Day'.

    *named* are the days it names exactly.
    """
    text = fold.lowered(text)
    anchors = [
        (m.start(), m.end(), d, mo, y) for pattern, d, mo, y in _HOLIDAYS for m in pattern.finditer(text)
    ]
    exact = [(m.start, m.end, m.day, m.month, m.year) for m in named]
    found: list[Mention] = []
    for start, end, day, month, year in [*anchors, *exact]:
        is_exact = (start, end, day, month, year) in exact
        for pattern, sign, unit in _SHIFTS:
            before = pattern.search(text, max(0, start - 60), start)
            if not before or (is_exact and sign == 0):
                continue
            try:
                shifted = date(year or 2023, month, day) + timedelta(days=sign * unit * _count(before))
            except ValueError:
                continue
            found.append(Mention(before.start(), end, shifted.day, shifted.month, year, Exactness.RELATIVE))
            break
    return found


def _count(match: re.Match[str]) -> int:
    word = next((g for g in match.groups() if g), "1").lower()
    return int(word) if word.isdigit() else _NUMBER_WORDS.get(word, 1)


_WEEKDAYS = tuple(
    tuple(stems.split())
    for stems in (
        "понедельник понеділ monday",
        "вторник вівтор tuesday",
        "сред серед wednesday",
        "четверг четвер thursday",
        "пятниц п'ятниц friday",
        "суббот субот saturday",
        "воскресень неділ sunday",
    )
)
_WEEKDAY = re.compile(
    r"(?<!\w)(?:понедельник\w*|понеділ\w+|вторник\w*|вівтор\w+|сред[ауыеой]+|серед[аиуію]|четверг\w*|четвер\w?|"
    r"пятниц\w+|п['’]ятниц\w+|суббот\w+|субот\w+|воскресень\w+|неділ[яіюе]\w*|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?!\w)",
)


def find_weekdays(text: str) -> list[tuple[int, int, int]]:
    """Return ``(start, end, weekday)`` for each weekday named, Monday being 0."""
    found = []
    for match in _WEEKDAY.finditer(fold.lowered(text)):
        low = match[0].replace("’", "'")
        found.append(
            (
                match.start(),
                match.end(),
                next(i for i, stems in enumerate(_WEEKDAYS) if low.startswith(stems)),
            )
        )
    return found


def months_named(text: str) -> set[int]:
    """Return the months a text names with or without a day, adjectives among them: "one March Saturday"."""
    low = fold.lowered(text)
    named = (*_MONTH_ALONE.finditer(low), *_MONTH_ADJECTIVE.finditer(low))
    return {_month(m[0]) for m in named} - {0}


def parse(value: str) -> list[date]:
    """Return the full days that a sealed field holds."""
    days = []
    for mention in find(value):
        try:
            days.append(date(mention.year or _NO_YEAR, mention.month, mention.day))
        except ValueError:
            continue
    return days


# A sealed day without a year is kept under this one, and a match then ignores years.
_NO_YEAR = 4


def is_same(mention: Mention, day: date, *, off_by: int = 0) -> bool:
    """Say whether *mention* may be the sealed *day*, which may have no year."""
    if day.year == _NO_YEAR:
        return Mention(mention.start, mention.end, mention.day, mention.month, None).is_day(
            day, off_by=off_by
        )
    return mention.is_day(day, off_by=off_by)


# A law has a day of its own; of anything else that is written it is the day only where "of" says so.
_LEGAL = re.compile(
    r"(?<!\w)(?:(?:закон(?:а|у|ом|е|ы|ов|и|ів|опроект\w*)?|указ(?:а|у|ом|е|і)?|постановлени\w+|постанов[аиуою]+|"
    r"по состоянию на|станом на|as of|фз|laws?|decrees?|act of)(?!\w)\W{0,3}(?:\w+[^\w,;:]{1,3}){0,4}"
    r"(?:от|від|of|dated)?|"
    r"(?:приказ|наказ|определени|ухвал|решени|рішенн|федеральн|order no|article|стать|статт|ст\.)\w*\W{0,3}"
    r"(?:\w+[^\w,;:]{1,3}){0,4}(?<!\w)(?:от|від|of|dated))[^\w,;:]*$",
    re.I,
)


def is_legal_reference(text: str, mention: Mention) -> bool:
    """Say whether the day belongs to a law or a decree rather than to an event."""
    return bool(_LEGAL.search(text, max(0, mention.start - 60), mention.start))


def near(days: Iterable[date], mention: Mention) -> bool:
    """Say whether *mention* is the day before or after one of *days*."""
    return any(is_same(mention, day, off_by=off) for day in days for off in (-1, 1))


def month_spans(text: str) -> list[tuple[int, int, int]]:
    """Return ``(month, start, end)`` for each month named, with or without a day."""
    return [
        (_month(m[0]), m.start(), m.end())
        for m in _MONTH_ALONE.finditer(fold.lowered(text))
        if text[m.start() : m.end()] not in {"may", "march", "mar"}
    ]
