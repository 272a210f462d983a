"""
Write a sealed Russian or Ukrainian name in every form a sentence may give it.

Dictionary paradigms first, then endings by rule for the names no dictionary has. Too many forms cost
nothing: a form no language has is a form no draft contains.
"""

from __future__ import annotations

import re

from casework.redaction import fold
from casework.redaction.lexicon import Lexicon

_CONSONANT = "бвгджзклмнпрстфхцчшщ"
_HARD = (
    "",
    "а",
    "у",
    "ом",
    "ем",
    "е",
    "ы",
    "и",
    "ов",
    "ев",
    "ей",
    "ам",
    "ям",
    "ами",
    "ями",
    "ах",
    "ях",
    "ови",
    "еви",
    "і",
    "ів",
)
_POSSESSIVE = (
    "",
    "а",
    "у",
    "ым",
    "им",
    "е",
    "ой",
    "ою",
    "ы",
    "и",
    "ых",
    "их",
    "ыми",
    "ими",
    "і",
    "ій",
    "ої",
    "ові",
    "ом",
)
_SOFT = ("ь", "я", "ю", "ем", "е", "и", "ью", "ей", "ям", "ями", "ях", "еві", "і", "їв", "ів")
_A_STEM = (
    "а",
    "я",
    "ы",
    "и",
    "е",
    "у",
    "ю",
    "ой",
    "ей",
    "ою",
    "ею",
    "",
    "ь",
    "ам",
    "ям",
    "ами",
    "ями",
    "ах",
    "ях",
    "о",
    "і",
    "ів",
)
_O_STEM = ("о", "а", "у", "ом", "е", "ові", "ки", "и", "і", "ів", "ам", "ами", "ах", "ой", "ою", "ы")
_ADJECTIVE = (
    "ый",
    "ий",
    "ой",
    "ого",
    "его",
    "ому",
    "ему",
    "ым",
    "им",
    "ом",
    "ем",
    "ая",
    "яя",
    "ую",
    "юю",
    "ою",
    "ею",
    "ые",
    "ие",
    "ых",
    "их",
    "ыми",
    "ими",
    "а",
    "у",
    "і",
    "ій",
    "ої",
    "я",
    "ей",
)
_PLURAL = (
    "и", "ы", "і", "", "ь", "ов", "ев", "ей", "ів", "їв", "ам", "ям", "ами", "ями", "ах", "ях",
)  # fmt: skip
_IY = (
    "ий",
    "ия",
    "ию",
    "ием",
    "ие",
    "ии",
    "ій",
    "ія",
    "ію",
    "ієм",
    "ії",
    "ієві",
    "иев",
    "иям",
    "иями",
    "иях",
)
_FIXED = re.compile(r"(ых|их|аго|яго|ово|ко|у|ю|ы|э|ё|дзе|швили|іх)$", re.I)


def forms(word: str, lexicon: Lexicon) -> set[str]:
    """Return the comparison keys of every form of *word*, itself included."""
    low = word.lower().replace("’", "'")
    keys = set(ruled_forms(low))
    for analyser in lexicon.analysers():
        keys.update(_dictionary_forms(low, analyser))
    return {key for key in keys if len(key) >= min(3, len(fold.cyrillic(low)))}


def ruled_forms(word: str) -> set[str]:
    """Return the comparison keys of every form the rules alone give *word*, itself included."""
    keys = {fold.cyrillic(word)}
    for stem, endings in _paradigms(word):
        keys.update(fold.cyrillic(stem + ending) for ending in endings)
    return keys


def _dictionary_forms(word: str, analyser: object) -> set[str]:
    keys: set[str] = set()
    for parse in analyser.parse(word)[:6]:  # type: ignore[attr-defined]
        tag = parse.tag
        if ("NOUN" in tag or "ADJF" in tag) and "nomn" in tag:
            keys.update(
                fold.cyrillic(form.word) for form in parse.lexeme if not {"COMP", "Supr"} & form.tag.grammemes
            )
    return keys


