"""
What to write instead of words that give somebody away: a ladder from the nearest to the coarsest.

A rung is offered, never taken by itself: it stands in the case of the words it replaces where the dictionary
knows one, and an editor reads the sentence afterwards. What cannot be said more coarsely has no rung.
"""

from __future__ import annotations

import re
from functools import cache

from casework.redaction import dates, fold, normalise, numbers, traits
from casework.redaction.lexicon import Lexicon
from casework.redaction.places import rows

_MONTHS = {
    "ru": "январе феврале марте апреле мае июне июле августе сентябре октябре ноябре декабре",
    "uk": "січні лютому березні квітні травні червні липні серпні вересні жовтні листопаді грудні",
    "en": "January February March April May June July August September October November December",
}
_SEASONS = {
    "ru": "зимой весной летом осенью",
    "uk": "взимку навесні влітку восени",
    "en": "winter spring summer autumn",
}
_IN = {"ru": "в", "uk": "у", "en": "in"}
# Who somebody is without a name, by hint; each is put into the case of what it replaces.
_ROLES = {
    "ru": ("военнослужащий", "человек"),
    "uk": ("військовослужбовець",),
    "en": ("a serviceman", "a person"),
}
_PERSONAL = frozenset({"name", "initials", "nickname", "third_party", "namesake", "declare", "rank", "post"})
_UNITS = {"ru": "воинской части", "uk": "військової частини", "en": "a military unit"}
# What a unit is part of, by a word of its name; said so that it stands in any sentence.
_BRANCHES = (
    (r"морск\w* пех|морськ\w* піх|\w*обрмп|marine|naval infantry",
     {"ru": "часть морской пехоты", "uk": "частина морської піхоти", "en": "the marines"}),
    (r"десант\w*|дшб|дшп|одшбр|вдв|пдп|вдд|airborne|air assault",
     {"ru": "десантная часть", "uk": "десантна частина", "en": "the airborne troops"}),
    (r"мотострел|мотостріл|\w*мсбр|(?<!\w)г?в?мсп|мсд|motor(?:i[sz]ed)? rifle",
     {"ru": "мотострелковая часть", "uk": "мотострілецька частина", "en": "a motor rifle unit"}),
    (r"танк|(?<!\w)тп(?!\w)|\d\s?тд(?!\w)|tank",
     {"ru": "танковая часть", "uk": "танкова частина", "en": "a tank unit"}),
    (r"артилл|артилер|гсап|artillery",
     {"ru": "артиллерийская часть", "uk": "артилерійська частина", "en": "an artillery unit"}),
    (r"росгвард|rosgvard|национальн\w* гвард",
     {"ru": "Росгвардия", "uk": "Росгвардія", "en": "Rosgvardiya"}),
)  # fmt: skip
_SEVERAL = {"ru": "несколько", "uk": "кілька", "en": "several"}
_SOMEWHERE = {"ru": "один из регионов", "uk": "один з регіонів", "en": "one of the regions"}
_GONE = frozenset({"remove", "number", "address", "plate", "birth", "post"})


def ladder(hint: str, words: str, lang: str, lexicon: Lexicon, after: str = "") -> tuple[str, ...]:
    """
    Return what may stand instead of *words*, the nearest first; an empty text means to leave them out.

    *hint* is the mend a finding names; *after* is what follows, where that says which branch a unit is of.
    There is no rung for what only retelling mends.
    """
    if lang not in _IN:
        return ()
    if hint in {"date", "place", "unit", "age", "family", "retype"}:
        rungs = _branch(words, after, lang, lexicon) if hint == "unit" else []
        rungs += _PLAIN[hint](words, lang, lexicon)
    elif hint in _PERSONAL:
        rungs = [_like(role, words, lang, lexicon) for role in _ROLES[lang]]
    else:
        rungs = []
    if hint == "number" and re.fullmatch(r"\W*\d{1,3}\W*", words):
        rungs.append(_SEVERAL[lang])
    if hint in _GONE:
        rungs.append("")
    return tuple(dict.fromkeys(rung for rung in rungs if rung.strip().lower() != words.strip().lower()))


