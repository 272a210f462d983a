"""
The register as a bundle that anybody can mirror and check.

* ``SHA256SUMS`` names every file but itself and the manifest, in the form of ``sha256sum``.
* ``manifest.txt`` is a signed note: number, day, how many files and entries, the SHA-256 of the sums.
  Its number only grows, so an older copy shows itself to whoever has seen a newer one.
* ``recall.txt`` is a signed note that lists every entry taken down. Mirrors delete what it names. Its number
  is how many those are, so that it only grows too; its day is that of the last.
* ``register.zip`` holds all this; ``register.zip.txt`` is a signed note of its sum. The sums name neither.
* ``VERIFY.txt`` says how to check all this with common tools.

Who verifies brings the public key from elsewhere; a key found in the bundle proves nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

import msgspec

from crypto import note
from crypto.errors import CryptoError
from crypto.signature import SigningKey
from register import plain, removed, sums
from register.entry import is_id
from register.errors import TamperedBundleError
from register.pictures import folder_of
from register.shelf import Gone

SIGNER = "subrosa-register"
MANIFEST, SUMS, RECALL, HOW_TO = "manifest.txt", sums.SUMS, "recall.txt", "VERIFY.txt"
ARCHIVE, ARCHIVE_NOTE = "register.zip", "register.zip.txt"

_HEAD = "subrosa register manifest v1"
_RECALL_HEAD = "subrosa register recall v1"
_ARCHIVE_HEAD = "subrosa register archive v1"
# What the sums cannot name, because it holds or signs them.
_APART = frozenset({MANIFEST, SUMS, ARCHIVE, ARCHIVE_NOTE})
_LINE = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<path>[^\n]+)")
_CHUNK = 1 << 20  # bytes read at once
_NOTE_LIMIT = 16 << 20  # bytes of a signed note: a recall list has room for 400,000 entries


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says of its bundle."""

    number: int
    day: date
    files: int
    entries: int
    sums: str

    def text(self) -> bytes:
        """Write the text that is signed."""
        return (
            f"{_HEAD}\nnumber {self.number}\nday {self.day}\nfiles {self.files}\n"
            f"entries {self.entries}\nsums {self.sums}\n"
        ).encode()


def sign(
    folder: Path, key: SigningKey, listed: sums.Listed, *, number: int, day: date, entries: int
) -> Manifest:
    """Sign the bundle in *folder*, whose sums were just written, under *number*."""
    manifest = Manifest(number=number, day=day, files=listed.files, entries=entries, sums=listed.sums)
    aside = folder / f".{MANIFEST}.new"
    aside.write_bytes(note.sign(manifest.text(), SIGNER, key))
    aside.replace(folder / MANIFEST)
    return manifest


def archive_note(archive: Path, key: SigningKey, *, number: int, day: date, gone: int) -> bytes:
    """Sign the sum of an archive that holds the bundle under *number*, when *gone* entries were recalled."""
    text = f"{_ARCHIVE_HEAD}\nnumber {number}\nday {day}\nrecalled {gone}\nsum {sha256(archive)}\n"
    return note.sign(text.encode(), SIGNER, key)


def drop_archive(folder: Path) -> None:
    """Delete the archive: it holds what is no longer public."""
    for name in (ARCHIVE, ARCHIVE_NOTE):
        (folder / name).unlink(missing_ok=True)


def recall(gone: Iterable[Gone], key: SigningKey) -> bytes:
    """Write the signed list of entries taken down, in the order in which they were."""
    named = list(gone)
    last = f"day {named[-1].day}\n" if named else ""
    lines = "".join(f"{one.id} {one.day} {one.reason}\n" for one in named)
    return note.sign(f"{_RECALL_HEAD}\nnumber {len(named)}\n{last}{lines}".encode(), SIGNER, key)


def recalled(data: bytes, public: bytes) -> tuple[str, ...]:
    """
    Return the ids that a signed recall list names.

    Raises:
        TamperedBundleError: it is not signed by *public*, or its number is not that of what it names.
    """
    number, *lines = _signed(data, public, RECALL, _RECALL_HEAD).splitlines()[1:] or [""]
    named = tuple(line.split()[0] for line in lines if not line.startswith("day "))
    if number != f"number {len(named)}":
        raise TamperedBundleError((f"{RECALL}: cannot be read",))
    return named


