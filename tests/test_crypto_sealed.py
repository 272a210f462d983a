"""What is sealed opens for whom it should, where it should, and for nobody else."""

from __future__ import annotations

import io
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crypto import context, header, stream
from crypto.errors import CryptoError, MalformedError, NotForUsError, TamperedError, UnknownVersionError
from crypto.grant import seal_grant
from crypto.header import Header, Stanza
from crypto.padding import CARD, EXACT, FILE, TEXT, frame_length
from crypto.sealed import (
    CONTEXT_STANZA,
    open_sealed,
    open_stream,
    recipients_of,
    rewrap,
    seal,
    seal_stream,
)
from crypto.xwing import Identity, Recipient

ALICE, BOB, MALLORY = (Identity.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
CASE, OTHER_CASE = b"c" * 16, b"d" * 16
HERE = context.item(CASE, "content", 0, b"i" * 16, "text")
THERE = context.item(OTHER_CASE, "content", 0, b"i" * 16, "text")
WORDS = "мой сын отказался стрелять".encode()
FRAMED = len(WORDS).to_bytes(4, "big") + WORDS.ljust(1020, b"\0")

some_bytes = st.binary(max_size=200)


@given(plaintext=some_bytes)
@settings(max_examples=30, deadline=None)
def test_every_recipient_opens_what_was_sealed_to_them(plaintext: bytes) -> None:
    sealed = seal(plaintext, [ALICE.recipient, BOB.recipient], HERE)
    assert open_sealed(sealed, ALICE, HERE) == plaintext
    assert open_sealed(sealed, BOB, HERE) == plaintext


def test_mallory_opens_nothing_that_was_sealed_to_others() -> None:
    with pytest.raises(NotForUsError):
        open_sealed(seal(WORDS, [ALICE.recipient], HERE), MALLORY, HERE)


def test_the_sealed_bytes_hold_neither_words_nor_context() -> None:
    sealed = seal(WORDS, [ALICE.recipient], HERE)
    assert WORDS not in sealed
    assert CASE not in sealed
    assert CASE.hex().encode() not in sealed


def test_a_row_moved_to_another_case_is_refused() -> None:
    with pytest.raises(TamperedError):
        open_sealed(seal(WORDS, [ALICE.recipient], THERE), ALICE, HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        context.item(CASE, "identity", 0, b"i" * 16, "text"),
        context.item(CASE, "content", 1, b"i" * 16, "text"),
        context.item(CASE, "content", 0, b"j" * 16, "text"),
        context.item(CASE, "content", 0, b"i" * 16, "note"),
        context.named("item"),
        b"",
    ],
)
def test_every_part_of_a_context_binds(elsewhere: bytes) -> None:
    with pytest.raises(TamperedError):
        open_sealed(seal(WORDS, [ALICE.recipient], HERE), ALICE, elsewhere)


def test_a_file_without_a_context_is_refused() -> None:
    with pytest.raises(MalformedError):
        open_sealed(_with_stanzas([]), ALICE, HERE)


def test_a_file_with_two_contexts_is_refused() -> None:
    right = _context_stanza(HERE)
    with pytest.raises(MalformedError):
        open_sealed(_with_stanzas([right, right]), ALICE, HERE)
    with pytest.raises(MalformedError):
        open_sealed(_with_stanzas([right, _context_stanza(THERE)]), ALICE, HERE)


def test_stanzas_of_other_kinds_are_ignored_but_cannot_be_added_later() -> None:
    sealed = _with_stanzas([_context_stanza(HERE), Stanza("example.com/other", ("x",), b"body")])
    assert open_sealed(sealed, ALICE, HERE) == WORDS
    plain = seal(WORDS, [ALICE.recipient], HERE)
    added = plain.replace(b"\n-> ", b"\n-> example.com/other\n\n-> ", 1)
    with pytest.raises(TamperedError):
        open_sealed(added, ALICE, HERE)


def test_a_two_faced_file_is_refused() -> None:
    """Stanzas that wrap different keys cannot show two people two texts: one header has one MAC."""
    one, other = bytes(16), b"\1" * 16
    stanzas = [_context_stanza(HERE), ALICE.recipient.wrap(one), BOB.recipient.wrap(other)]
    head = Header.make(stanzas, one).write()
    nonce = bytes(16)
    sealed = head + nonce + _payload(one, nonce, FRAMED)
    assert open_sealed(sealed, ALICE, HERE) == WORDS
    with pytest.raises(TamperedError):
        open_sealed(sealed, BOB, HERE)


