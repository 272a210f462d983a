"""
What a text says of people without naming them: ranks, posts, ages, children, companions, months, regions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casework.redaction import dates, fold, numbers, places
from casework.redaction.page import Page
from casework.redaction.places import Gazetteer, Subject

# A thing counted or ranked, and where it stands in the clean text.
Placed = tuple[int, int, int]

# Ranks from the lowest, each in Russian, Ukrainian and English.
_RANKS: tuple[tuple[str, ...], ...] = (
    ("рядовой", "рядовий", "private"),
    ("ефрейтор", "єфрейтор", "lance corporal", "corporal"),
    ("младший сержант", "молодший сержант", "junior sergeant", "мл. сержант"),
    ("старший сержант", "senior sergeant", "staff sergeant", "ст. сержант"),
    ("сержант", "sergeant"),
    ("старшина", "sergeant major"),
    ("старший прапорщик", "senior warrant officer"),
    ("прапорщик", "warrant officer"),
    ("матрос", "seaman"),
    ("старший матрос", "senior seaman"),
    ("мичман", "мічман", "midshipman"),
    ("младший лейтенант", "молодший лейтенант", "junior lieutenant", "мл. лейтенант"),
    ("старший лейтенант", "senior lieutenant", "ст. лейтенант", "старлей"),
    ("лейтенант", "lieutenant"),
    ("капитан", "капітан", "captain"),
    ("подполковник", "підполковник", "lieutenant colonel"),
    ("полковник", "colonel"),
    ("майор", "major"),
    ("капитан 3 ранга", "капитан третьего ранга", "captain 3rd rank"),
    ("капитан 2 ранга", "капитан второго ранга", "captain 2nd rank"),
    ("капитан 1 ранга", "капитан первого ранга", "captain 1st rank"),
    ("хорунжий",),
    ("есаул",),
)
PRIVATE = 0  # index above; most soldiers are privates, so it counts among other facts and not alone
# Posts, one a line, with the words the three languages use for it.
_POSTS: tuple[tuple[str, ...], ...] = (
    ("водитель", "водій", "driver"),
    ("механик-водитель", "мехвод", "механік-водій", "driver-mechanic", "tank driver"),
    ("снайпер", "sniper"),
    ("фельдшер", "paramedic"),
    ("санинструктор", "медик", "medic"),
    ("наводчик", "навідник", "gunner"),
    ("командир отделения", "командир відділення", "squad leader", "squad commander", "section commander"),
    ("командир взвода", "комвзвода", "командир взводу", "platoon commander"),
    ("командир роты", "ротный", "командир роти", "company commander"),
    ("командир батальона", "комбат", "battalion commander"),
    ("командир экипажа", "командир танка", "tank commander", "crew commander"),
    ("замполит", "political officer", "deputy commander for political work"),
    ("связист", "радист", "signaller", "radio operator"),
    ("повар", "кухар", "cook"),
    ("разведчик", "розвідник", "scout"),
    ("сапер", "sapper"),
    ("гранатометчик", "grenade launcher operator"),
    ("пулеметчик", "кулеметник", "machine gunner"),
    ("минометчик", "мінометник", "mortarman"),
    ("писарь", "clerk"),
    ("врач", "лікар", "doctor"),
    ("летчик", "пилот", "льотчик", "pilot"),
    ("оператор бпла", "оператор дрона", "drone operator"),
    ("начальник штаба", "chief of staff"),
    ("стрелок", "стрілець", "rifleman"),
    ("начмед", "начальник медицинской службы", "head of the medical service"),
    ("санитар", "санітар", "orderly"),
    ("психолог", "psychologist"),
    ("медсестра", "nurse"),
    ("фельдшерка",),
    ("каптер",),
    ("кинолог", "кінолог", "dog handler"),
    ("электрик", "електрик", "electrician"),
    ("сварщик", "зварник", "welder"),
    ("учительница", "вчителька"),
    ("программист", "програміст", "programmer"),
)
# Posts that no table can list: who commands or heads what, and trades joined by a hyphen.
_POST_SHAPE = re.compile(
    r"(?<!\w)(?:зам(?:еститель|\.)?\s+)?(?:командир|начальник|нач\.|помощник|заведующ|старш|командувач|начальник)\w*\s+"
    r"(?:бч-\d+|[а-яёіїє]{3,12}склад\w*|бмп|бтр|танк\w*|отделени\w+|взвод\w*|рот\w+|расчет\w*|расчёт\w*|экипаж\w*|"
    r"орудия|служб\w+|связи|автопарк\w*|столов\w+|клуб\w*|караул\w*|штаб\w*|водител\w+|механик\w*|стрел\w+|"
    r"помощник\w*|оператор\w*|радист\w*|разведчик\w*)(?:\s+(?:связи|разведки|снабжения|обеспечения|охраны|боепитания))?"
    r"(?!\w)|(?<!\w)\w{4,}-(?:оператор|водител|наводчик|механик|радист|стрел|инструктор|санитар)\w*",
)


@dataclass(frozen=True)
class Traits:
    """The traits of one text, each with its value and its place in the clean text."""

    page: Page
    ranks: Sequence[Placed]
    ages: Sequence[Placed]
    children: Sequence[Placed]
    companions: Sequence[Placed]
    months: Sequence[Placed]
    regions: dict[int, Subject]

    def __repr__(self) -> str:
        return "<Traits>"


def read(page: Page, gazetteer: Gazetteer) -> Traits:
    """Return the traits of *page*."""
    return Traits(
        page,
        ranks_in(page.text),
        ages_in(page),
        children_in(page),
        _companions_in(page),
        _months_in(page),
        places.subjects_named(page, gazetteer),
    )


def described(page: Page) -> Iterator[tuple[str, int, int]]:
    """Yield ``(kind, start, end)`` of every rank, post, age and number of children, in the clean text."""
    yield from (("rank", a, b) for _, a, b in ranks_in(page.text))
    yield from (("age", a, b) for _, a, b in ages_in(page))
    yield from (("family", a, b) for _, a, b in children_in(page))
    phrases = [phrase for names in _POSTS for phrase in post_phrases(names[0], page)]
    yield from (("post", a, b) for a, b in posts_in(page, phrases))
    yield from (("post", *match.span()) for match in _POST_SHAPE.finditer(page.low))


def ranks_in(text: str) -> list[Placed]:
    """Return ``(rank, start, end)`` for each rank in the singular."""
    return [
        (next(rank for pattern, rank in _RANK_PATTERNS if pattern.fullmatch(match[0])), *match.span())
        for match in _ANY_RANK.finditer(fold.lowered(text))
    ]


def _rank_pattern(name: str) -> str:
    stems = []
    for word in name.split(" "):
        if word.endswith(("ой", "ий", "ый")):
            stems.append(re.escape(word[:-2]) + r"(?:ой|ий|ый|ого|его|ому|ему|ым|им|ом|ем)")
        elif word.endswith("а"):
            stems.append(re.escape(word[:-1]) + r"(?:а|ы|и|е|у|ой|ою|і)")
        elif fold.is_cyrillic(word):
            stems.append(re.escape(word) + r"(?:а|у|ом|ем|е|ові)?")
        else:
            stems.append(re.escape(word))
    return r"\s+".join(stems)


_RANK_PATTERNS = sorted(
    ((re.compile(_rank_pattern(name)), rank) for rank, names in enumerate(_RANKS) for name in set(names)),
    key=lambda pair: -len(pair[0].pattern),
)
_ANY_RANK = re.compile(rf"(?<![\w-])(?:{'|'.join(p.pattern for p, _ in _RANK_PATTERNS)})(?![\w-])")


def post_phrases(value: str, source: Page) -> list[tuple[str, ...]]:
    """Return the lemmas of a post, and of the same post in the other languages."""
    low = value.lower()
    same = [names for names in _POSTS if any(low.startswith(n) or n == low for n in names)]
    phrases = []
    for phrase in {low, *(n for names in same for n in names)}:
        words = re.findall(r"[^\W\d_]+", phrase)
        lemmas = tuple(source.lexicon.lemma(w, source.lang if fold.is_cyrillic(w) else "en") for w in words)
        phrases.extend([lemmas] if lemmas else [])
    return phrases


def posts_in(page: Page, posts: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Return where the draft names a sealed post, or at least its first two words."""
    found = []
    lemmas = page.lemmas
    for post in posts:
        least = min(len(post), 2)
        for index in range(len(lemmas) - least + 1):
            length = 0
            while (
                length < len(post) and index + length < len(lemmas) and lemmas[index + length] == post[length]
            ):
                length += 1
            if length >= least and not (least == 1 and _is_plural(page, index)):
                last = page.tokens[index + length - 1]
                found.append((page.tokens[index].at, last.at + len(last.text)))
    return found


