"""A sealed name is found in any case, in any scheme and under any disguise; properties, not examples."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from casework.redaction import fold, gate, romanise
from casework.redaction.detectors import Detectors
from casework.redaction.findings import Level
from casework.redaction.names import Part
from tests.gatehouse import OBLIQUE, in_case, surname

pytestmark = pytest.mark.usefixtures("offline")

LOOK_ALIKE = dict(zip("аеорсухікАВЕКМНОРСТХ", "aeopcyxikABEKMHOPCTX", strict=True))
GIVEN = ("Артур", "Савелий", "Тимур", "Игнат", "Евгений", "Рустам", "Виталий")
BEFORE = (
    "Вчера увезли бойца по фамилии",
    "Рассказали, что",
    "В списке отказников есть",
    "По словам родных,",
    "Для",
)
quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
names = st.integers(0, 10**9).map(lambda n: surname(random.Random(n)))


def hidden(word: str, at: int) -> str:
    """Slip an invisible character into *word*."""
    at = 1 + at % (len(word) - 1)
    return word[:at] + random.Random(at).choice("\u200b\u00ad\u2060\u200d") + word[at:]


def look_alike(word: str, at: int) -> str:
    """Swap one letter of *word* for its twin in the other script, if it has one."""
    places = [i for i, c in enumerate(word) if c in LOOK_ALIKE]
    if not places:
        return word
    i = places[at % len(places)]
    return word[:i] + LOOK_ALIKE[word[i]] + word[i + 1 :]


def stressed(word: str, at: int) -> str:
    """Put a stress mark on a vowel of *word*."""
    vowels = [i for i, c in enumerate(word) if c in "аеиоуыэюя"]
    i = vowels[at % len(vowels)] + 1
    return word[:i] + "\u0301" + word[i:]


DISGUISES = {
    "plain": lambda word, _: word,
    "hidden": hidden,
    "look-alike": look_alike,
    "stressed": stressed,
    "lower": lambda word, _: word.lower(),
    "upper": lambda word, _: word.upper(),
    "spaced": lambda word, _: " ".join(word),
    "dotted": lambda word, _: ".".join(word),
    "bold": lambda word, _: f"{word[:2]}<b>{word[2:]}</b>",
    "entity": lambda word, _: f"&#{ord(word[0])};{word[1:]}",
    "percent": lambda word, _: "".join(f"%{b:02X}" for b in word.encode()),
    "hyphen": lambda word, _: f"{word[:3]}-{word[3:]}",
}


def is_blocked(detectors: Detectors, sealed: str, draft: str, lang: str = "ru") -> bool:
    return gate.holders_half(detectors, draft, (), lang=lang, own={"name": sealed}).level is Level.BLOCK


@quick
@given(
    names,
    st.sampled_from([None, *OBLIQUE]),
    st.sampled_from(sorted(DISGUISES)),
    st.integers(0, 50),
    st.sampled_from(BEFORE),
)
def test_a_surname_is_found_in_any_case_under_any_disguise(
    detectors: Detectors, name: str, case: object, disguise: str, at: int, before: str
) -> None:
    form = name if case is None else in_case(name, case)  # type: ignore[arg-type]
    # A surname that is also an ordinary word is a name only where a capital says so.
    assume(disguise != "lower" or not detectors.lexicon.is_ordinary(form))
    draft = f"{before} {DISGUISES[disguise](form, at)} и ещё троих."
    assert is_blocked(detectors, f"{name} Игнат Ильдарович", draft), (name, draft)


@quick
@given(
    names,
    st.integers(0, len(romanise.SCHEMES) - 1),
    st.sampled_from(["plain", "hidden", "lower", "upper"]),
    st.integers(0, 50),
)
def test_a_surname_is_found_in_any_scheme(
    detectors: Detectors, name: str, which: int, disguise: str, at: int
) -> None:
    written = DISGUISES[disguise](romanise.SCHEMES[which].translate(name), at)
    assert is_blocked(detectors, f"{name} Игнат", f"The refuser {written} was taken away.", "en"), (
        name,
        written,
    )


@quick
@given(names, st.integers(0, len(romanise.SCHEMES) - 1))
def test_a_latin_name_is_found_in_cyrillic(detectors: Detectors, name: str, which: int) -> None:
    passport = romanise.COMMON[which % 2].translate(name)
    assert is_blocked(detectors, f"Timur {passport}", f"Вчера увезли {in_case(name, OBLIQUE[0])}."), (
        passport,
        name,
    )


@quick
@given(st.sampled_from(GIVEN), st.sampled_from(OBLIQUE))
def test_a_given_name_and_its_short_forms_are_found(detectors: Detectors, name: str, case: object) -> None:
    sealed = detectors.sealer.word(name, Part.GIVEN, 0)
    short = detectors.sealer.relations.kin_of(name.lower())
    assert all({fold.key(s)} <= sealed.keys for s in short)
    assert is_blocked(detectors, f"Ряжин {name}", f"Рассказали, что {name} написал рапорт.")


def test_schemes_left_out_are_still_recognised(detectors: Detectors) -> None:
    chance = random.Random(40)
    found = total = 0
    for name in {surname(chance) for _ in range(60)}:
        for left_out in romanise.SCHEMES:
            rest = tuple(s for s in romanise.SCHEMES if s is not left_out)
            keys = sorted(romanise.romanise(name, rest))
            key = fold.latin(left_out.translate(name))
            total += 1
            found += key in keys or bool(process.extractOne(key, keys, scorer=fuzz.ratio, score_cutoff=86))
    assert found / total >= 0.99


def test_inflected_surnames_are_recognised_by_rule(detectors: Detectors) -> None:
    chance = random.Random(41)
    forms = [
        (name, in_case(name, case)) for name in {surname(chance) for _ in range(150)} for case in OBLIQUE
    ]
    missed = [f for name, f in forms if fold.key(f) not in detectors.sealer.word(name, Part.SURNAME, 0).keys]
    assert len(missed) / len(forms) <= 0.005


PAIRS = (
    ("Кравець Олексій", "Алексей Кравец рассказал об отказе.", "ru"),
    ("Соловьёв Николай", "Микола Соловйов розповів про відмову.", "uk"),
    ("Гордієнко Дмитро", "Dmitri Gordienko refused to fight.", "en"),
    ("Shamil Abdulkerimov", "Шамилю Абдулкеримову угрожали.", "ru"),
    ("Цыренов-Бадма Баир", "Бадму увезли ночью.", "ru"),
    ("Гулиева Лейла", "Quliyev was taken from work.", "en"),
    ("Ковалів Гнат", "Ковалева тримали в підвалі.", "uk"),
    ("Воробей Илья", "Рядового Воробья увезли.", "ru"),
    ("Щегловитова Анна", "Щегловитов не вернулся из части.", "ru"),
)


@pytest.mark.parametrize(("sealed", "draft", "lang"), PAIRS)
def test_names_are_found_across_languages(detectors: Detectors, sealed: str, draft: str, lang: str) -> None:
    assert is_blocked(detectors, sealed, draft, lang)


ORDINARY = (
    ("Мороз Вера", "В сильный мороз вера в справедливость слабела.", "ru"),
    ("Заяц Роман", "Он читал роман про зайца.", "ru"),
    ("Орлов Лев", "Над частью летали орлы и никаких львов.", "ru"),
    ("Will Vera", "They will stay there and were not fed.", "en"),
)


@pytest.mark.parametrize(("sealed", "draft", "lang"), ORDINARY)
def test_ordinary_words_block_nobody(detectors: Detectors, sealed: str, draft: str, lang: str) -> None:
    assert not is_blocked(detectors, sealed, draft, lang)


# A surname or nickname that is also a word: (sealed, in the draft, level).
WORDS = (
    ({"name": "Зубров Пётр"}, "рядовой зубров вернулся домой, родные зуброва ждут", Level.BLOCK),
    ({"name": "Черешнев Олег"}, "Родные черешнева не знают, где он.", Level.BLOCK),
    ({"name": "Дрофа Олег"}, "СЕМЬЯ ДРОФЫ ЖДЁТ", Level.BLOCK),
    ({"name": "Мороз Олег"}, "Мороза увезли ночью.", Level.BLOCK),
    ({"name": "Мороз Олег"}, "Мороз стоял сильный.", Level.WARN),
    ({"name": "Мороз Олег"}, "На дворе стоял мороз.", Level.PASS),
    ({"nickname": "Шплинт"}, "Шплинт вышел на связь.", Level.BLOCK),
    ({"nickname": "Бурят"}, "Бурят сказал нам, что не поедет.", Level.BLOCK),
    ({"nickname": "Север"}, "На севере области было тихо.", Level.PASS),
)


@pytest.mark.parametrize(("card", "draft", "level"), WORDS)
def test_a_name_that_is_a_word_is_told_from_the_word(
    detectors: Detectors, card: dict[str, str], draft: str, level: Level
) -> None:
    assert gate.holders_half(detectors, draft, (), own=card).level is level


MASKED = ("Т*рбеев не поехал.", "Тарб***в не поехал.", "т4рбеев не поехал", "T4rbe3v refused.")


@pytest.mark.parametrize(
    "draft", [*MASKED, "<img alt='Тарбеев'>", "<a href='https://a.example/tarbeev'>он</a>"]
)
def test_letters_left_out_swapped_or_put_into_a_tag_hide_no_name(detectors: Detectors, draft: str) -> None:
    assert is_blocked(detectors, "Тарбеев Глеб", draft)


PLACES = (
    ("Бережинка", "бережинський боєць", "uk"),
    ("Каменка", "каменский отказник", "ru"),
    ("Князе-Волконское", "в Князеволконском", "ru"),
    ("Краснокаменск", "в красно каменске", "ru"),
)


@pytest.mark.parametrize(("sealed", "draft", "lang"), PLACES)
def test_a_settlement_cut_in_two_grown_together_or_as_an_adjective_is_found(
    detectors: Detectors, sealed: str, draft: str, lang: str
) -> None:
    card = {"settlement": sealed}
    assert gate.holders_half(detectors, f"Его увезли: {draft}.", (), lang=lang, own=card).level is Level.BLOCK


@pytest.mark.parametrize("draft", ["отец четверых детей", "father of four", "у него четверо детей"])
def test_a_sealed_number_of_children_warns(detectors: Detectors, draft: str) -> None:
    assert gate.holders_half(detectors, f"Это {draft}.", (), own={"children": 4}).level is Level.WARN
