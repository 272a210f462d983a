"""Write the frozen vectors: build something valid, break one thing, say what must happen."""

# ruff: noqa: E501  (a table of faults is read by line, not by screen width)

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from crypto import context, keyring, lock, note, phrase, roster, stream
from crypto.encoding import decode, encode
from crypto.header import Header, Stanza
from crypto.padding import EXACT
from crypto.sealed import CONTEXT_STANZA, rewrap, seal
from crypto.signature import SigningKey
from crypto.xwing import MLKEM_SHARE_SIZE, STANZA, Identity

Row = tuple[str, dict[str, str | list[str]], bytes]

ALICE, BOB = (Identity.from_seed(bytes([number]) * 32) for number in (1, 2))
HERE = context.item(b"\xca" * 16, "content", 0, b"\x17" * 16, "text")
THERE = context.item(b"\xcb" * 16, "content", 0, b"\x17" * 16, "text")
FILE_KEY, NONCE = b"sub rosa, 16 byt", b"nonce, 16 bytes."
TEXT = "под розой".encode()
FRAMED = len(TEXT).to_bytes(4, "big") + TEXT


def bound(where: bytes = HERE) -> Stanza:
    return Stanza(CONTEXT_STANZA, (encode(hashlib.sha256(where).digest()),), b"")


def build(stanzas: list[Stanza], framed: bytes = FRAMED, file_key: bytes = FILE_KEY) -> bytes:
    key = stream.payload_key(file_key, NONCE)
    payload = b"".join(stream.encrypt_chunks(key, io.BytesIO(framed).read))
    return Header.make(stanzas, file_key).write() + NONCE + payload


def sealed() -> Iterator[Row]:
    mine = ALICE.recipient.wrap(FILE_KEY)
    good = build([bound(), mine])
    share = bytearray(decode(mine.arguments[0], part="share"))
    share[MLKEM_SHARE_SIZE:] = bytes(32)
    digest = hashlib.sha256(HERE).digest()
    rows: dict[str, tuple[str, str, bytes]] = {
        "ok": ("success", "one recipient", good),
        "ok_padded": ("success", "text sizes", seal(TEXT, [ALICE.recipient], HERE)),
        "ok_two": ("success", "two recipients", seal(TEXT, [BOB.recipient, ALICE.recipient], HERE, sizes=EXACT)),
        "ok_rewrapped": ("success", "re-wrapped by Bob", rewrap(seal(TEXT, [BOB.recipient], HERE, sizes=EXACT), BOB, [ALICE.recipient], HERE)),
        "ok_unknown_stanza": ("success", "a stanza of another kind", build([bound(), Stanza("example.com/x", ("1",), b"?"), mine])),
        "not_for_us": ("not for us", "sealed to Bob", seal(TEXT, [BOB.recipient], HERE, sizes=EXACT)),
        "context_missing": ("malformed", "no context stanza", build([mine])),
        "context_twice": ("malformed", "the same context twice", build([bound(), bound(), mine])),
        "context_other": ("tampered", "another case", build([bound(THERE), mine])),
        "context_body": ("malformed", "the context stanza has a body", build([replace(bound(), body=b"x"), mine])),
        "context_bare": ("malformed", "the context stanza has no argument", build([replace(bound(), arguments=()), mine])),
        "context_long": ("malformed", "the context stanza has two arguments", build([replace(bound(), arguments=(encode(digest), "x")), mine])),
        "context_cut": ("tampered", "31 bytes of the hash", build([replace(bound(), arguments=(encode(digest[:31]),)), mine])),
        "context_flipped": ("tampered", "one bit of the context", good.replace(encode(digest).encode(), encode(bytes([digest[0] ^ 1]) + digest[1:]).encode())),
        "recipients_17": ("malformed", "seventeen recipients", build([bound(), mine, *(BOB.recipient.wrap(FILE_KEY) for _ in range(16))])),
        "share_low_order": ("malformed", "the X25519 share is zero", build([bound(), Stanza(STANZA, (encode(bytes(share)),), mine.body)])),
        "share_short": ("malformed", "1119 bytes of share", build([bound(), Stanza(STANZA, (encode(bytes(share[:-1])),), mine.body)])),
        "body_long": ("malformed", "a wrapped key of 24 bytes", build([bound(), ALICE.recipient.wrap(FILE_KEY + b"12345678")])),
        "two_faced": ("tampered", "wraps a key that the MAC is not of", build([bound(), ALICE.recipient.wrap(b"x" * 16), BOB.recipient.wrap(FILE_KEY)])),
        "payload_flipped": ("tampered", "one bit of the payload", good[:-1] + bytes([good[-1] ^ 1])),
        "payload_cut": ("tampered", "one byte less", good[:-1]),
        "payload_extended": ("tampered", "one byte more", good + b"\0"),
        "payload_none": ("tampered", "nothing after the nonce", good[: -len(FRAMED) - 16]),
        "nonce_cut": ("malformed", "fifteen bytes of nonce", good[: -len(FRAMED) - 17]),
        "padding_not_zero": ("malformed", "the last byte is 1", build([bound(), mine], FRAMED + b"\0\0\1")),
        "padding_length": ("malformed", "the length is one too many", build([bound(), mine], (len(TEXT) + 1).to_bytes(4, "big") + TEXT)),
        "padding_none": ("malformed", "three bytes in all", build([bound(), mine], b"\0\0\0")),
        "version": ("unknown version", "age version 2", good.replace(b"/v1", b"/v2", 1)),
        "not_age": ("malformed", "another first line", good.replace(b"age", b"ago", 1)),
        "crlf": ("malformed", "line ends of Windows", good[:80].replace(b"\n", b"\r\n") + good[80:]),
    }  # fmt: skip
    for name, (expect, comment, body) in rows.items():
        fields: dict[str, str | list[str]] = {"expect": expect, "comment": comment}
        if expect == "success":
            fields["payload"] = TEXT.hex()
        yield f"sealed_{name}", fields | {"seed": ALICE.seed.hex(), "context": HERE.hex()}, body