def _is_plural(page: Page, index: int) -> bool:
    token = page.tokens[index]
    if not fold.is_cyrillic(token.text):
        return token.text.endswith("s")
    return "plur" in page.lexicon.parses(token.text.lower(), page.lang)[0].tag


# Collective and oblique numbers, as in "трое детей" and "с восемью подчинёнными".
COLLECTIVE = fold.numbered(
    "двох:2 трьох:3 чотирьох:4 п'ятьох:5 "
    "двое:2 двоє:2 двоих:2 двумя:2 двома:2 трое:3 троє:3 троих:3 тремя:3 четверо:4 четверых:4 четырьмя:4 "
    "пятеро:5 пятерых:5 пятью:5 шестеро:6 шестерых:6 шестью:6 семеро:7 семерых:7 семью:7 восемью:8 "
    "восьмерых:8 девятью:9 девятерых:9 десятью:10 одиннадцатью:11 двенадцатью:12 eleven:11 twelve:12"
)
_WORDS = "|".join(sorted({*numbers.WORDS, *COLLECTIVE}, key=len, reverse=True))
_NUMBER = rf"(\d{{1,2}}|(?:{_WORDS})(?:[\s-](?:{_WORDS}))?)"
_AGE = re.compile(
    (
        rf"(?<![\w-]){_NUMBER}[\s-]*(?:лет(?:н\w+)?|год(?:а|ик\w*)?|рок(?:и|ів|у)|рік|річн\w+|years?[\s-]old|"
        rf"[\s-]year[\s-]old)(?!\w)|(?:aged?|age(?: \w+){{0,2}} (?:as|is|was|of)|возраст\w*\s*[-—:]?|"
        rf"вік\w*\s*[-—:]?|мне|мені|ему|ей|йому|їй|исполнилось|виповнилось|виповнилося)\s+{_NUMBER}(?!\w)|"
        r"(?<=\w, )(\d\d)(?=, [^\d\s])|(?<=\w \()(\d\d)(?=\))"
    ),
)
_AGE_SPELLED = re.compile(r"(?<!\w)([а-яёії'’]+)((?:летн|річн)\w+)")
_GENITIVE_TENS = re.compile(
    r"^(тридцати|двадцати|сорока|(?:пят|шест|сем|восьм)идесяти|двадцяти|тридцяти|п['’]ятдесяти)"
)
_CHILD = (
    r"(?:дет(?:ей|и|ьми|ям)|дит(?:ей|ини|ина)|діт(?:ей|и)|реб[её]н\w+|сынов(?:ей|ья)|сын(?:а|ов)|"
    r"дочер(?:ей|и|ьми)|доч(?:ек|ки|ками|ерями)|доньк\w+|малыш\w*|children|kids|sons|daughters)"
)
_CHILDREN = re.compile(
    (
        rf"(?<![\w-]){_NUMBER}\s+(?:(?:мал\w+|несовершеннолетн\w+|маленьк\w+|young|small|little|"
        rf"minor)\s+)?{_CHILD}(?!\w)|(?:отец|отца|отцу|отцом|мать|матери|матерью|батько|батька|мати|father|mother|"
        rf"dad|mum|mom|parent)\s+(?:of\s+)?{_NUMBER}(?!\w)"
    ),
)
_COMPANIONS = re.compile(
    (
        rf"(?<!\w)(?P<together>вдво[её]м|втро[её]м|вчетвером|впятером|вшестером|всемером|ввосьмером|"
        rf"вдевятером|вдесятером|вп['’]ятьох|вшістьох|всімох|вдев['’]ятьох)(?!\w)|"
        rf"{_NUMBER}\s+(?:\w+\s+)?(?:of us|others?|men|soldiers|servicem[ae]n|человек|сослуживц\w+|"
        rf"подчин[её]н\w+|товарищ\w+|бойц\w+|солдат\w*|военн\w+|осіб|отказн\w+|відмовник\w*|чоловік\w*|comrades)"
    ),
)
_TOGETHER = {
    "вдв": 2,
    "втр": 3,
    "вчет": 4,
    "впят": 5,
    "вп'ят": 5,
    "вшест": 6,
    "вшіст": 6,
    "всем": 7,
    "всім": 7,
    "ввос": 8,
    "вдев": 9,
    "вдес": 10,
}


