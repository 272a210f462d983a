"""An entry: its canonical bytes, its id, and what keeps it from being public."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from register import entry as model
from register import examples, public
from register.checks import problems
from register.entry import Corroboration, Entry, Mark, Part, Place, Relation, Source
from register.errors import MalformedEntryError, UnknownVersionError
from register.records import first


def told(**changes: object) -> Entry:
    """Return a small entry as an editor begins it, under a fixed id."""
    entry = Entry.new(
        title={"ru": "Отказался ехать", "en": "Refused to go"},
        body={"ru": "Он отказался.\n\nЕго не отправили.", "en": "He refused.\n\nHe was not sent."},
        branch="marines",
        month="2026-02",
        subject="RU-PSK",
        outcome=("not_sent",),
        random=lambda size: b"\x01" * size,
    )
    return msgspec.structs.replace(entry, **changes)


def test_an_entry_read_back_is_the_same_entry() -> None:
    entry = told()
    assert model.loads(model.dumps(entry)) == entry


@given(st.text(max_size=200), st.text(max_size=40), st.lists(st.text(max_size=20), max_size=4))
def test_any_words_survive_the_canonical_form(body: str, by: str, wording: list[str]) -> None:
    entry = told(
        body={"uk": (model.Block(text=body, by=by or None, kind="quote"),)},
        corroboration=Corroboration(wording=tuple(wording)),
    )
    assert model.loads(model.dumps(entry)) == entry


def test_bytes_that_are_not_exactly_canonical_are_refused() -> None:
    written = model.dumps(told())
    for other in (
        b" " + written,
        written.replace(b'"original"', b'"original"') + b"\n",
        written[:-1] + b',"unheard_of":1}',
        written.replace(b'"month":"2026-02"', b'"month":"2026-02","month":"2026-02"'),
        written.replace(b'"marines"', b'"pirates"'),
        b"[]",
        b"",
        b"{" * 5000,
    ):
        with pytest.raises(MalformedEntryError):
            model.loads(other)


def test_an_entry_of_a_newer_program_says_so() -> None:
    with pytest.raises(UnknownVersionError):
        model.loads(model.dumps(told()).replace(b"subrosa-entry-1", b"subrosa-entry-2"))


def test_a_fault_names_the_place_and_never_the_words() -> None:
    broken = model.dumps(told()).replace(b'"2026-02"', b'["Tess Canary"]')
    with pytest.raises(MalformedEntryError) as refused:
        model.loads(broken)
    assert "$.month" in str(refused.value)
    assert "Canary" not in str(refused.value) + repr(refused.value)


def test_a_field_left_at_its_default_leaves_the_bytes_alone() -> None:
    assert b"outdated" not in model.dumps(told())
    assert model.fingerprint(told(outdated=())) == model.fingerprint(told())


def test_what_is_typed_anew_as_a_default_leaves_the_bytes_alone() -> None:
    """Equal entries have equal bytes, whether a value is the default or only says the same."""

    def typed(word: str) -> str:
        return "".join(list(word))

    plain = told(forces=(model.Force(),), places=(model.Place(name="x"),))
    again = msgspec.structs.replace(
        plain,
        original=typed("ru"),
        body={
            lang: tuple(model.Block(text=one.text, kind=typed(one.kind)) for one in blocks)
            for lang, blocks in plain.body.items()
        },
        forces=(model.Force(branch=typed("unspecified"), as_written=typed("")),),
        places=(model.Place(name="x", role=typed("mentioned")),),
        legal=model.Legal(articles=()),
        corroboration=Corroboration(grade=typed("withheld")),
    )
    assert again == plain
    assert model.dumps(again) == model.dumps(plain)
    assert model.loads(model.dumps(again)) == plain


def test_an_id_is_drawn_and_not_derived_from_the_words() -> None:
    one, other = (Entry.new(title={"ru": "А"}, body={"ru": "Б"}) for _ in range(2))
    assert one.id != other.id
    assert model.is_id(one.id)


def test_an_entry_told_by_a_tipster_is_published_as_sources_withheld() -> None:
    assert told().corroboration.grade == "withheld"
    assert problems(told()) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": {"en": "only a translation"}}, "title_missing"),
        ({"title": {"ru": "Звонок\x07"}}, "hidden_characters"),
        ({"body": {"ru": (model.Block(text="Оборот\u202e"),)}}, "hidden_characters"),
        ({"sources": (Source(outlet="Газета\x00"),)}, "hidden_characters"),
        ({"body": {}}, "text_missing"),
        ({"month": "2026-13"}, "month_malformed"),
        ({"item_type": "notice"}, "kind_is_never_public"),
        ({"sources": (Source(outlet="X", url="javascript:alert(1)"),)}, "address_not_of_the_web"),
        ({"sources": (Source(outlet="X", sha256="89161234567"),)}, "digest_malformed"),
        ({"relations": (Relation(type="see_also", target="../../etc"),)}, "relation_malformed"),
        ({"parent": "nowhere!"}, "relation_malformed"),
        ({"places": (model.Place(name="x", subject="RU-XXX"),)}, "subject_unknown"),
        ({"corroboration": Corroboration(grade="several_sources")}, "grade_needs_a_source"),
        ({"corroboration": Corroboration(grade="editors")}, "grade_needs_a_source"),
        ({"id": "../evil"}, "not_an_id"),
    ],
)
def test_what_must_not_be_public_is_named(change: dict[str, object], reason: str) -> None:
    assert reason in problems(told(**change))


def test_the_gate_sees_every_word_that_a_reader_would() -> None:
    entry = told(
        outcome=(Mark(code="other", words={"ru": "слова исхода"}),),
        sources=(Source(outlet="название газеты", url="https://post.example/adres", day=date(2026, 2, 1)),),
        quotes=(model.Quote(text="слова цитаты", speaker="кто сказал"),),
        corrections=(model.Correction(day=date(2026, 3, 1), text={"ru": "слова исправления"}),),
        updates=(model.Update(text={"uk": "слова продовження"}, kind="outcome_change"),),
        forces=(model.Force(branch="marines", unit="название части"),),
        places=(model.Place(name="название села"),),
        persons=(model.Person(name="Имя Тайное", role="refuser"),),
        notes=("только редакции",),
    )
    seen = public.texts(entry)
    assert set(seen) == {"ru", "en", "uk"}
    assert seen["ru"].startswith("Отказался ехать\n\nОн отказался.\n\nЕго не отправили.")
    for words in ("слова исхода", "слова исправления"):
        assert words in seen["ru"]
        assert words not in seen["en"]
    for words in ("газеты", "adres", "слова цитаты", "кто сказал", "название части", "название села"):
        assert all(words in text for text in seen.values())
    assert "продовження" in seen["uk"]
    assert not any(words in text for text in seen.values() for words in ("Тайное", "только редакции"))


def test_the_gate_sees_every_text_of_the_public_form() -> None:
    """A field that is added to the public form and forgotten for the gate fails here."""
    of_codes = {"id", "status", "published", "changed", "changes", "reason", "type", "is_refusal", "original"}
    of_codes |= {"outdated_translations", "part_of", "merged_into", "month", "service", "corroboration"}
    seen = {"title", "text", "forces", "places", "dates", "counts", "what_refused", "grounds", "pressure"}
    seen |= {"outcome", "articles", "proceedings", "attribution", "wording", "sources", "quotes", "updates"}
    seen |= {"relations", "corrections", "pictures"}
    assert of_codes | seen == set(public.PublicEntry.__struct_fields__)


# Ids, months and subjects are no free text: `problems` refuses whatever is not one of them.
CHECKED = {"id": "0123456789", "parent": "abcdefghjk", "target": "abcdefghjk"}
CHECKED |= {"month": "2026-02", "subject": "RU-PSK"}


def filled(kind: msgspec.inspect.Type, name: str, number: Iterator[int], language: str) -> Any:
    """Return a value of *kind* in which every text is a word of its own, in *language* where it has one."""
    match kind:
        case msgspec.inspect.StrType():
            return CHECKED.get(name) or f"zq{next(number)}qz"
        case msgspec.inspect.LiteralType():
            return language if set(kind.values) == {"ru", "uk", "en"} else kind.values[0]
        case msgspec.inspect.UnionType():
            return filled(next(one for one in kind.types if not _is_none(one)), name, number, language)
        case msgspec.inspect.VarTupleType():
            return (filled(kind.item_type, name, number, language),)
        case msgspec.inspect.TupleType():
            return tuple(filled(one, name, number, language) for one in kind.item_types)
        case msgspec.inspect.DictType():
            key = filled(kind.key_type, name, number, language)
            return {key: filled(kind.value_type, name, number, language)}
        case msgspec.inspect.StructType():
            values = {one.name: filled(one.type, one.name, number, language) for one in kind.fields}
            return kind.cls(**values)
        case msgspec.inspect.DateType():
            return date(2026, 2, 1)
        case msgspec.inspect.IntType():
            return 1
        case msgspec.inspect.BoolType():
            return True
    raise AssertionError(kind)


def _is_none(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.NoneType)


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_word_that_may_be_public_is_a_word_the_gate_sees(language: str) -> None:
    """Texts of every field that a list may fill, whatever it is called; codes of closed lists by type."""
    entry = filled(msgspec.inspect.type_info(Entry), "", itertools.count(100), language)
    printed = set(re.findall(r"zq\d+qz", msgspec.json.encode(public.public(first(entry, date.min))).decode()))
    seen = public.texts(entry)[language]  # type: ignore[index]
    assert len(printed) > 35
    assert sorted(word for word in printed if word not in seen) == []


@pytest.mark.parametrize(
    "change",
    [
        {"corrections": (model.Correction(day=date(2026, 3, 1), text={"en": "Removed the name"}),)},
        {"what_refused": {"en": "Removed the name"}},
        {"pressure": (Mark(code="other", words={"en": "Removed the name"}),)},
    ],
)
def test_words_in_a_language_that_nothing_else_is_in_are_seen(change: dict[str, object]) -> None:
    entry = told(title={"ru": "Отказ"}, body={"ru": model.paragraphs("Отказался.")}, **change)
    assert "Removed the name" in public.texts(entry)["en"]


def test_the_practice_register_may_all_be_published() -> None:
    living = [record.entry for record in examples.load() if record.entry]
    assert 8 <= len(living) <= 12
    for entry in living:
        assert problems(entry) == ()
        assert set(entry.title) == set(entry.body) == {"ru", "uk", "en"}


def test_every_part_of_an_entry_refuses_unknown_fields() -> None:
    parts = [value for value in vars(model).values() if isinstance(value, type) and issubclass(value, Part)]
    assert len(parts) > 15
    for part in parts:
        assert part is Part or part.__struct_config__.forbid_unknown_fields
    assert get_args(model.Language)


def test_a_village_filed_under_a_subject_is_text_the_gate_sees() -> None:
    """A place's own name is somebody's words, whatever subject it lies in; the subject's name is not."""
    village = Place(name="село Х, ул. Ленина, 5", subject="RU-PSK")
    whole = Place(name=None, subject="RU-PSK")
    made = msgspec.structs.replace(
        Entry.new(title={"ru": "Отказ"}, body={"ru": "Отказался."}), places=(village, whole)
    )
    assert "ул. Ленина" in public.texts(made)["ru"]
    assert "Псков" not in public.texts(made)["ru"]