def locked() -> Iterator[Row]:
    key = lock.Key(7, b"k" * 32)
    good = lock.lock(key, TEXT, HERE)
    rows = {
        "ok": ("success", "right key and context", good),
        "number": ("not for us", "names key 8", b"\0\0\0\x08" + good[4:]),
        "context": ("tampered", "locked for another case", lock.lock(key, TEXT, THERE)),
        "key": ("tampered", "another key 7", lock.lock(lock.Key(7, b"x" * 32), TEXT, HERE)),
        "flipped": ("tampered", "one bit", good[:-1] + bytes([good[-1] ^ 1])),
        "nonce_flipped": ("tampered", "one bit of the nonce", good[:4] + bytes([good[4] ^ 1]) + good[5:]),
        "short": ("malformed", "43 bytes", good[:43]),
    }
    for name, (expect, comment, body) in rows.items():
        fields: dict[str, str | list[str]] = {"expect": expect, "comment": comment}
        if expect == "success":
            fields["payload"] = TEXT.hex()
        yield f"locked_{name}", fields | {"number": "7", "key": key.secret.hex(), "context": HERE.hex()}, body


def keyrings() -> Iterator[Row]:
    data, passphrase, staff = keyring.create("alice", keyring.PRACTICE)
    normal, slow, slow_staff = keyring.create("alice", keyring.NORMAL)
    rows = {
        "ok": ("success", "profile practice", data, passphrase, staff),
        "ok_normal": ("success", "profile normal", normal, slow, slow_staff),
        "ok_prefixes": ("success", "four letters a word, spaces", data, " ".join(w[:4] for w in passphrase.split("-")), staff),
        "passphrase": ("wrong passphrase", "words in another order", data, "-".join(passphrase.split("-")[::-1]), None),
        "name": ("wrong passphrase", "another name in the header", data.replace(b"alice", b"carol"), passphrase, None),
        "profile": ("unknown version", "a profile of later", data.replace(b"practice", b"tomorrow"), passphrase, None),
        "version": ("unknown version", "version 2", data.replace(b"/v1", b"/v2"), passphrase, None),
        "line_more": ("malformed", "one line more", data + b"note hello\n", passphrase, None),
        "line_order": ("malformed", "two lines swapped", data.replace(b"staff alice\nnumber 1", b"number 1\nstaff alice"), passphrase, None),
        "cut": ("malformed", "no last line end", data[:-1], passphrase, None),
    }  # fmt: skip
    for name, (expect, comment, body, typed, unlocked) in rows.items():
        fields: dict[str, str | list[str]] = {"expect": expect, "comment": comment, "passphrase": typed}
        if unlocked:
            fields["payload"] = (unlocked.identity.seed + unlocked.signing.seed).hex()
        yield f"keyring_{name}", fields, body