def _count(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    words = [w for w in re.split(r"[\s-]+", text.lower()) if w]
    total, is_number = 0, False
    for word in words:
        value = COLLECTIVE.get(word, numbers.value_of(word))
        if value is not None:
            total, is_number = total + value, True
        elif is_number:
            return None
    return total if is_number else None


def _counted(page: Page, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, int]]:
    for match in pattern.finditer(page.low):
        for group in range(1, (match.lastindex or 0) + 1):
            count = _count(match[group]) if match[group] else None
            if count is not None:
                yield count, match.start(group), match.end()
                break


def ages_in(page: Page) -> list[Placed]:
    """Return ``(years, start, end)`` of each exact age."""
    found = [(n, a, b) for n, a, b in _counted(page, _AGE) if 14 <= n <= 90]
    for match in _AGE_SPELLED.finditer(page.low):
        count = _count(_GENITIVE_TENS.sub(r"\1 ", match[1].replace("’", "'")).strip())
        if count and 14 <= count <= 90:
            found.append((count, match.start(), match.end()))
    return found


def children_in(page: Page) -> list[Placed]:
    """Return ``(number, start, end)`` of each number of children."""
    return [(n, a, b) for n, a, b in _counted(page, _CHILDREN) if 1 <= n <= 15]


def _companions_in(page: Page) -> list[Placed]:
    found = [(n, a, b) for n, a, b in _counted(page, _COMPANIONS) if 2 <= n <= 400]
    for match in _COMPANIONS.finditer(page.low):
        together = match["together"]
        if together:
            low = together.replace("ё", "е").replace("’", "'")
            found.append(
                (next(n for stem, n in _TOGETHER.items() if low.startswith(stem)), match.start(), match.end())
            )
    return found


def _months_in(page: Page) -> list[Placed]:
    vague = re.compile(r"(?:середин\w+|начал\w+|кон[её]?ц\w+|mid-?|early|late|весн|весен)\s?$", re.I)
    return [
        (m, a, b)
        for m, a, b in dates.month_spans(page.text)
        if not vague.search(page.text[max(0, a - 12) : a])
    ]
