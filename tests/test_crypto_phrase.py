"""A phrase is read as frightened people type it, and never as anything it is not."""

from __future__ import annotations

import contextlib
import os
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import handle, mailbox, phrase, words
from crypto.errors import CryptoError, MalformedError, NotForUsError, TamperedError
from crypto.phrase import Phrase, UnknownWordsError, WrongCheckError, WrongCountError

phrases = st.binary(min_size=13, max_size=13).map(lambda raw: phrase.generate(lambda size: raw[:size]))
langs = st.sampled_from(["ru", "uk", "en"])
TESS = phrase.generate(lambda size: bytes(range(7, 7 + size)))
RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"


@given(one=phrases, lang=langs)
@settings(max_examples=100, deadline=None)
def test_a_phrase_that_is_shown_is_read_back(one: Phrase, lang: str) -> None:
    assert phrase.parse(" ".join(one.words(lang))) == one


@given(one=phrases, choice=st.lists(langs, min_size=10, max_size=10))
@settings(max_examples=50, deadline=None)
def test_words_of_both_lists_may_be_mixed(one: Phrase, choice: list[str]) -> None:
    assert phrase.parse(" ".join(one.words(lang)[place] for place, lang in enumerate(choice))) == one


@pytest.mark.parametrize(
    "typed",
    [
        "{}".format(" ".join(TESS.words("ru")).upper()),
        ", ".join(word.capitalize() for word in TESS.words("ru")) + ".",
        "\n".join(f"{place}. {word}" for place, word in enumerate(TESS.words("ru"), 1)),
        "-".join(word[:4] for word in TESS.words("ru")),
        " ".join(word.replace("е", "ё") for word in TESS.words("ru")),
        " ".join(TESS.words("ru")).translate(str.maketrans(RUSSIAN, LATIN)),
        " ".join(TESS.words("en")).translate(str.maketrans(LATIN, RUSSIAN)),
        " ".join(TESS.words("ru")).translate(str.maketrans("асеорху", "aceopxy")),
        " ".join(TESS.words("ru")).translate(str.maketrans("ыэъ", "ієї")),
        " ".join("".join(char + "\u200b" for char in word) for word in TESS.words("ru")),
        " ".join(word[0] + word[1:].replace("о", "о\u0301") for word in TESS.words("ru")),
        "Здравствуйте, вот моя фраза: " + " ".join(TESS.words("ru")) + " спасибо",
        " ".join(TESS.words("ru")).encode("utf-8").decode("utf-8") + " ❤️",
        "\u00a0".join(TESS.words("en")),
    ],
)
def test_a_phrase_is_read_however_it_is_typed(typed: str) -> None:
    assert phrase.parse(typed) == TESS


@given(place=st.integers(0, 9), other=st.integers(0, 2047))
def test_a_wrong_known_word_is_noticed_nearly_always(place: int, other: int) -> None:
    changed = list(TESS.words("ru"))
    if changed[place] == words.load("ru").words[other]:
        return
    changed[place] = words.load("ru").words[other]
    with contextlib.suppress(WrongCheckError):
        assert phrase.parse(" ".join(changed)) != TESS


def test_one_wrong_word_in_a_thousand_gets_past_the_check() -> None:
    chance, passed = random.Random(5), 0
    for _ in range(5000):
        changed = list(TESS.words("en"))
        changed[chance.randrange(10)] = words.load("en").words[chance.randrange(2048)]
        try:
            passed += phrase.parse(" ".join(changed)) != TESS
        except WrongCheckError:
            continue
    assert passed < 20


def test_a_slip_of_the_finger_is_named_and_the_right_word_offered() -> None:
    typed = list(TESS.words("ru"))
    right = typed[6]
    typed[6] = right[:2] + "щъ" + right[2:]
    with pytest.raises(UnknownWordsError) as caught:
        phrase.parse(" ".join(typed))
    assert caught.value.positions == (7,)
    assert caught.value.suggestions == ((right,),)


def test_no_error_shows_what_was_typed() -> None:
    typed = [*TESS.words("ru")[:8], "секретноеслово", "другоеслово"]
    for text in (" ".join(typed), " ".join(typed[:7]), " ".join(reversed(TESS.words("ru")))):
        with pytest.raises(phrase.PhraseError) as caught:
            phrase.parse(text)
        shown = str(caught.value) + repr(caught.value)
        assert not any(word in shown for word in (*typed, *TESS.words("en")))
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("count", [0, 1, 9, 11, 500])
def test_another_number_of_words_is_said_so(count: int) -> None:
    with pytest.raises(WrongCountError) as caught:
        phrase.parse(" ".join(["лавка"] * count))
    assert caught.value.count == min(count, 167)  # a thousand characters are read, no more


def test_nine_unknown_words_cost_little() -> None:
    text = " ".join("абвгдежзик"[place:] + "ъщъщъщъ" * 12 for place in range(10))
    start = time.perf_counter()
    for _ in range(5):
        with pytest.raises(phrase.PhraseError):
            phrase.parse(text)
    assert time.perf_counter() - start < 1