def test_a_payload_under_another_header_is_refused() -> None:
    first, second = (seal(words, [ALICE.recipient], HERE) for words in (b"one", b"two"))
    cut_first, cut_second = (
        sealed.index(b"\n", sealed.index(b"\n--- ") + 1) + 1 for sealed in (first, second)
    )
    with pytest.raises(TamperedError):
        open_sealed(first[:cut_first] + second[cut_second:], ALICE, HERE)


@pytest.mark.parametrize(
    "garbage", [b"", b"\0", b"hello", b"age-encryption.org/v1\n", b"-> x\n" * 9, b"\xff" * 99]
)
def test_what_is_no_file_of_ours_is_malformed(garbage: bytes) -> None:
    with pytest.raises(MalformedError):
        open_sealed(garbage, ALICE, HERE)


def test_a_later_version_is_named_as_such() -> None:
    with pytest.raises(UnknownVersionError):
        open_sealed(seal(WORDS, [ALICE.recipient], HERE).replace(b"/v1\n", b"/v2\n", 1), ALICE, HERE)


def _assert_refused(sealed: bytes) -> None:
    for reader in (lambda: open_sealed(sealed, ALICE, HERE), lambda: _open_stream(sealed)):
        with pytest.raises(CryptoError) as caught:
            reader()
        assert type(caught.value) in (MalformedError, UnknownVersionError, NotForUsError, TamperedError)
        assert WORDS.decode() not in str(caught.value)


def _open_stream(sealed: bytes) -> bytes:
    sink = io.BytesIO()
    open_stream(io.BytesIO(sealed), sink, ALICE, HERE)
    return sink.getvalue()


SMALL = seal(WORDS, [ALICE.recipient, BOB.recipient], HERE, sizes=EXACT)


