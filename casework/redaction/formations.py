"""
Units and public houses by number and kind: the 64th brigade, school No. 7, penal colony No. 12.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from casework.redaction import fold, numbers

# A unit by number and kind, in full or as soldiers abbreviate it.
_UNITS = (
    (
        "brigade",
        r"бригад\w*|бриг\.?|[а-яё]{0,5}бр(?:сп?н|мп|он)?|омсбр|обрмп|одшбр|огвмсбр|омбр|осназ|brigade",
    ),
    ("regiment", r"полк\w*|о?(?:тп|мсп|зрп|сап|реап)|гв?мсп|мсп|вдп|пдп|дшп|тп|гсап|сп|regiment|polk\w*"),
    ("division", r"дивизи\w*|дивізі\w*|вдд|дшд|мсд|тд|division"),
    ("army", r"арми\w*|армі\w*|army"),
    ("battalion", r"батальон\w*|бат\.?|омсб|одшб|battalion|batalion\w*"),
    ("base", r"баз[аыеуой]+|base"),
)
# Schools, colonies and other houses that bear a number, before their word or after it.
_HOUSES = (
    ("school", r"школ\w*|сош|гимнази\w+|гімназі\w+|лице[йяюе]\w*|ліце[йяюї]\w*|school|lyceum|gymnasium"),
    ("nursery", r"детск\w+ сад\w*|детсад\w*|дитсадк?\w*|kindergarten|nursery"),
    ("college", r"училищ\w+|колледж\w*|техникум\w*|коледж\w*|пту|птл|college"),
    (
        "hospital",
        r"больниц\w+|госпитал\w+|поликлиник\w+|лікарн\w+|шпитал\w+|гкб|црб|роддом\w*|hospital|clinic",
    ),
    ("quarter", r"квартал\w*|микрорайон\w*|мкр|мікрорайон\w*"),
    ("colony", r"колони\w+|колоні\w+|зон[аыеу]|ик|сизо|лиу|penal colony|colony|prison"),
)
_KINDS = (*_UNITS, *_HOUSES)
# Battalions and companies by a number in words are in every regiment.
_SPELLED_KINDS = tuple((kind, words) for kind, words in _KINDS if kind != "battalion")
_BETWEEN = (
    r"(?:(?:[а-яёіїє-]{1,30}(?:ой|ая|ую|ого|ому|ом|ей|ый|ий|ым|ої|ька|ької)|отд|гв|мотострелк\w*|guards|"
    r"separate|motor(?:i[sz]ed)?|rifle|airborne|"
    r"tank|naval|infantry|marine|artillery|assault|air|special|forces|landing)\.?[ \u00a0]+){0,5}"
)


def _one_of(kinds: tuple[tuple[str, str], ...]) -> str:
    return "(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in kinds) + ")"


_NUMBER_FIRST = re.compile(
    r"(?<![\d.,/])(?P<number>\d{1,4})(?:[-‑]?(?:я|й|го|ю|ой|ый|ому|ая|м|st|nd|rd|th|а|ї|у))?[ \u00a0]+"
    + _BETWEEN
    + _one_of(_KINDS)
    + r"(?!\w)"
)
_NUMBER_LAST = re.compile(
    r"(?<![\w-])"
    + _one_of(_HOUSES)
    + r"(?:\s+\w{4,20})?\s*(?:№|n|no\.?|номер\w*|number|-)?\s*"
    + r"(?P<number>\d{1,5})(?![\d-]|\s*(?:год|лет|класс|человек|рок|year|people))"
)
_CARDINALS = (
    r"сто|двести|триста|четыреста|пятьсот|шестьсот|семьсот|восемьсот|девятьсот|двадцать|тридцать|сорок|пятьдесят|"
    r"шестьдесят|семьдесят|восемьдесят|девяносто|двісті|чотириста|п'ятсот|двадцять|тридцять|п'ятдесят|шістдесят|"
    r"сімдесят|вісімдесят|дев'яносто|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_THOUSANDS = r"одна|две|тысяча|тысячи|тыща|тыщи|тища|тисяча|дві|тисячі"
_ORDINALS = fold.numbered(
    "перв:1 втор:2 трет:3 четверт:4 четвёрт:4 пят:5 шест:6 седьм:7 восьм:8 девят:9 десят:10 одиннадцат:11 "
    "двенадцат:12 тринадцат:13 четырнадцат:14 пятнадцат:15 шестнадцат:16 семнадцат:17 восемнадцат:18 "
    "девятнадцат:19 двадцат:20 тридцат:30 сороков:40 пятидесят:50 шестидесят:60 семидесят:70 восьмидесят:80 "
    "девяност:90 сот:100 двухсот:200 трехсот:300 трёхсот:300 перш:1 друг:2 четверт:4 п'ят:5 шост:6 сьом:7 "
    "дев'ят:9 двадцят:20 тридцят:30 first:1 second:2 third:3 fourth:4 fifth:5 sixth:6 seventh:7 eighth:8 "
    "ninth:9 tenth:10 twentieth:20 thirtieth:30"
)
_SPELLED = re.compile(
    rf"(?<![\w-])(?P<cardinals>(?:(?:{_THOUSANDS}|{_CARDINALS})[ \u00a0-]+){{0,8}})"
    rf"(?P<ordinal>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})"
    r"(?:ый|ий|ой|ей|ая|я|ья|ьей|ую|ю|ью|ого|его|ьего|ому|ьему|ым|ом|ем|а|у|ої|ій|ою)?[ \u00a0]+"
    + _BETWEEN
    + _one_of(_SPELLED_KINDS)
    + r"(?!\w)",
)


_QUOTED = re.compile(r"[«\"“„]([^«»\"“”„]{3,40})[»\"”]")
_NAMED_AFTER = re.compile(r"(?:имени|им\.|імені|ім\.)\s+([А-ЯЁІЇЄ][\w-]{2,30})")
_HONORARY = re.compile(r"(?<!\w)[А-ЯЁІЇЄ][а-яёіїє-]{2,30}[сц](?:кая|кий|кой|кое|ька|ький|ької)(?!\w)")
_NEAR_A_UNIT = re.compile(
    r"бригад|полк|дивизи|дивізі|батальон|отряд|загін|рот[аеуы]|арми|армі|част[ьи]|brigade|regiment|division|"
    r"battalion|squad|unit|army"
)


def honorary(value: str) -> list[list[str]]:
    """Return the names that a unit bears beside its number, each in words: Таманская, «Север-Ахмат»."""
    names = [
        *_QUOTED.findall(value),
        *_NAMED_AFTER.findall(value),
        *_HONORARY.findall(_QUOTED.sub(" ", value)),
    ]
    return [words for words in (re.findall(r"[^\W\d_]{2,}", name) for name in names) if words]


def is_near_unit(text: str) -> bool:
    """Say whether a few words of a text speak of a unit."""
    return bool(_NEAR_A_UNIT.search(fold.lowered(text)))


# "The hundred and fifty-fifth": soldiers leave the word out.
_SOLDIERS = (
    r"(?:морпех\w*|боец|бойц\w+|парн\w+|пацан\w*|ребят\w*|солдат\w*|военнослужащ\w+|мотострелк\w+|десантник\w*|"
    r"танкист\w*|артиллерист\w*|разведчик\w*|контрактник\w*|контрабас\w*|мобик\w*|срочник\w*|мужик\w*|"
    r"бійц\w+|хлопц\w+)[ \u00a0]+(?:из[ \u00a0]+|с[ \u00a0]+|з[ \u00a0]+|із[ \u00a0]+)?"
)
_ELLIPTIC = (
    re.compile(_SOLDIERS + r"(?P<number>\d{2,4})(?:[-‑]?(?:й|ой|ої|го|ого|ей))(?!\w)"),
    re.compile(
        _SOLDIERS + rf"(?P<cardinals>(?:(?:{_THOUSANDS}|{_CARDINALS})[ \u00a0-]+){{0,8}})"
        rf"(?P<ordinal>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})(?:ой|ей|ьей|ого|его|ої)(?!\w)"
    ),
)


def numbers_alone(text: str) -> list[tuple[int, int, str]]:
    """Return ``(start, end, number)`` of the units that *text* calls by their number alone."""
    low = fold.lowered(text).replace("’", "'")
    found = []
    for pattern in _ELLIPTIC:
        for match in pattern.finditer(low):
            said = match.groupdict()
            number = said.get("number") or str(_cardinal(said["cardinals"]) + _ORDINALS[said["ordinal"]])
            if len(number) > 1:
                found.append((match.start(), match.end(), number))
    for start, end, number in _ordinals(low):
        branch = _BRANCH.match(low, end)
        if branch and (len(number) > 1 or not re.match(r"\s+\w", low[branch.end() :])):
            found.append((start, branch.end(), number))
    return found


# An arm of service that stands for the whole unit: "the first tank".
_BRANCH = re.compile(
    r"[ \u00a0]+(?:гвардейск\w+[ \u00a0]+|guards )?(?:танков|мотострелков|десантн|парашютн|штурмов|"
    r"артиллери|морск|горн|разведыват|зенитн|инженерн|ракетн|tank|motor rifle|airborne|artillery)\w*"
)
_ORDINAL_END = r"(?:ый|ий|ой|ей|ая|я|ья|ьей|ую|ю|ью|ого|его|ьего|ому|ьему|ым|ом|ем|а|у|ої|ій|ою)?"
_ORDINAL_DIGITS = re.compile(
    r"(?<![\d.,/-])(?P<number>\d{1,4})[-‑]?(?:я|й|го|ю|ой|ый|ому|ая|м|st|nd|rd|th|а|ї|у|ої|ій)(?!\w)"
)
_ORDINAL_WORDS = re.compile(
    rf"(?<![\w-])(?P<cardinals>(?:(?:{_THOUSANDS}|{_CARDINALS})[ \u00a0-]+){{0,8}})"
    rf"(?P<ordinal>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))}){_ORDINAL_END}(?!\w)"
)
_NEAR = 45  # characters between a unit's word and its number


def _ordinals(low: str) -> list[tuple[int, int, str]]:
    """Return ``(start, end, number)`` of every ordinal in small letters, in figures and in words."""
    found = [(m.start(), m.end(), m["number"].lstrip("0")) for m in _ORDINAL_DIGITS.finditer(low)]
    return found + [
        (m.start(), m.end(), str(_cardinal(m["cardinals"]) + _ORDINALS[m["ordinal"]]))
        for m in _ORDINAL_WORDS.finditer(low)
    ]


def numbers_apart(text: str, wanted: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    """
    Return where *text* says the number of a *wanted* unit apart from its word: "the brigade, the 55th".

    A number without the ending of an ordinal counts only right after the word: "regiment 228".
    """
    low = fold.lowered(text).replace("’", "'")
    kinds: dict[str, set[str]] = {}
    for number, kind in wanted:
        if len(number) > 1 and not is_house(kind):
            kinds.setdefault(kind, set()).add(number)
    if not kinds:
        return []
    ordinals = [o for o in _ordinals(low) if any(o[2] in numbers for numbers in kinds.values())]
    found = []
    for kind, numbers_wanted in kinds.items():
        words = dict(_UNITS)[kind]
        for match in re.finditer(rf"(?<!\w)(?:{words})(?!\w)", low):
            after = re.match(
                r"\s*(?:№|n|no\.?|номер\w*|number)?\s*(\d{2,4})(?![\d-]|[.,]\d)", low[match.end() :]
            )
            if after and after[1] in numbers_wanted and not _COUNTED.match(low, match.end() + after.end()):
                found.append((match.start(), match.end() + after.end()))
            for start, end, number in ordinals:
                left, right = min(end, match.end()), max(start, match.start())
                if (
                    number in numbers_wanted
                    and right - left <= _NEAR
                    and not re.search(r"[.!?\n]", low[left:right])
                ):
                    found.append((min(start, match.start()), max(end, match.end())))
    return found


_COUNTED = re.compile(
    r"\s*(?:человек|чел|солдат|бойц|военн|раненых|отказ|тыс|млн|год|г\.|%|people|men|soldiers)"
)


def is_house(kind: str) -> bool:
    """Say whether *kind* is a school, a hospital or a colony rather than a unit."""
    return any(kind == house for house, _ in _HOUSES)


def find(text: str) -> list[tuple[int, int, str, str]]:
    """Return ``(start, end, number, kind)`` of the numbered units and houses that *text* names."""
    low = fold.lowered(text).replace("’", "'")
    found = [
        (match.start(), match.end(), match["number"].lstrip("0"), _kind(match))
        for pattern in (_NUMBER_FIRST, _NUMBER_LAST)
        for match in pattern.finditer(low)
    ]
    for match in _SPELLED.finditer(low):
        number = str(_cardinal(match["cardinals"]) + _ORDINALS[match["ordinal"]])
        found.append((match.start(), match.end(), number, _kind(match)))
    return found


def _kind(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next(kind for kind, _ in _KINDS if groups.get(kind))


def _cardinal(words: str) -> int:
    total = 0
    for word in re.split(r"[\s-]+", words):
        is_thousand = word.startswith(("тыс", "тыщ", "тищ", "тис"))
        total = (total or 1) * 1000 if is_thousand else total + (numbers.value_of(word) or 0)
    return total