@given(text=st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_phrase_or_an_error_of_ours(text: str) -> None:
    try:
        phrase.parse(text)
    except phrase.PhraseError:
        phrase.resembles(text)


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте, мой сын отказался ехать и его держат в части",
        "Помогите пожалуйста, мужа увезли вчера вечером, телефон не отвечает, что делать",
        "My brother refused to go back and they took his documents away",
        "спасибо",
        "да",
        "",
        "1234567890",
        "Де мій чоловік, його забрали вранці з військкомату, скажіть будь ласка",
    ],
)
def test_ordinary_messages_do_not_resemble_a_phrase(text: str) -> None:
    assert not phrase.resembles(text)


def test_a_phrase_with_three_wrong_words_still_resembles_one() -> None:
    assert phrase.resembles(" ".join((*TESS.words("ru")[:7], "ааа", "ббб", "ввв")))
    assert phrase.resembles(" ".join(TESS.words("en")))
    assert phrase.resembles(" ".join(TESS.words("ru")).translate(str.maketrans(RUSSIAN, LATIN)))


def test_a_word_asked_back_is_recognised_in_either_language() -> None:
    for lang in ("ru", "en"):
        assert TESS.has_word(3, " " + TESS.words(lang)[2].upper() + "! ")
        assert not TESS.has_word(3, TESS.words(lang)[3])
    assert not TESS.has_word(3, "")


def test_the_repr_of_a_phrase_shows_no_word() -> None:
    assert repr(TESS) == "Phrase()"


@pytest.mark.parametrize("entropy", [b"", bytes(12), bytes(14), b"\x10" + bytes(12)])
def test_what_is_not_a_hundred_bits_is_no_phrase(entropy: bytes) -> None:
    with pytest.raises(MalformedError):
        Phrase(entropy)


# --- the lists


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_list_has_2048_words_known_by_four_letters(lang: str) -> None:
    listed = words.load(lang).words
    assert len(listed) == len({words.fold(word)[:4] for word in listed}) == 2048
    assert list(listed) == sorted(listed)


def test_russian_words_are_short_plain_and_not_one_letter_apart() -> None:
    listed = words.load("ru").words
    alphabet = set("абвгдежзийклмнопрстуфхцчшщъыьэюя")
    assert all(4 <= len(word) <= 8 and set(word) <= alphabet for word in listed)
    blanked = [word[:place] + "_" + word[place + 1 :] for word in listed for place in range(len(word))]
    assert len(blanked) == len(set(blanked))


def test_no_word_of_one_list_is_a_word_of_the_other_typed_on_the_wrong_layout() -> None:
    switched = (words.fold(word).translate(str.maketrans(RUSSIAN, LATIN)) for word in words.load("ru").words)
    assert not [word for word in switched if words.find(word) is not None]


def test_no_russian_word_speaks_of_war() -> None:
    stems = "войн арми солд оруж танк ракет бомб взры смер убий тюрь арес труп кров моги плен фрон окоп снар"
    listed = {word[:4] for word in words.load("ru").words}
    assert not listed & set(stems.split())


def test_an_unknown_language_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no word list"):
        TESS.words("de")


# --- handles and mailboxes


def test_a_handle_fits_a_button_and_comes_back_from_it() -> None:
    one = handle.generate(os.urandom)
    data = one.data("a" * 21)
    assert len(data.encode()) == 64
    assert handle.parse(data) == ("a" * 21, one)
    assert handle.parse(one.data("o")) == ("o", one)


@pytest.mark.parametrize(
    "data", ["", "o", "A" * 43, "A" * 42 + "B" + "o", "A" * 43 + "Ж", "A" * 43 + "o" * 22, "=" * 50]
)
def test_what_is_no_handle_is_malformed(data: str) -> None:
    with pytest.raises(MalformedError):
        handle.parse(data)


@given(data=st.text(max_size=70))
def test_any_callback_data_is_a_handle_or_malformed(data: str) -> None:
    try:
        action, one = handle.parse(data)
    except MalformedError:
        return
    assert one.data(action) == data


def test_the_repr_of_a_handle_shows_nothing() -> None:
    one = handle.generate(os.urandom)
    assert repr(one) == "Handle()"
    assert repr(one.mailbox()) == "<Mailbox>"


def test_a_mailbox_follows_from_its_secret_and_from_nothing_else() -> None:
    one, again, other = mailbox.derive(b"r" * 32), mailbox.derive(b"r" * 32), mailbox.derive(b"s" * 32)
    assert (one.id, one.identity.seed, one.route_key) == (again.id, again.identity.seed, again.route_key)
    secrets = {one.id, one.identity.seed, one.route_key, other.id, other.identity.seed, other.route_key}
    assert len(secrets) == 6


def test_a_route_opens_in_its_own_mailbox_only() -> None:
    one, other = TESS.mailbox(), mailbox.derive(b"s" * 32)
    sealed = one.seal_route(b"c" * 16)
    assert one.open_route(sealed) == b"c" * 16
    assert b"c" * 16 not in sealed
    with pytest.raises(TamperedError):
        other.open_route(sealed)
    with pytest.raises(CryptoError):
        one.open_route(sealed[:-1])
    with pytest.raises(NotForUsError):
        one.open_route(b"\1" + sealed[1:])