def verify(folder: Path, public: bytes, *, at_least: int = 0) -> Manifest:
    """
    Check every file in *folder* against the manifest signed by *public*.

    Does not say that the bundle is the newest; *at_least* refuses one older than a number already seen.

    Raises:
        TamperedBundleError: every file that was changed, is missing or was added, or a bad signature.
    """
    manifest = _manifest(folder, public)
    if manifest.number < at_least:
        raise TamperedBundleError((f"{MANIFEST}: number {manifest.number} is older than {at_least}",))
    listed = _read(folder, SUMS)
    if hashlib.sha256(listed).hexdigest() != manifest.sums:
        named = _parsed(listed)
        whole = {path for path, is_plain in plain.found(folder).items() if is_plain}
        found = _differences(folder, named) + removed.named(folder, named.keys() & whole)
        found = found or [
            f"{MANIFEST}: issue {manifest.number} is not that of the files; it is older, or all were changed"
        ]
        raise TamperedBundleError((f"{SUMS}: changed", *found))
    problems = _differences(folder, _parsed(listed))
    if not problems:
        gone = recalled(_read(folder, RECALL), public)
        problems = _archive_problems(folder, public, len(gone))
    if problems:
        raise TamperedBundleError(tuple(problems))
    return manifest


def check_recalled(folder: Path, recall_list: bytes, public: bytes) -> None:
    """
    Check that *folder* holds no entry that a newer *recall_list* names.

    Raises:
        TamperedBundleError: every entry that must be deleted; or the list is not signed by *public*, or older
            than the copy's own.
    """
    problems = []
    named, own = recalled(recall_list, public), recalled(_read(folder, RECALL), public)
    if len(named) < len(own):
        problems.append(f"{RECALL}: the copy's own list is newer: number {len(own)}, not {len(named)}")
    for public_id in named:
        entry = folder / "data" / "entries" / f"{public_id}.json"
        # Of an entry taken down a tombstone is left; a copy made before that has its words.
        if is_id(public_id) and entry.is_file() and not _is_tombstone(entry):
            problems.append(f"{public_id}: was taken down; delete it")
        elif is_id(public_id) and any((folder / folder_of(public_id)).glob("*")):
            problems.append(f"{public_id}: was taken down; delete its pictures")
    if problems:
        raise TamperedBundleError(tuple(problems))


def _is_tombstone(entry: Path) -> bool:
    try:
        return bool(msgspec.json.decode(entry.read_bytes(), type=dict[str, object])["status"] == "retracted")
    except (msgspec.DecodeError, KeyError):
        return False


def how_to(public: bytes) -> bytes:
    """Write how to check a copy with common tools."""
    return _HOW_TO.format(key=public.hex()).encode()