def _paradigms(word: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the stems of *word* with the endings each may take."""
    if len(word) > 4 and re.search(r"(ов|ев|ёв|ин|ын|їв|ів)$", word):
        return [(word, _POSSESSIVE), *_turned_vowels(word)]
    if len(word) > 5 and re.search(r"(ова|ева|ёва|ина|ына)$", word):
        return [(word[:-1], _POSSESSIVE)]
    if re.search(r"(ский|цкий|ской|цкой|ый|..ой|ський|цький|[кгхжшщчн]ий)$", word):
        return [(word[:-2], _ADJECTIVE)]
    if re.search(r"(ская|цкая|ая|яя|ська|цька)$", word):
        return [(re.sub(r"(ая|яя|а)$", "", word), _ADJECTIVE)]
    if re.search(r"[иі]й$", word):
        return [(word[:-2], _IY), (word[:-2] + "ь", ("я", "ю", "ем", "е"))]
    if word.endswith("й"):
        return [(word[:-1], ("й", "я", "ю", "ем", "е", "и", "ев", "єві", "єм", "ї")), *_alternations(word)]
    if word.endswith(("ия", "ія")):
        return [(word[:-1], ("я", "и", "ю", "ей", "ею", "й", "ї", "єю"))]
    if word.endswith(("а", "я")):
        return [(word[:-1], _A_STEM), *_stem_sounds(word[:-1])]
    if word.endswith("ь"):
        return [(word[:-1], _SOFT), *_alternations(word)]
    if word.endswith("о"):
        return [(word[:-1], _O_STEM)]
    if re.search(r"[бвгджзклмнпрстфхцчшщ][иы]$", word) and not word.endswith("швили"):
        return [(word[:-1], _PLURAL), *_filled(word[:-1])]
    if _FIXED.search(word):
        return [(word, ("", "ым", "ыми"))]
    if word[-1:] in _CONSONANT:
        return [(word, _HARD), *_alternations(word)]
    return [(word, ("",))]


def _filled(stem: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the stems of a plural whose bare form takes a vowel in: Вязёмки, Вязёмок; Сосенки, Сосенок."""
    pair = re.fullmatch(rf"(.*[{_CONSONANT}])([{_CONSONANT}])", stem)
    return [(pair[1] + vowel + pair[2], ("",)) for vowel in "оеі"] if pair else []


def _stem_sounds(stem: str) -> list[tuple[str, tuple[str, ...]]]:
    """Ukrainian к, г, х soften before і: Галинка, Галинці."""
    soft = {"к": "ц", "г": "з", "х": "с"}.get(stem[-1:])
    return [(stem[:-1] + soft, ("і", "е"))] if soft else []


def _alternations(word: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the stems of *word* in which a vowel falls out or turns: Заяц, Зайца; Джміль, Джмелем."""
    endings = _SOFT[1:] + _HARD[1:]
    stem = word.rstrip("ьй")
    found: list[tuple[str, tuple[str, ...]]] = []
    fleeting = re.fullmatch(r"(.+?)([еёоє])([цкл]|н(?=$)|т(?=$))", stem) or re.fullmatch(r"(л)(е)(в)", stem)
    if fleeting:
        head, _, tail = fleeting.groups()
        found.append((head + tail, endings))
        found.append((head + ("й" if head[-1] in "аеиоуыэюяі" else "ь") + tail, endings))
    if re.fullmatch(r".+[аеиоу]яц", stem):
        found.append((stem[:-2] + "йц", endings))
    if word.endswith("ей") and len(word) > 4:
        found.append((word[:-2] + "ь", ("я", "ю", "ем", "е", "и", "ев")))
    return found + _turned_vowels(word)


def _turned_vowels(word: str) -> list[tuple[str, tuple[str, ...]]]:
    """Ukrainian і in a closed syllable opens to е or о: Джміль, Джмелем; Ковалів, Ковалева."""
    turned = re.fullmatch(r"(.+)і([бвгджзклмнпрстфхцчшщ]+)ь?", word)
    endings = _SOFT[1:] + _HARD[1:]
    return [(turned[1] + vowel + turned[2], endings) for vowel in "ео"] if turned else []
