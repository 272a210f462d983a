"""
How grave it is that a sealed name stands in a draft as a word that is also an ordinary one.

Rules:
- A word the press seldom uses is the name, however it is written.
- A common word is the name where something marks it: a capital inside a sentence, a rank or a word for kin
  before it, a deed of people after it. Elsewhere at the start of a sentence, or where capitals say nothing,
  it is a warning; in small letters among capitals it is a word.
"""

from __future__ import annotations

import re

from casework.redaction import fold
from casework.redaction.findings import Level
from casework.redaction.names import Part
from casework.redaction.page import Page
from casework.redaction.people import is_title, kin_keys

_MOSTLY_A_NAME = 0.6  # of the weight of a word's readings
_REACH = 3  # words after a name among which its deed is looked for
_CLAUSE_START = re.compile(r"[:>\])}\"“„«(—–•-]\s*$")
_QUOTED = re.compile(
    r"[«\"“„'‘]\s?$|(?:позывн|позивн|кличк|прозвищ|погонял|прізвиськ|callsign|call sign|nickname)\w*\W{1,4}$",
    re.I,
)
# Words before a name that only people bear, besides ranks and kin.
_BEARERS = frozenset(
    fold.key(w)
    for w in fold.table(
        "отказник отказница семья родные родственник фамилия гражданин военнослужащий контрактник "
        "срочник мобилизованный призывник матрос курсант відмовник родина рідні прізвище громадянин "
        "боєць refuser conscript family relatives named"
    )
)
# Soldiers and doctors are also a thing said of many: "солдат мороз не пугал".
_LOOSE = frozenset(fold.key(w) for w in fold.table("солдат боец врач офицер семья родные боєць родина"))
# What people do, and what is done to them, in the three languages.
_DEEDS = frozenset(
    fold.key(w)
    for w in fold.table(
        "сказать рассказать говорить вспоминать вспомнить отказаться отказываться написать подать "
        "выйти звонить позвонить служить прийти вернуться бежать сбежать считать объяснить добавить "
        "заявить признаться ответить отвечать просить попросить решить уехать уволиться жаловаться "
        "пожаловаться молчать согласиться сообщить утверждать пытаться думать узнать понять бояться "
        "уйти пропасть погибнуть умереть жить приехать попасть оказаться подписать передать "
        "рассказывать писать ждать обратиться увезти забрать задержать избить бить держать посадить "
        "отправить вызвать уволить арестовать осудить убить ранить мобилизовать заставить угрожать "
        "пытать искать судить запереть закрыть вывезти отпустить сказати розповісти говорити "
        "згадувати відмовитися відмовитись відмовлятися написати подати вийти дзвонити подзвонити "
        "служити прийти повернутися повернутись втекти пояснити додати заявити просити вирішити "
        "звільнитися мовчати погодитися повідомити намагатися боятися піти загинути жити поїхати "
        "підписати чекати звернутися забрати затримати побити тримати посадити відправити викликати "
        "звільнити заарештувати засудити вбити поранити мобілізувати змусити погрожувати катувати "
        "шукати судити закрити said say told tell refused refuse refus wrote write called call left "
        "leave escaped serv served recalls recall added adds explained went came asked ask decided "
        "returned signed resigned fled was "
        "отказать обещать пообещать потребовать предложить велеть приказать спросить отвезти привезти "
        "отстранить перевести разжаловать избивать вернуть найти выгнать назначить комиссовать похоронить "
        "контузить лечить прооперировать наградить плакать спать знать помнить воевать подтвердить "
        "представиться потребоваться держаться прятаться прийтись спасти вылечить привлечь "
        "розлучити відсторонити перевести розжалувати повернути знайти вигнати поховати лікувати плакати "
        "знати пам'ятати пережити говорить пише каже розповідає мовчить чекає "
        "expects expect confirm hid hides run runs knows know lives live works work serve "
        "выпустить освободить допросить удерживать відмовити обіцяти пообіцяти вимагати запропонувати "
        "наказати запитати відвезти привезти випустити звільняти допитати утримувати"
    )
)


# "Слава и ещё восемь": only people are counted so.
_COMPANY = re.compile(
    r"\s+(?:и|та|й|and|с|з|with)\s+(?:ещ[её]|ще|друг\w+|інш\w+|other|\w+ other|товарищ|сослужив|однополч)",
    re.I,
)


