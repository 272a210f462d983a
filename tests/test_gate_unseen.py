"""Ways of writing that drafts brought and the gate once did not know; each stands for others of its kind."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.redaction import gate, romanise
from casework.redaction.detectors import Detectors
from tests.gatehouse import OBLIQUE, in_case, surname
from tests.test_gate import CLEAN
from tests.test_gate_names import BEFORE, LOOK_ALIKE, hidden

pytestmark = pytest.mark.usefixtures("offline")

# Two sealed lives that nobody leads.
GRIGORIY: dict[str, object] = {
    "name": "Тюменцев Григорий Степанович",
    "nickname": "Лис",
    "unit": "войсковая часть 41659, 64-я бригада",
    "phone": "+7 924 200-02-81",
    "settlement": "Верхняя Талинка",
    "address": "Приморское шоссе, 41",
    "date": "2022-11-08",
    "relatives": "сын Марк",
    "age": 51,
}
TOLD = (
    "Я Григорий Тюменцев. 8 ноября 2022 года нас бросили в посадке. Утром мы встали и пошли пешком назад, "
    "двадцать километров по трассе, нас никто не остановил."
)
YAROSLAV: dict[str, object] = {
    "name": "Дем'янчук Ярослав Григорович",
    "settlement": "Велика Лепетиха",
    "age": 51,
}

# Names that are two words or one, houses with a number, a docket, a unit's honour, a place of many words.
SALMAN: dict[str, object] = {
    "name": "Мирзагаджиев Абдулмуслим Хан-Магомедович",
    "nickname": "Бархан",
    "unit": "1307-й мотострелковый Приамурский полк, батальон «Серая Цапля»",
    "settlement": "Нижние Вязёмки",
    "date": "2023-03-08",
    "school": "лицей № 23",
    "prison": "ИК-31",
    "court_case": "2а-771/2023",
    "coordinates": "47.8125, 37.4410",
    "relatives": "жена Эльгизат; брат Нурмагомед, 24 года; сестра Айгуль-Бике",
    "vehicle": "М000ЕА05",
    "rank": "войсковой старшина",
    "address": "ул. Махмуда Тагирбекова, 118",
}
LIGHT: dict[str, object] = {"name": "Юз Любомир Янович", "settlement": "Усть-Цирма", "date": "2023-07-29"}
BY_CAUSE = {
    "one word written as two": "Мирза-Гаджиева увезли ночью.",
    "both with a capital": "Абдул Муслима увезли ночью.",
    "two words written as one": "Ханмагомедовича увезли ночью.",
    "neighbouring letters swapped": "Абдулмусилм ушёл из части.",
    "a number in words": "Солдаты одна тысяча триста седьмого полка отказались.",
    "a number in soldiers' words": "Парни тыща триста седьмого полка ушли.",
    "an honour without its number": "В Приамурском полку отказались десятки.",
    "a name in quotes": "Бойцы «Серой Цапли» отказались.",
    "a house, its number after": "Он учился в лицее №23.",
    "a house, its number before": "Он учился в 23-м лицее.",
    "a house in words": "Вербовали в тридцать первой колонии.",
    "a docket": "Суд отложил дело № 2а–771/2023.",
    "degrees in words": "Их высадили у 47,81° с. ш., 37,44° в. д.",
    "a plural place": "Жителя Нижних Вязёмок увезли.",
    "a misspelt place": "Уроженца Нижних Везёмок увезли.",
    "a unit by its number alone": "Парни тысяча триста седьмого ушли пешком.",
    "a Roman month": "Отказ подписан 8.III.2023.",
    "a day after a decree": "После указа о награждении, 8 марта, они ушли.",
    "a street with an initial": "Прописан на ул. М. Тагирбекова, д. 118.",
    "a quoted unit without its word": "Добровольцы из «Серой Цапли» ушли.",
    "a plate without its first letter": "Машину с номером 000ЕА нашли.",
    "a docket with a short year": "Суд отложил дело 2а-771/23.",
    "a long stub": "М-гаджиев ушёл из части.",
}
VIKTOR: dict[str, object] = {
    "name": "Aliaksandr Shulyakovich",
    "settlement": "Новоолексіївка",
    "relatives": "wife Hanna",
    "address": "5-й микрорайон, д. 12, кв. 7",
}
ACROSS_BY_CAUSE = {
    "a surname that ends as a patronymic": ("Шуляковичу отказали.", "ru"),
    "a name another language writes with а": ("Шулякавича увезли.", "ru"),
    "a given name as the English press writes it": ("Sergeant Alexander was told to drive.", "en"),
    "a word for kin before a Latin name": ("Hanna heard it all.", "en"),
    "a town by its other name": ("Жителя Новоалексеевки увезли.", "ru"),
    "a numbered quarter": ("Прописан в 5-м микрорайоне.", "ru"),
}
WARNED_BY_CAUSE = {
    "a holiday in full": "Они отказались в Международный женский день.",
    "a relative's age": "Увезли 24-летнего парня.",
    "an age without years": "Увезли парня, 24, прямо с работы.",
    "a rank no table has": "Войсковой старшина подал рапорт.",
}
LIGHT_BY_CAUSE = {
    "three letters apart": "ю з а увезли ночью",
    "a place's adjective with a vowel slipped in": "Устьциремский парень ушёл домой.",
    "a word that is a name in company": "Юза и ещё троих увезли.",
    "an apostrophe as people type it": "Двадцять дев’ятого липня їх забрали.",
}

# Names no table has, a unit that bears a number, a house that bears a name.
RINAT: dict[str, object] = {
    "name": "Хурмазов Ринат Сагындыкович",
    "nickname": "Армян",
    "unit": "55-я отдельная мотострелковая бригада, рота «Барс»",
    "settlement": "Чёрный Плёс",
    "date": "2023-02-06",
    "employer": "Барун-Хемчикский лесхоз; мастерская «У Рубика»",
    "court_case": "33а-1904/2023",
    "wife": "Zalina",
    "address": "ул. Рабочей молодёжи, 204",
    "garrison": "учебный центр Молькино",
    "brother": "Хурмазов Родион Сагындыкович, 14.03.1985",
}
OF_RINAT = {
    "a tender form no table has": "Ринатика увезли ночью.",
    "a patronymic as it is said": "Сагындыкыч ушёл из части.",
    "a unit's number after its word": "Бригада, пятьдесят пятая по счёту, ушла.",
    "a unit's number right after its word": "Боец бригады № 55 ушёл.",
    "a unit by its arm": "Пятьдесят пятая мотострелковая ушла.",
    "a company's nickname in small letters": "рота барс ушла из посадки",
    "a day called a day": "Шестого дня февраля все ушли.",
    "a docket without its year": "Суд отложил дело 33а-1904.",
    "where he worked": "Он служил в Барун-Хемчикском лесхозе.",
    "what it was called": "Колёса чинил в мастерской «У Рубика».",
    "two like letters that meet": "Черноплёсский парень ушёл домой.",
    "a word of a place cut short": "Боец из с. Ч. Плёс ушёл домой.",
    "a wife called by one name": "Залина ждёт ребёнка.",
    "a street of everyday words": "Прописан: Рабочей молодёжи, 204.",
    "a day in the night to it": "В ночь на шестое февраля все ушли.",
    "a unit's garrison": "Молькинский центр принял новобранцев.",
    "when a husband was born": "Родился 14 марта 1985-го.",
}
NOT_RINAT = (
    "Армяне и азербайджанцы служили в одной роте и вместе отказались.",
    "Из бригады ушли 55 человек, говорит адвокат.",
    "Лесхозы и мастерские закрыли: работать некому.",
    "Из Минска, Гомеля и Тбилиси им помогают уехать.",
    "Рабочей силы не хватает, молодёжи в посёлке не осталось.",
)

BLOCKED = [
    ("С Лисом говорили двое офицеров.", "ru"),
    ("Верхнеталинский отказник вернулся домой.", "ru"),
    ("Марка, сына отказника, не пустили в школу.", "ru"),
    ("Тюмeнцeв отказался.", "ru"),
    ("Tюменцев отказался.", "ru"),
    ("Т ю м e н ц e в отказался.", "ru"),
    ("Тюм енцев отказался.", "ru"),
    ("Военная часть № сорок одна тысяча шестьсот пятьдесят девять.", "ru"),
    ("Солдаты шестьдесят четвёртой бригады отказались.", "ru"),
    ("Ушли восьмого числа, в ноябре.", "ru"),
    ("В ноябре, 8-го, они ушли.", "ru"),
    ("Приказ вернуться зачитали 8 ноября.", "ru"),
    ("Юристы указали, что закончилось всё 8 ноября.", "ru"),
    ("Семья живёт на Приморском шоссе, дом 41.", "ru"),
    ("Ярославові погрожували.", "uk"),
    ("Ярославові відмовили у відповіді.", "uk"),
    ("З Гришком поводилися жорстоко.", "uk"),
    ("Великолепетиський водій відмовився стріляти.", "uk"),
]
WARNED = [
    ("Приказ вернуться отдали 9 ноября.", "ru"),
    ("В тот ноябрьский вторник всех заперли.", "ru"),
    ("Утром двое встали и пошли назад пешком по трассе двадцать километров, не остановил никто.", "ru"),
    ("Их увезли в посёлок Луганское.", "ru"),
    ("Їй 51 рік.", "uk"),
]
PASSED = [
    ("В Чите суд отказал в иске; в Уфе и под Тулой прошли пикеты.", "ru"),
    ("Слава богу, все живы, сказала мать одного из отказников.", "ru"),
    ("Рибалки ловили рибу, коли приїхали військові.", "uk"),
    ("Первая волна мобилизации прошла осенью, отказались две тысячи человек.", "ru"),
    ("Отказались больше двух тысяч, по другим данным две тысячи человек.", "ru"),
    ("Владимир Путин подписал указ 21 сентября 2022 года.", "ru"),
]


def judge(detectors: Detectors, draft: str, lang: str) -> object:
    card = YAROSLAV | {"name": "Дем'янчук Григорій Ярославович"} if "Гриш" in draft else YAROSLAV
    question = {"case_fields": card, "narrative": "", "draft": draft, "lang": lang}
    return gate.check(
        detectors, question if lang == "uk" else question | {"case_fields": GRIGORIY, "narrative": TOLD}
    )["verdict"]


@pytest.mark.parametrize(("draft", "lang"), BLOCKED)
def test_another_way_to_say_it_is_blocked_too(detectors: Detectors, draft: str, lang: str) -> None:
    assert judge(detectors, draft, lang) == "block"


@pytest.mark.parametrize("cause", [*BY_CAUSE, *LIGHT_BY_CAUSE])
def test_every_cause_of_a_leak_once_missed_is_closed(detectors: Detectors, cause: str) -> None:
    card, draft = (SALMAN, BY_CAUSE[cause]) if cause in BY_CAUSE else (LIGHT, LIGHT_BY_CAUSE[cause])
    question = {"case_fields": card, "narrative": "", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == "block"


@pytest.mark.parametrize("draft", [*OF_RINAT.values(), *NOT_RINAT])
def test_a_name_of_any_kind_is_told_from_the_word_it_is_made_of(detectors: Detectors, draft: str) -> None:
    question = {"case_fields": RINAT, "narrative": "", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == ("pass" if draft in NOT_RINAT else "block")


# Given names of many peoples, none of which an everyday word grows from.
OF_MANY_PEOPLES = (
    "Ринат",
    "Азамат",
    "Нурлан",
    "Ашот",
    "Сурен",
    "Айдемир",
    "Бимбат",
    "Тумэн",
    "Хызыр",
    "Зелимхан",
)
TENDER = ("ик", "чик", "ка", "ушка", "очка", "ушко", "енька")


@given(
    name=st.sampled_from(OF_MANY_PEOPLES),
    tender=st.sampled_from(TENDER),
    ending=st.sampled_from([("", ""), ("а", "у"), ("а", "е"), ("у", "у")]),
)
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_known_by_its_tender_forms(
    detectors: Detectors, name: str, tender: str, ending: tuple[str, str]
) -> None:
    form = name + tender
    if form[-1] in "ао":
        form = form[:-1] + (ending[1] or form[-1])
    else:
        form += ending[0]
    draft = f"Вчера увезли {form} и ещё троих."
    question = {"case_fields": {"name": f"Хурмазов {name}"}, "narrative": "", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == "block"


UNITS = {"бригада": "й", "дивизия": "й", "полк": "го"}


@given(
    number=st.integers(10, 999),
    unit=st.sampled_from(sorted(UNITS)),
    said=st.sampled_from(
        ["{unit}, {n}-{end} по счёту, ушла", "{unit} № {n} ушла", "из {n}-{end}, была это {unit}"]
    ),
)
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_unit_is_found_with_its_number_on_either_side(
    detectors: Detectors, number: int, unit: str, said: str
) -> None:
    draft = f"Говорят: {said.format(unit=unit, n=number, end=UNITS[unit])}. Ещё {number + 1} человек дома."
    question = {"case_fields": {"unit": f"{number}-я {unit}"}, "narrative": "", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == "block"
    other = question | {"case_fields": {"unit": f"{number + 1}-я {unit}"}}
    assert gate.check(detectors, other)["verdict"] != "block"


@pytest.mark.parametrize("cause", ACROSS_BY_CAUSE)
def test_what_two_languages_call_one_thing_is_one_thing(detectors: Detectors, cause: str) -> None:
    draft, lang = ACROSS_BY_CAUSE[cause]
    question = {"case_fields": VIKTOR, "narrative": "", "draft": draft, "lang": lang}
    assert gate.check(detectors, question)["verdict"] == "block"


@pytest.mark.parametrize("scheme", romanise.SCHEMES)
def test_an_oblique_form_is_found_in_every_scheme_letter_by_letter(
    detectors: Detectors, scheme: romanise.Scheme
) -> None:
    draft = " ".join(scheme.translate("Хацкевскому")) + " отказали."
    question = {"case_fields": {"name": "Хацкевский Игнат"}, "narrative": "", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == "block"


@pytest.mark.parametrize("cause", WARNED_BY_CAUSE)
def test_every_cause_of_a_silence_once_kept_is_closed(detectors: Detectors, cause: str) -> None:
    question = {"case_fields": SALMAN, "narrative": "", "draft": WARNED_BY_CAUSE[cause], "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] != "pass"


@pytest.mark.parametrize(("draft", "lang"), WARNED)
def test_another_way_to_narrow_it_warns_too(detectors: Detectors, draft: str, lang: str) -> None:
    assert judge(detectors, draft, lang) in {"warn", "block"}


@pytest.mark.parametrize(("draft", "lang"), PASSED)
def test_another_way_to_say_nothing_passes_too(detectors: Detectors, draft: str, lang: str) -> None:
    assert judge(detectors, draft, lang) == "pass"


TWIN = {other: letter for letter, other in LOOK_ALIKE.items()} | LOOK_ALIKE
SPACED = {
    "not": lambda word, _: word,
    "hidden": hidden,
    "spaced": lambda word, _: " ".join(word),
    "wide": lambda word, _: "\u00a0 ".join(word),
    "dotted": lambda word, _: ".".join(word),
    "underlined": lambda word, _: "_".join(word),
    "bold": lambda word, _: f"{word[:2]}<b>{word[2:]}</b>",
}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, 10**9),
    case=st.sampled_from([None, *OBLIQUE]),
    scheme=st.sampled_from([None, None, *romanise.COMMON]),
    swapped=st.sampled_from([0.0, 0.3, 1.0]),
    spacing=st.sampled_from(sorted(SPACED)),
    before=st.sampled_from(BEFORE),
    added=st.sampled_from(["", *(text for lang, text in CLEAN if lang == "ru")]),
)
def test_disguises_do_not_add_up_to_a_way_through(
    detectors: Detectors,
    which: int,
    case: object,
    scheme: romanise.Scheme | None,
    swapped: float,
    spacing: str,
    before: str,
    added: str,
) -> None:
    chance = random.Random(which)
    name = surname(chance)
    word = name if case is None else in_case(name, case)  # type: ignore[arg-type]
    word = word if scheme is None else scheme.translate(name)
    word = "".join(TWIN[c] if c in TWIN and chance.random() < swapped else c for c in word)
    draft = f"{added} {before} {SPACED[spacing](word, which)} и ещё троих."
    question = {"case_fields": {"name": f"{name} Игнат"}, "narrative": "", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == "block", (name, draft)


@pytest.mark.parametrize(
    ("kin", "draft", "verdict"),
    [
        ("жена Милана, ждёт ребёнка", "Милана ждёт ребёнка.", "block"),
        ("сын Владимир, 12 лет", "Владимир учится в школе.", "block"),
        ("родители живут во Владимире", "Во Владимире прошёл суд.", "pass"),
    ],
)
def test_kin_may_be_called_like_a_city(detectors: Detectors, kin: str, draft: str, verdict: str) -> None:
    card = {"name": "Кургузов Пётр Иванович", "relatives": kin}
    question = {"case_fields": card, "narrative": "Меня зовут Пётр.", "draft": draft, "lang": "ru"}
    assert gate.check(detectors, question)["verdict"] == verdict