def sha256(path: Path) -> str:
    """
    Return the SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it is no plain file, or cannot be read.
    """
    digest = hashlib.sha256()
    with plain.opened(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _manifest(folder: Path, public: bytes) -> Manifest:
    text = _signed(_read(folder, MANIFEST), public, MANIFEST, _HEAD)
    fields = dict(line.partition(" ")[::2] for line in text.splitlines()[1:])
    try:
        return Manifest(
            number=int(fields["number"]),
            day=date.fromisoformat(fields["day"]),
            files=int(fields["files"]),
            entries=int(fields["entries"]),
            sums=fields["sums"],
        )
    except (KeyError, ValueError):
        raise TamperedBundleError((f"{MANIFEST}: cannot be read",)) from None


def _signed(data: bytes, public: bytes, name: str, head: str) -> str:
    try:
        unverified = note.UnverifiedNote.parse(data, _NOTE_LIMIT)
        signers = unverified.signers({SIGNER: public})
    except CryptoError:
        raise TamperedBundleError((f"{name}: the signature is broken",)) from None
    if SIGNER not in signers:
        raise TamperedBundleError((f"{name}: not signed by this key",))
    text = unverified.text.decode()
    if text.splitlines()[0] != head:
        raise TamperedBundleError((f"{name}: signed as something else",))
    return text


def _read(folder: Path, name: str) -> bytes:
    try:
        with plain.opened(folder / name) as file:
            return file.read()
    except FileNotFoundError:
        raise TamperedBundleError((f"{name}: missing",)) from None
    except OSError:
        raise TamperedBundleError((f"{name}: no plain file, or cannot be read",)) from None


def _archive_problems(folder: Path, public: bytes, gone: int) -> list[str]:
    """
    Hold the archive, where there is one, against the note signed of it.

    It may be older than the rest, but not older than the last of *gone* entries that were taken down.
    """
    there = [os.path.lexists(folder / name) for name in (ARCHIVE, ARCHIVE_NOTE)]
    if not any(there):
        return []
    if not all(there):
        return [f"{ARCHIVE}: without its note, or the note without it"]
    try:
        text = _signed(_read(folder, ARCHIVE_NOTE), public, ARCHIVE_NOTE, _ARCHIVE_HEAD)
    except TamperedBundleError as error:
        return list(error.problems)
    lines = text.splitlines()
    if f"sum {_sum_of(folder / ARCHIVE)}" not in lines:
        return [f"{ARCHIVE}: changed"]
    if f"recalled {gone}" not in lines:
        return [f"{ARCHIVE}: holds what was taken down since"]
    return []


def _parsed(listed: bytes) -> dict[str, str]:
    found = {}
    for line in listed.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        path = PurePosixPath(match["path"]) if match else PurePosixPath("..")
        if match is None or path.is_absolute() or ".." in path.parts:
            raise TamperedBundleError((f"{SUMS}: a line cannot be read",))
        found[match["path"]] = match["sum"]
    return found


def _differences(folder: Path, listed: Mapping[str, str]) -> list[str]:
    there = plain.found(folder)
    problems = []
    for path in sorted(listed.keys() | (there.keys() - _APART)):
        if path not in listed:
            problems.append(f"{plain.shown(path)}: added")
        elif path not in there:
            problems.append(f"{path}: missing")
        elif _sum_of(folder / path) != listed[path]:
            problems.append(f"{path}: changed")
    return problems


def _sum_of(path: Path) -> str | None:
    """Return the sum of a plain file, and none of what is something else or cannot be read."""
    try:
        return sha256(path)
    except OSError:
        return None


_HOW_TO = """\
How to check this copy of the register with common tools, in this order. Stop where one of them fails: what
comes after it says nothing then.

1. The manifest against the register's key. The key is 64 letters and digits. Take it from a place you trust,
   not from this file; here it is only for comparison:

    {key}

   Type it when the first line asks for it:

    echo "The key, from a place you trust:"; read -r KEY; T=$(mktemp -d); export LC_ALL=C
    printf 302a300506032b6570032100"$KEY" | xxd -r -p > "$T/key"
    sed '/^$/,$d' manifest.txt > "$T/text"
    tail -n 1 manifest.txt | cut -d' ' -f3 | base64 -d | tail -c 64 > "$T/signature"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$T/key" -rawin -in "$T/text" -sigfile "$T/signature"

   It says "Signature Verified Successfully", or this copy is not the register's. What was signed lies in
   "$T/text" now. Read that, not manifest.txt: anybody can add to the file what nobody signed.

2. The sums against what was signed. This says "SHA256SUMS: OK":

    sed -n 's/^sums \\([0-9a-f]*\\)$/\\1  SHA256SUMS/p' "$T/text" | sha256sum -c

3. Every file against its sum. This says nothing:

    sha256sum --check --quiet SHA256SUMS

4. That nothing was added. What the second line names, but for manifest.txt, SHA256SUMS, register.zip and
   register.zip.txt, does not belong here; nor does anything that the third names:

    find . -type f -print0 | tr '\\n\\000' '?\\n' | cut -c3- | sort -u > "$T/there"
    cut -c67- SHA256SUMS | sort - "$T/there" | uniq -u | cat -v
    find . ! -type f ! -type d | cat -v

Where sha256sum is missing (macOS), "shasum -a 256" does the same; OpenSSL 3 is needed for step 1, which
macOS does not bring along.

recall.txt is signed the same way: do step 1 with its name in the place of manifest.txt. If you keep a
mirror, delete every entry that it names. Its number is how many those are: of two lists the one with the
greater number is newer.
register.zip.txt is signed the same way. It gives the sum of register.zip, which may be older than the rest.
If its line "recalled" says less than the number of recall.txt, delete the archive: it holds what was taken
down since.
An older copy has a smaller number in its manifest.
"""