def weigh(page: Page, index: int, part: Part, *, is_beside_own: bool) -> Level | None:
    """Return how grave a form of a sealed name is at token *index*, where it is also an ordinary word."""
    token = page.tokens[index]
    if _is_hail(page, index):
        return None
    is_written_as_name = token.is_capital and not page.is_flat(index)
    if is_beside_own or _has_bearer(page, index) or (is_written_as_name and _is_explained(page, index)):
        return Level.BLOCK
    if part is Part.NICKNAME and _is_many(page, index):
        return None  # a nickname is one person's
    if part is Part.NICKNAME and is_quoted(page, index):
        return Level.BLOCK
    if part is Part.NICKNAME and (not is_written_as_name or _starts_clause(page, index)):
        return _weigh_nickname(page, index)
    if _is_rare(page, index, part):
        return Level.BLOCK
    if not is_written_as_name:
        return Level.WARN if page.is_flat(index) and part is Part.SURNAME else None
    if not _starts_clause(page, index):
        is_in_title = part is Part.NICKNAME and (
            page.labels[index] in {"LOC", "ORG"} or _follows_capital(page, index)
        )
        return Level.WARN if is_in_title else Level.BLOCK
    is_given = part is Part.GIVEN and page.lang == "uk" and page.lemmas[index] not in _HOPES
    return Level.BLOCK if is_given or acts(page, index) or _reads_as_name(page, index, part) else Level.WARN


# Names that are everyday words of Ukrainian; others the dictionary has only as rare ones.
_HOPES = frozenset(
    fold.key(w) for w in fold.table("віра надія любов слава роман лев воля зоря роза лілія світ соля мир")
)


# Who speaks in public, and is no serviceman who hides.
_SPEAKERS = frozenset(
    fold.key(w)
    for w in fold.table(
        "адвокат юрист правозащитник правозащитница журналист журналистка депутат министр губернатор "
        "писатель политолог эксперт глава руководитель координатор директор основатель президент "
        "омбудсмен редактор социолог историк аналитик правозахисник правозахисниця журналістка речник "
        "очільник міністр lawyer journalist minister governor deputy writer expert director founder "
        "president ombudsman editor analyst"
    )
)


def is_introduced(page: Page, index: int) -> bool:
    """Say whether the words before token *index*, or soon after it, call somebody a public speaker."""
    sentence = page.tokens[index].sentence
    around = [*range(max(0, index - 3), index), *range(index + 1, min(index + 6, len(page.tokens)))]
    return any(page.tokens[i].sentence == sentence and page.lemmas[i] in _SPEAKERS for i in around)


def _weigh_nickname(page: Page, index: int) -> Level | None:
    """Nicknames are everyday things more often than surnames are: "the nail of the programme"."""
    token = page.tokens[index]
    is_name = page.lexicon.name_share(token.text, page.lang) > 0 or (
        token.key[:-1] + "а" in page.lexicon.given_names and token.key[-1] in "ауые"
    )
    if page.is_flat(index) and is_name:
        return Level.BLOCK
    is_counted = fold.is_cyrillic(token.text) and page.lang == "ru"
    is_known = not is_counted or any(page.recogniser.is_used(k) for k in (token.key, page.lemmas[index]))
    is_doing = token.is_capital and not page.is_flat(index) and acts(page, index)
    if is_doing or (not is_known and len(token.text) >= 4):
        return Level.BLOCK
    return Level.WARN if token.is_capital and page.labels[index] == "PER" else None


# "Glory to God" is no Slava.
_HAILED = frozenset(
    fold.key(w) for w in ("богу", "аллаху", "україні", "украине", "героям", "россии", "труду")
)


def _is_hail(page: Page, index: int) -> bool:
    return (
        page.tokens[index].key in {"слава", "славу"}
        and index + 1 < len(page.tokens)
        and page.is_joined(index)
        and page.tokens[index + 1].key in _HAILED
    )


def _follows_capital(page: Page, index: int) -> bool:
    """Say whether a capitalised word stands before token *index* that makes a title with it."""
    before = page.tokens[index - 1] if index else None
    return (
        before is not None and before.is_capital and "PREP" not in page.lexicon.tags(before.text, page.lang)
    )


def is_quoted(page: Page, index: int) -> bool:
    """Say whether token *index* stands in quotes, or after a word for a nickname."""
    at = page.tokens[index].at
    return bool(_QUOTED.search(page.text[max(0, at - 30) : at]))


def _is_rare(page: Page, index: int, part: Part) -> bool:
    """Say whether the press seldom uses the word; in small letters among capitals, whether it hardly does."""
    token = page.tokens[index]
    if not fold.is_cyrillic(token.text) or page.lang != "ru" or len(token.text) < 4:
        return False
    if not token.is_capital and part is not Part.SURNAME:
        return False
    is_small = not token.is_capital and not page.is_flat(index)
    is_met = page.recogniser.is_used if is_small else page.recogniser.is_common
    return not any(is_met(key) for key in {token.key, page.lemmas[index]})