def replace(text: str, words: str, rung: str) -> str:
    """Put *rung* where *words* stand in *text*, everywhere, and mend the spaces around a gap."""
    # "On March 14", "в ночь на 14 марта": what led to the day does not lead to the month.
    before = r"(?:\b(?:[Oo]n\s+(?:the\s+)?|[Вв]\s+ночь\s+на\s+))?" if rung.startswith(("in ", "в ")) else ""
    found = re.compile(before + r"(?<!\w)" + re.escape(words) + r"(?!\w)")

    def put(match: re.Match[str]) -> str:
        starts = match.start() == 0 or text[: match.start()].rstrip(" ")[-1:] in {"", ".", "!", "?", "\n"}
        return rung[:1].upper() + rung[1:] if starts else rung

    changed = found.sub(put, text)
    if rung:
        # First name and surname are two findings, and one serviceman.
        return re.sub(rf"\b({re.escape(rung)})(?:\s+{re.escape(rung)})+\b", r"\1", changed, flags=re.I)
    return re.sub(r"[ \u00a0]{2,}", " ", re.sub(r"[ \u00a0]+([.,;:!?)])", r"\1", changed))


def put(text: str, start: int, end: int, rung: str) -> str:
    """Put *rung* at one place of *text*, and mend what stands around it."""
    if rung.startswith(("in ", "в ", "у ")):
        led = _LED.search(text[:start])
        start = led.start(1) if led else start
    before, after = text[:start], text[end:]
    if rung:
        starts = before.rstrip(" ")[-1:] in {"", ".", "!", "?", "\n"}
        return before + (rung[:1].upper() + rung[1:] if starts else rung) + after
    if after[:1] in {"", *" .,;:!?)"} and before.endswith((" ", "\u00a0")):
        before = before[:-1]
    return before + after


# "On March 14", "в ночь на 14 марта": what led to the day does not lead to the month.
_LED = re.compile(r"(?:^|(?<=\W))((?:[Oo]n\s+(?:the\s+)?|[Вв]\s+ночь\s+на\s+))$")


