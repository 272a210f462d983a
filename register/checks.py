"""What must hold before an entry may be public. Every reason is given, not the first."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from register.entry import Entry, Picture, Source, is_id
from register.pictures import EDGE, MOST, is_name
from register.places import subjects
from register.vocabulary import WITHOUT_SOURCE_BY_NATURE

_MONTH = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")
# What no file of the register can hold (a feed with one in it opens nowhere), and what turns the direction of
# writing, so that a page reads otherwise than it is written.
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_WEB = re.compile(r"https?://[^\s\"<>]+")


def problems(entry: Entry) -> tuple[str, ...]:
    """Return the code of every reason why *entry* may not be published; empty when it may."""
    urls = [url for source in _sources(entry) for url in (source.url, source.archive_url) if url]
    targets = [relation.target for relation in entry.relations] + ([entry.parent] if entry.parent else [])
    found = {
        "not_an_id": not is_id(entry.id),
        "kind_is_never_public": not entry.is_publishable,
        "title_missing": not entry.title.get(entry.original, "").strip(),
        "text_missing": not entry.text(entry.original).strip(),
        "hidden_characters": any(_HIDDEN.search(text) for text in _texts(msgspec.to_builtins(entry))),
        "month_malformed": entry.month is not None and not _MONTH.fullmatch(entry.month),
        "subject_unknown": any(place.subject not in (None, *subjects()) for place in entry.places),
        "address_not_of_the_web": not all(_WEB.fullmatch(url) for url in urls),
        "digest_malformed": not all(is_name(one.sha256) for one in _sources(entry) if one.sha256),
        "relation_malformed": not all(is_id(target) for target in targets) or entry.id in targets,
        "grade_needs_a_source": not _is_graded_fairly(entry),
        "picture_malformed": not _are_pictures(entry.pictures),
        "picture_undescribed": not all(
            one.alt.get(language, "").strip()
            for one in entry.pictures
            for language in {entry.original, *entry.title, *entry.body}
        ),
    }
    return tuple(code for code, holds in found.items() if holds)


def _is_graded_fairly(entry: Entry) -> bool:
    """Without a public source only "sources withheld" is true, or a general statement of the editors."""
    if entry.sources or entry.corroboration.grade == "withheld":
        return True
    return entry.corroboration.grade == "editors" and entry.item_type in WITHOUT_SOURCE_BY_NATURE


def _are_pictures(pictures: tuple[Picture, ...]) -> bool:
    names = {one.sha256 for one in pictures}
    sizes = [side for one in pictures for side in (one.width, one.height)]
    return (
        len(names) == len(pictures) <= MOST
        and all(is_name(name) for name in names)
        and all(1 <= side <= EDGE for side in sizes)
    )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _texts(one))
    elif isinstance(value, (list, tuple)):
        yield from (text for one in value for text in _texts(one))


def _sources(entry: Entry) -> list[Source]:
    return [*entry.sources, *(source for update in entry.updates for source in update.sources)]