def _starts_clause(page: Page, index: int) -> bool:
    token = page.tokens[index]
    return token.is_first or bool(_CLAUSE_START.search(page.text[max(0, token.at - 4) : token.at]))


def _has_bearer(page: Page, index: int) -> bool:
    """Say whether a rank, a word for kin or for who refuses stands right before token *index*."""
    if index == 0 or not page.is_joined(index - 1):
        return False
    # "Родные" is an adjective to the dictionary, so both the word and its lemma are looked at.
    before = {page.lemmas[index - 1], page.tokens[index - 1].key}
    is_loose = bool(before & (_LOOSE | kin_keys()))
    if not is_loose and not before & _BEARERS and not any(is_title(key) for key in before):
        return False
    token = page.tokens[index]
    is_seldom = not any(page.recogniser.is_common(key) for key in (token.key, page.lemmas[index]))
    return not is_loose or is_seldom or token.is_capital or page.is_flat(index)


# Ranks below the officers whom the press names, and words for who refuses.
_SOLDIERS = frozenset(
    fold.key(w)
    for w in fold.table(
        "рядовой ефрейтор сержант старшина прапорщик матрос курсант отказник отказница контрактник срочник "
        "мобилизованный призывник рядовий єфрейтор відмовник мобілізований строковик private corporal "
        "sergeant refuser conscript"
    )
)


def is_soldier(page: Page, index: int) -> bool:
    """Say whether the word before token *index* calls a soldier, one who refused, or kin."""
    if index == 0 or not page.is_joined(index - 1):
        return False
    return bool({page.lemmas[index - 1], page.tokens[index - 1].key} & (_SOLDIERS | kin_keys()))


def _is_explained(page: Page, index: int) -> bool:
    """Say whether a word for kin, or for who refuses, stands after token *index* and a comma."""
    if index + 1 >= len(page.tokens) or page.between(index, index + 1).strip() != ",":
        return False
    after = {page.lemmas[index + 1], page.tokens[index + 1].key}
    return bool(after & (_BEARERS | kin_keys()))


def acts(page: Page, index: int) -> bool:
    """Say whether the sentence goes on with something that people do, or that is done to them."""
    token = page.tokens[index]
    after = page.text[token.at + len(token.text) : token.at + len(token.text) + 20]
    if after.startswith(":") or _COMPANY.match(after):
        return True
    ahead = range(index + 1, min(index + 1 + _REACH, len(page.tokens)))
    if page.lexicon.is_thing(token.text, page.lang):
        # "Правда в том, говорит юрист": what another clause tells is not of a thing.
        ahead = range(index + 1, next((i for i in ahead if "," in page.between(i - 1, i)), ahead.stop))
    return _is_acted_on(page, index) or any(
        page.tokens[i].sentence == token.sentence
        and (page.lemmas[i] in _DEEDS or page.tokens[i].key in _DEEDS)
        for i in ahead
    )


def _is_many(page: Page, index: int) -> bool:
    """Say whether token *index* can only be said of several."""
    tags = [p.tag for p in page.lexicon.parses(page.tokens[index].text.lower(), page.lang) if p.is_known]
    return bool(tags) and fold.is_cyrillic(page.tokens[index].text) and all("plur" in tag for tag in tags)


def _is_acted_on(page: Page, index: int) -> bool:
    """Say whether nobody in particular does something to whom token *index* names: Запорожцю дали."""
    after = index + 1
    if after + 1 < len(page.tokens) and page.tokens[after].key in {"не", "ни"} and page.is_joined(after):
        after += 1
    if not page.is_joined(index) or after >= len(page.tokens):
        return False
    token, verb = page.tokens[index], page.tokens[after]
    if not fold.is_cyrillic(token.text) or verb.sentence != token.sentence:
        return False
    living = [p.tag for p in page.lexicon.parses(token.text.lower(), page.lang) if "anim" in p.tag]
    deed = page.lexicon.parses(verb.text.lower(), page.lang)[0].tag
    # One person does not agree with a plural verb, so somebody else is doing it.
    is_one = bool(living) and not any("plur" in tag and "nomn" in tag for tag in living)
    return is_one and "VERB" in deed and "plur" in deed and "past" in deed


def _reads_as_name(page: Page, index: int, part: Part) -> bool:
    """Say whether a word at the start of a clause is rather a name: so the model reads it, or most people."""
    word = page.tokens[index].text
    if part is Part.NICKNAME or not fold.is_cyrillic(word):
        return False
    if page.lexicon.is_thing(word, page.lang):
        return False
    return page.labels[index] == "PER" or page.lexicon.name_share(word, page.lang) >= _MOSTLY_A_NAME