def _date(words: str, lang: str, lexicon: Lexicon) -> list[str]:
    del lexicon
    found = dates.find(words)
    if not found:
        return []
    month, year = found[0].month, f" {found[0].year}" if found[0].year else ""
    season = _SEASONS[lang].split()[month % 12 // 3]
    near = f"{_IN[lang]} {_MONTHS[lang].split()[month - 1]}{year}"
    far = f"in {season}{year}" if lang == "en" else f"{season}{year}"
    return [near, far, *([f"{_IN[lang]}{year}"] if year else [])]


def _place(words: str, lang: str, lexicon: Lexicon) -> list[str]:
    keys = [_settlement_key(words, one, lexicon) for one in dict.fromkeys(("ru", lang))]
    code = next((_subjects_of()[key] for key in keys if key in _subjects_of()), None)
    rungs: list[str] = []
    if code is not None:
        district, names = _subject_names()[code]
        rungs = [names[lang], _DISTRICTS[district][lang]]
    return [_like(rung, words, lang, lexicon) for rung in (*rungs, _SOMEWHERE[lang])]


def _branch(words: str, after: str, lang: str, lexicon: Lexicon) -> list[str]:
    low = f"{words} {after}".lower()
    found = next((names[lang] for sign, names in _BRANCHES if re.search(sign, low)), None)
    if found is None:
        return []
    # "Часть морской пехоты" declines in its first word, "десантная часть" in every one.
    head, _, rest = found.partition(" ")
    is_genitive = head in ("часть", "частина")
    return [
        f"{_like(head, words, lang, lexicon)} {rest}" if is_genitive else _like(found, words, lang, lexicon)
    ]


def _unit(words: str, lang: str, lexicon: Lexicon) -> list[str]:
    del words, lexicon
    return [_UNITS[lang], {"ru": "военные", "uk": "військові", "en": "the military"}[lang]]


def _age(words: str, lang: str, lexicon: Lexicon) -> list[str]:
    del lexicon
    found = re.search(r"\d{2}", words)
    age = int(found[0]) if found else None
    if age is None:
        return []
    low, ten = age // 5 * 5, (age // 10 + 1) * 10
    return {
        "ru": [f"от {low} до {low + 5} лет", f"до {ten} лет"],
        "uk": [f"від {low} до {low + 5} років", f"до {ten} років"],
        "en": [f"between {low} and {low + 5} years old", f"under {ten}"],
    }[lang]


def _family(words: str, lang: str, lexicon: Lexicon) -> list[str]:
    del lang, lexicon
    left = [w for w in words.split() if not w.isdigit() and numbers.value_of(w.lower()) is None]
    left = [w for w in left if w.lower() not in traits.COLLECTIVE and w.lower() != "of"]
    return [" ".join(left)] if left and len(left) < len(words.split()) else []


def _retype(words: str, lang: str, lexicon: Lexicon) -> list[str]:
    del lang, lexicon
    return [normalise.clean(words).text]


_PLAIN = {
    "date": _date, "place": _place, "unit": _unit, "age": _age, "family": _family, "retype": _retype,
}  # fmt: skip


def _like(phrase: str, words: str, lang: str, lexicon: Lexicon) -> str:
    """Return *phrase* in the grammatical case that the last of *words* most likely stands in."""
    names = re.findall(r"[^\W\d_]{2,}", words)
    if lang == "en" or not names or not fold.is_cyrillic(names[-1]):
        return phrase
    if re.search(r"[оеё]в$|[иы]н$", names[-1]) and not lexicon.is_known(names[-1]):
        return phrase
    # Surnames are often also a plural of something; a man's reading comes first.
    tags = [parse.tag for parse in lexicon.parses(names[-1].lower(), lang)]
    tags.sort(key=lambda tag: not ({"Surn", "Name"} & tag.grammemes and "masc" in tag))
    case = tags[0].case
    if case is None or case == "nomn":
        return phrase
    head, *rest = phrase.split(" ")
    # "Один из регионов" declines in its first word, "Забайкальский край" in every one.
    ending = [] if rest[:1] in (["из"], ["з"]) else rest
    declined = [_declined(one, case, lang, lexicon) for one in (head, *ending)]
    return " ".join([*declined, *(rest if not ending else [])])


def _declined(word: str, case: str, lang: str, lexicon: Lexicon) -> str:
    for parse in lexicon.parses(word.lower(), lang):
        form = parse.inflect({case}) if parse.tag.case == "nomn" and "plur" not in parse.tag else None
        if form is not None:
            declined: str = form.word
            return "-".join(map(str.capitalize, declined.split("-"))) if word[0].isupper() else declined
    return word


def _settlement_key(words: str, lang: str, lexicon: Lexicon) -> str:
    names = re.findall(r"[^\W\d_]+", words)
    return "".join(lexicon.lemma(one, lang) if fold.is_cyrillic(one) else fold.key(one) for one in names)


@cache
def _subjects_of() -> dict[str, str]:
    """Return the federal subject of every Russian place by the key of its name; the larger wins."""
    found: dict[str, tuple[int, str]] = {}
    for country, code, population, _, _, english, cyrillic in rows("places.tsv"):
        if country != "RU":
            continue
        for name in (english, *cyrillic.split("|")):
            key = "".join(fold.key(one) for one in re.findall(r"[^\W\d_]+", name))
            if int(population) > found.get(key, (0, ""))[0]:
                found[key] = (int(population), code)
    return {key: code for key, (_, code) in found.items()}


# The federal districts as each language calls them, by the word of the table.
_DISTRICTS = {
    russian: {
        "ru": f"{russian} федеральный округ",
        "uk": f"{ukrainian} федеральний округ",
        "en": f"the {english} Federal District",
    }
    for russian, ukrainian, english in (
        ("Дальневосточный", "Далекосхідний", "Far Eastern"),
        ("Приволжский", "Приволзький", "Volga"),
        ("Северо-Западный", "Північно-Західний", "Northwestern"),
        ("Северо-Кавказский", "Північно-Кавказький", "North Caucasian"),
        ("Сибирский", "Сибірський", "Siberian"),
        ("Уральский", "Уральський", "Ural"),
        ("Центральный", "Центральний", "Central"),
        ("Южный", "Південний", "Southern"),
    )
}


@cache
def _subject_names() -> dict[str, tuple[str, dict[str, str]]]:
    """Return district and names of every federal subject by its code."""
    found = {}
    for code, _, _, district, full, short, _, _, ukrainian, english, _ in rows("federal_subjects.tsv"):
        is_region = bool(re.search(r"область|край|округ", full))
        found[code] = (
            district,
            {
                "ru": full if is_region else short.split("|")[0],
                "uk": ukrainian.split("|")[0],
                "en": english.split("|")[0] + (" region" if is_region else ""),
            },
        )
    return found
