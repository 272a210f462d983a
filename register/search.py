"""
A search index that needs no server: sorted words with the entries they stand in, cut into small files.

* Every language has its own index, of the words its readers are shown. Those beside the text are among them:
  a branch or a region is looked for by its name, whatever language the text is in.
* Files are scripts that hold data only, so that a copy on a stick can be searched too; one script of ours
  reads them, on one page.
* Words are sorted outside memory, and borders between files stay where they are when words come and go.
* Of a very common word the newest entries are kept.
* Names of people that were marked as such stand in texts and, in whatever form, in no index: nobody is looked
  up here.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import msgspec

from register.entry import Entry
from register.facets import Facet, codes
from register.places import subjects
from register.public import PublicEntry
from register.row import chosen
from register.vocabulary import LANGUAGES, Language
from register.voice import speak

# The shortest word that is kept, and how many entries a word leads to at most, newest first.
SHORTEST, MOST = 3, 1000
# Bytes of one file: cut where a hash picks, at about every thirty-second line, once it is long enough.
_OF_WORDS, _OF_TITLES, _BORDER = (24_000, 96_000), (8_000, 32_000), 32
# Not the grade: of words of doubt nearly every entry has the same.
_LABELLED: tuple[Facet, ...] = ("branch", "service", "subject", "pressure", "outcome")
_WORD = re.compile(rf"[^\W_]{{{SHORTEST},40}}")


@dataclass(frozen=True, slots=True)
class Page:
    """One living entry to be found, its codes, and the names of people in it, by which it must not be."""

    shown: PublicEntry
    names: tuple[str, ...] = ()
    coded: tuple[tuple[Facet, str], ...] = ()


def coded(entry: Entry) -> tuple[tuple[Facet, str], ...]:
    """Return the codes of *entry* whose labels readers look for."""
    return tuple((facet, code) for facet in _LABELLED for code in codes(entry, facet))


def write(folder: Path, pages: Iterable[Page], languages: Iterable[Language]) -> list[str]:
    """Write the index of *pages*, newest first, into *folder*; return the names of its files."""
    ids: list[str] = []
    with closing(_sorter()) as db:
        for n, page in enumerate(pages):
            shown, hidden = page.shown, _forms_of(page.names)
            ids.append(shown.id)
            for language in languages:
                db.execute("INSERT INTO title VALUES (?, ?, ?)", (language, shown.id, _line(shown, language)))
                said = words(shown, language).union(*(_label(language, *one) for one in page.coded))
                lines = ((language, word, n) for word in said if not hidden(word))
                db.executemany("INSERT INTO posting VALUES (?, ?, ?)", lines)
        return [name for language in languages for name in _index(db, folder, language, ids)]


def words(shown: PublicEntry, language: Language) -> set[str]:
    """Return the words of an entry as a reader of *language* may look for them."""
    tongue = language if language in shown.text else _original(shown)
    texts = [chosen(shown.title, language, tongue), *(block.text for block in shown.text.get(tongue, ()))]
    texts += [chosen(update.text, language, tongue) for update in shown.updates]
    texts += [place.name for place in shown.places]
    texts += [source.outlet_full or source.outlet for source in shown.sources]
    return {word for text in texts for word in _words_of(text)} | {shown.id}


@cache
def _label(language: Language, facet: Facet, code: str) -> frozenset[str]:
    """Return the words a code is shown by; there are some hundred codes."""
    label = subjects()[code].name(language) if facet == "subject" else speak(language).say(f"{facet}.{code}")
    return frozenset(_words_of(label))


def _forms_of(names: tuple[str, ...]) -> Callable[[str], bool]:
    """Return what tells whether a word is a form of one of *names*; rules are loaded when needed."""
    if not names:
        return lambda _word: False
    from register import unnamed  # noqa: PLC0415

    keys = unnamed.keys_of(names)
    return lambda word: unnamed.is_form(word, keys)


def folded(text: str) -> str:
    """Write *text* as it is compared: small letters, without stress marks, е for ё."""
    plain = unicodedata.normalize("NFC", text.casefold()).replace("ё", "е")
    return plain.replace("\u0301", "").replace("’", "'").replace("ʼ", "'")


def _words_of(text: str) -> list[str]:
    found: list[str] = _WORD.findall(folded(text))
    return found


def _index(db: sqlite3.Connection, folder: Path, language: Language, ids: list[str]) -> Iterator[str]:
    """Write the files of one language."""
    (folder / language).mkdir(parents=True)
    found = db.execute("SELECT word, n FROM posting WHERE language = ? ORDER BY word, n", (language,))
    postings = (
        (word, [ids[n] for _, n in lines][:MOST]) for word, lines in groupby(found, key=lambda line: line[0])
    )
    titles = (
        (public_id, msgspec.Raw(line))
        for public_id, line in db.execute(
            "SELECT id, line FROM title WHERE language = ? ORDER BY id", (language,)
        )
    )
    contents: dict[str, list[tuple[str, str]]] = {}
    for kind, lines, sizes in (("words", postings, _OF_WORDS), ("titles", titles, _OF_TITLES)):
        contents[kind] = []
        for first, data in _cut(lines, *sizes):
            name = f"{language}/{kind[0]}{hashlib.sha256(first.encode()).hexdigest()[:12]}.js"
            (folder / name).write_bytes(b"subrosa(" + data + b")\n")
            contents[kind].append((first, name))
            yield name
    name = f"{language}/index.js"
    (folder / name).write_bytes(b"subrosa(" + msgspec.json.encode(contents) + b")\n")
    yield name


def _cut(lines: Iterable[tuple[str, object]], small: int, large: int) -> Iterator[tuple[str, bytes]]:
    """Cut sorted *lines* into objects of bounded size; give each with its first key."""
    held: list[bytes] = []
    first, size = "", 0
    for key, value in lines:
        if not held:
            first, size = key, 0
        line = msgspec.json.encode(key) + b":" + msgspec.json.encode(value)
        held.append(line)
        size += len(line)
        picked = size >= small and hashlib.sha256(key.encode()).digest()[0] % _BORDER == 0
        if picked or size >= large:
            yield first, b"{" + b",\n".join(held) + b"}"
            held = []
    if held:
        yield first, b"{" + b",\n".join(held) + b"}"


def _sorter() -> sqlite3.Connection:
    """Open a nameless table on disk to sort in; it is gone when it is closed."""
    db = sqlite3.connect("", isolation_level=None)
    db.execute("CREATE TABLE posting (language TEXT, word TEXT, n INTEGER)")
    db.execute("CREATE TABLE title (language TEXT, id TEXT, line BLOB)")
    db.execute("BEGIN")
    return db


def _line(shown: PublicEntry, language: Language) -> bytes:
    """Write what is shown of an entry that was found: its title, the title's language, its month."""
    original = _original(shown)
    tongue = language if language in shown.title else original
    return msgspec.json.encode((chosen(shown.title, language, original), tongue, shown.month))


def _original(shown: PublicEntry) -> Language:
    return next((one for one in LANGUAGES if one == shown.original), "en")