def rosters() -> Iterator[Row]:
    roots = [SigningKey.from_seed(bytes([number]) * 32) for number in (11, 12, 13)]
    staff = keyring.Staff("alice", 1, ALICE, SigningKey.from_seed(b"\x15" * 32))
    one = roster.Roster(
        version=3,
        issued=date(2026, 11, 22),
        expires=date(2027, 2, 20),
        previous=b"\x77" * 32,
        staff=(staff.entry(frozenset({"lawyer", "coordinator"})),),
        hub_signing=SigningKey.from_seed(b"\x16" * 32).public,
        register_signing=SigningKey.from_seed(b"\x17" * 32).public,
        recovery=BOB.recipient,
    )
    single = roster.sign(one, roots[0])
    both = roster.add_signature(single, roots[2])

    def signed(old: str, new: str) -> bytes:
        text = one.text().replace(old, new, 1).encode()
        first = note.sign(text, roster.root_name(roots[0].public), roots[0])
        return note.add_signature(first, roster.root_name(roots[1].public), roots[1])

    rows = {
        "ok": ("success", "two of three roots", both),
        "ok_stranger": ("success", "and a stranger's signature", roster.add_signature(both, SigningKey.from_seed(b"\x18" * 32))),
        "one_root": ("tampered", "one root of three", single),
        "root_twice": ("tampered", "one root, twice", single + single.split(b"\n\n")[1]),
        "flipped": ("tampered", "one letter of the text", both.replace(b"lawyer", b"editor", 1)),
        "role": ("malformed", "signed, but not a role", signed("lawyer", "admin")),
        "role_order": ("malformed", "signed, but roles not in order", signed("coordinator,lawyer", "lawyer,coordinator")),
        "line_more": ("malformed", "signed, but a line more", signed("recovery", "extra 1\nrecovery")),
        "version": ("unknown version", "signed, but version 2 of the text", signed("roster/v1", "roster/v2")),
        "no_note": ("malformed", "no signature lines", one.text().encode()),
    }  # fmt: skip
    anchor: dict[str, str | list[str]] = {"root": [root.public.hex() for root in roots], "threshold": "2"}
    for name, (expect, comment, body) in rows.items():
        fields: dict[str, str | list[str]] = {"expect": expect, "comment": comment}
        if expect == "success":
            fields["payload"] = one.digest.hex()
        yield f"roster_{name}", fields | anchor, body


def phrases() -> Iterator[Row]:
    one = phrase.Phrase(bytes(range(13)))
    russian, english = one.words("ru"), one.words("en")
    rows = {
        "ok_ru": ("success", "as shown in Russian", " ".join(russian)),
        "ok_en": ("success", "as shown in English", " ".join(english)),
        "ok_mixed": ("success", "both lists", " ".join((*russian[:5], *english[5:]))),
        "ok_prefixes": ("success", "four letters, capitals, commas", ", ".join(word[:4].upper() for word in russian)),
        "ok_layout": ("success", "Russian words on Latin keys", _on_latin_keys(" ".join(russian))),
        "swapped": ("wrong check", "two words in the other order", " ".join((russian[1], russian[0], *russian[2:]))),
        "unknown": ("unknown words", "one word of no list", " ".join((*russian[:9], "щъщъ"))),
        "nine": ("wrong count", "nine words", " ".join(russian[:9])),
    }  # fmt: skip
    for name, (expect, comment, body) in rows.items():
        fields: dict[str, str | list[str]] = {"expect": expect, "comment": comment}
        if expect == "success":
            fields["payload"] = one.entropy.hex()
        yield f"phrase_{name}", fields, body.encode()


def _on_latin_keys(text: str) -> str:
    return text.translate(
        str.maketrans("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,.")
    )


def main() -> None:
    for source in (sealed, locked, keyrings, rosters, phrases):
        for name, fields, body in source():
            lines = [f"kind: {name.split('_')[0]}"]
            for key, value in fields.items():
                lines += [f"{key}: {each}" for each in (value if isinstance(value, list) else [value])]
            Path(__file__).with_name(name).write_bytes("\n".join(lines).encode() + b"\n\n" + body)


if __name__ == "__main__":
    main()