@given(at=st.integers(0, len(SMALL) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_any_flipped_bit_is_refused_with_an_error_of_ours(at: int) -> None:
    changed = bytearray(SMALL)
    changed[at // 8] ^= 1 << at % 8
    _assert_refused(bytes(changed))


@given(cut=st.integers(0, len(SMALL) - 1))
@settings(max_examples=100, deadline=None)
def test_any_cut_is_refused_with_an_error_of_ours(cut: int) -> None:
    _assert_refused(SMALL[:cut])


@given(at=st.integers(0, len(SMALL)), extra=st.binary(min_size=1, max_size=80))
@settings(max_examples=100, deadline=None)
def test_anything_added_is_refused_with_an_error_of_ours(at: int, extra: bytes) -> None:
    _assert_refused(SMALL[:at] + extra + SMALL[at:])


OTHER = seal(WORDS, [ALICE.recipient], THERE, sizes=EXACT)
places = st.integers(0, len(SMALL) - 1)


@st.composite
def damage(draw: st.DrawFn) -> bytes:
    """One to three flips, cuts and splices of a file: of itself, of another file, of anything."""
    changed = SMALL
    for _ in range(draw(st.integers(1, 3))):
        at, end = sorted((draw(places) % (len(changed) or 1), draw(places) % (len(changed) or 1)))
        match draw(st.sampled_from(("flip", "cut", "drop", "repeat", "splice", "write"))):
            case "flip":
                bit = bytes([changed[at] ^ 1 << draw(st.integers(0, 7))]) if changed else b""
                changed = changed[:at] + bit + changed[at + 1 :]
            case "cut":
                changed = changed[:at]
            case "drop":
                changed = changed[:at] + changed[end + 1 :]
            case "repeat":
                changed = changed[:end] + changed[at:]
            case "splice":
                start = draw(places) % len(OTHER)
                changed = changed[:at] + OTHER[start : start + draw(st.integers(1, 2000))] + changed[end:]
            case "write":
                extra = draw(st.binary(min_size=1, max_size=8))
                changed = changed[:at] + extra + changed[at + len(extra) :]
    assume(changed != SMALL)
    return changed


@given(changed=damage())
@settings(max_examples=300, deadline=None)
def test_flips_cuts_and_splices_are_refused_with_an_error_of_ours(changed: bytes) -> None:
    _assert_refused(changed)


@pytest.mark.full
@given(changed=damage())
@settings(max_examples=20_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_twenty_thousand_flips_cuts_and_splices_are_refused(changed: bytes) -> None:
    _assert_refused(changed)


# --- recipients and re-wrapping


def test_rewrapping_gives_the_same_payload_to_others() -> None:
    sealed = seal(WORDS, [ALICE.recipient], HERE)
    again = rewrap(sealed, ALICE, [BOB.recipient], HERE)
    assert open_sealed(again, BOB, HERE) == WORDS
    with pytest.raises(NotForUsError):
        open_sealed(again, ALICE, HERE)
    with pytest.raises(TamperedError):
        rewrap(sealed, ALICE, [BOB.recipient], THERE)


def test_nobody_rewraps_what_they_cannot_open() -> None:
    with pytest.raises(NotForUsError):
        rewrap(seal(WORDS, [ALICE.recipient], HERE), MALLORY, [MALLORY.recipient], HERE)


def test_sixteen_recipients_are_sealed_to_and_seventeen_are_not() -> None:
    crowd = [Identity.from_seed(bytes([9, number]) * 16) for number in range(17)]
    recipients = [one.recipient for one in crowd]
    sealed = seal(WORDS, recipients[:16], HERE)
    assert recipients_of(sealed) == 16
    assert sealed.index(b"\n---") < header.HEADER_LIMIT
    assert open_sealed(sealed, crowd[15], HERE) == WORDS
    for wrong in (recipients, []):
        with pytest.raises(ValueError, match="1 to 16"):
            seal(WORDS, wrong, HERE)


def test_seventeen_stanzas_made_by_a_stranger_are_refused() -> None:
    stanzas = [_context_stanza(HERE), *(BOB.recipient.wrap(bytes(16)) for _ in range(16))]
    with pytest.raises(MalformedError):
        open_sealed(_with_stanzas(stanzas), ALICE, HERE)


def test_a_recipient_named_twice_is_sealed_to_once() -> None:
    assert recipients_of(seal(WORDS, [ALICE.recipient, Recipient.parse(ALICE.recipient.raw)], HERE)) == 1


def test_an_endless_header_is_refused_within_its_limit() -> None:
    endless = b"age-encryption.org/v1\n" + b"-> x " + b"y" * 10_000_000
    source = io.BytesIO(endless)
    with pytest.raises(MalformedError):
        header.read(source.readline)
    assert source.tell() <= header.HEADER_LIMIT


@pytest.mark.parametrize("length", [0, 1215, 1217])
def test_a_recipient_of_the_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(MalformedError):
        Recipient.parse(bytes(length))


def test_secrets_show_nothing_of_themselves_and_do_not_pickle() -> None:
    assert repr(ALICE) == "<Identity>"
    assert ALICE.seed.hex() not in repr(ALICE.__class__)
    with pytest.raises(TypeError):
        pickle.dumps(ALICE)


# --- sizes


@given(length=st.integers(0, 300_000))
def test_sizes_never_shrink_and_repeat_their_own_answer(length: int) -> None:
    for sizes in (TEXT, CARD, FILE, EXACT):
        size = sizes(length)
        assert size >= length
        assert sizes(size) == size


@given(length=st.integers(64 * 1024, 20_000_000))
def test_a_file_grows_by_little_more_than_three_percent(length: int) -> None:
    assert FILE(length) <= length * 1.0313


def test_files_up_to_twenty_megabytes_come_in_few_sizes() -> None:
    assert len({FILE(length) for length in range(0, 20_000_000, 1009)}) < 300


@pytest.mark.parametrize(("a", "b"), [(0, 1020), (1021, 4092), (4093, 16_380)])
def test_texts_of_one_bucket_are_sealed_to_one_length(a: int, b: int) -> None:
    assert len(seal(bytes(a), [ALICE.recipient], HERE)) == len(seal(bytes(b), [ALICE.recipient], HERE))


@pytest.mark.parametrize("framed", [b"", b"\0\0\0", b"\0\0\0\2x", b"\0\0\0\1xy", b"\xff\xff\xff\xffx"])
def test_padding_that_lies_is_refused(framed: bytes) -> None:
    with pytest.raises(MalformedError):
        open_sealed(_with_stanzas([_context_stanza(HERE)], framed), ALICE, HERE)


def test_all_grants_have_one_size() -> None:
    there = context.grant(CASE, "content", 0, "alice", ALICE.recipient)
    grants = [seal_grant(Identity.generate(), ALICE.recipient, there) for _ in range(5)]
    assert len({len(grant) for grant in grants}) == 1


# --- streams


@pytest.mark.parametrize("size", [0, 1, 65_531, 65_532, 65_533, 131_068, 200_000])
def test_a_stream_and_a_whole_are_the_same_format(size: int) -> None:
    payload, sink = bytes(range(256)) * (size // 256) + bytes(size % 256), io.BytesIO()
    seal_stream(io.BytesIO(payload), sink, [ALICE.recipient], HERE, size)
    assert open_sealed(sink.getvalue(), ALICE, HERE) == payload
    assert _open_stream(sink.getvalue()) == payload
    assert len(sink.getvalue()) == len(seal(payload, [ALICE.recipient], HERE, sizes=FILE))
    assert _open_stream(seal(payload, [ALICE.recipient], HERE)) == payload


class _Trickle(io.BytesIO):
    """A source that gives less than it is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 1000) if size and size > 0 else size)


def test_short_reads_change_nothing() -> None:
    payload, sink = random.Random(1).randbytes(150_000), io.BytesIO()
    seal_stream(_Trickle(payload), sink, [ALICE.recipient], HERE, len(payload))
    plain = io.BytesIO()
    assert open_stream(_Trickle(sink.getvalue()), plain, ALICE, HERE) == len(payload)
    assert plain.getvalue() == payload


@pytest.mark.parametrize("claimed", [9, 11])
def test_a_source_of_another_length_is_not_sealed(claimed: int) -> None:
    with pytest.raises(ValueError, match="than its length"):
        seal_stream(io.BytesIO(bytes(10)), io.BytesIO(), [ALICE.recipient], HERE, claimed)


def test_swapped_dropped_or_doubled_chunks_are_refused() -> None:
    sink = io.BytesIO()
    seal_stream(io.BytesIO(bytes(300_000)), sink, [ALICE.recipient], HERE, 300_000)
    sealed = sink.getvalue()
    start = sealed.index(b"\n", sealed.index(b"\n--- ") + 1) + 1 + 16
    body = sealed[start:]
    chunks = [body[at : at + stream.SEALED_CHUNK] for at in range(0, len(body), stream.SEALED_CHUNK)]
    assert len(chunks) > 3
    for order in (
        [1, 0, *range(2, len(chunks))],
        [0, *range(2, len(chunks))],
        [0, 0, *range(1, len(chunks))],
    ):
        _assert_refused(sealed[:start] + b"".join(chunks[number] for number in order))
    _assert_refused(sealed[:start] + b"".join(chunks[:-1]))


_MEMORY = """
import io, resource, sys
from crypto import sealed, xwing
identity = xwing.Identity.generate()
size = int(sys.argv[1])

class Zeros:
    left = size
    def read(self, n):
        n = min(n, self.left); self.left -= n
        return bytes(n)

class Void:
    def write(self, data): pass

sealed.seal_stream(io.BytesIO(bytes(10)), Void(), [identity.recipient], b"c", 10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path = sys.argv[2]
with open(path, "wb") as sink:
    sealed.seal_stream(Zeros(), sink, [identity.recipient], b"c", size)
with open(path, "rb") as source:
    assert sealed.open_stream(source, Void(), identity, b"c") == size
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_twenty_megabytes_are_sealed_and_opened_in_constant_memory(tmp_path: Path) -> None:
    size = 20_000_000
    run = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(size), str(tmp_path / "sealed")],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[1],
        timeout=60,
    )
    assert int(run.stdout) < 8 * 1024  # KiB
    assert (tmp_path / "sealed").stat().st_size > frame_length(size, FILE)


# --- contexts


def test_a_context_refuses_what_could_be_mistaken() -> None:
    for part in ("a\0b", "naïve", "two words"):
        with pytest.raises(ValueError, match="ASCII"):
            context.named("purpose", part)
    with pytest.raises(ValueError, match="natural"):
        context.named("purpose", -1)


@given(
    a=st.tuples(some_bytes, some_bytes, st.integers(0, 99)),
    b=st.tuples(some_bytes, some_bytes, st.integers(0, 99)),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_contexts_are_equal_only_when_all_their_parts_are(
    a: tuple[bytes, bytes, int], b: tuple[bytes, bytes, int]
) -> None:
    assert (context.named("x", *a) == context.named("x", *b)) == (a == b)


def _context_stanza(where: bytes) -> Stanza:
    sealed = seal(b"", [ALICE.recipient], where)
    return next(s for s in header.read(io.BytesIO(sealed).readline).stanzas if s.kind == CONTEXT_STANZA)


def _with_stanzas(others: list[Stanza], framed: bytes = FRAMED) -> bytes:
    """Seal *framed* to Alice with *others* in place of the context stanza, every byte of it genuine."""
    file_key, nonce = b"k" * 16, b"n" * 16
    head = Header.make([*others, ALICE.recipient.wrap(file_key)], file_key).write()
    return head + nonce + _payload(file_key, nonce, framed)


def _payload(file_key: bytes, nonce: bytes, framed: bytes) -> bytes:
    key = stream.payload_key(file_key, nonce)
    return b"".join(stream.encrypt_chunks(key, io.BytesIO(framed).read))
