"""Locks, signatures, keyrings, grants, the roster and the journal's chain."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import context, encoding, journal, keyring, lock, note, roster, selftest, signature, words
from crypto.errors import CryptoError, MalformedError, NotForUsError, TamperedError, UnknownVersionError
from crypto.grant import seal_grant
from crypto.keyring import NORMAL, PRACTICE, Staff, WrongPassphraseError
from crypto.roster import Anchor, Roster, UnverifiedRoster
from crypto.signature import SigningKey
from crypto.xwing import Identity

HERE, THERE = context.named("letter", b"m"), context.named("letter", b"n")
EPOCH = lock.Key(5, b"e" * 32)

# --- locks


@given(plaintext=st.binary(max_size=300))
def test_a_locked_row_opens_with_its_key_and_context(plaintext: bytes) -> None:
    locked = lock.lock(EPOCH, plaintext, HERE)
    assert lock.unlock(EPOCH, locked, HERE) == plaintext
    assert lock.number_of(locked) == 5
    assert len(locked) == 4 + 24 + len(plaintext) + 16


def test_a_locked_row_moved_or_given_another_key_is_refused() -> None:
    locked = lock.lock(EPOCH, b"grant", HERE)
    with pytest.raises(TamperedError):
        lock.unlock(EPOCH, locked, THERE)
    with pytest.raises(TamperedError):
        lock.unlock(lock.Key(5, b"f" * 32), locked, HERE)
    with pytest.raises(NotForUsError):
        lock.unlock(lock.Key(6, EPOCH.secret), locked, HERE)


def test_any_flipped_bit_of_a_locked_row_is_refused() -> None:
    locked = lock.lock(EPOCH, b"grant", HERE)
    for at in range(len(locked) * 8):
        changed = bytearray(locked)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(CryptoError):
            lock.unlock(EPOCH, bytes(changed), HERE)


@pytest.mark.parametrize("length", [0, 3, 43])
def test_a_row_too_short_to_be_locked_is_malformed(length: int) -> None:
    with pytest.raises(MalformedError):
        lock.unlock(EPOCH, bytes(length), HERE)


def test_a_tag_stands_for_its_data_under_one_key_and_label_only() -> None:
    tag = lock.tag(EPOCH, "link", b"1234")
    assert tag == lock.tag(EPOCH, "link", b"1234")
    others = {
        lock.tag(EPOCH, "link", b"1235"),
        lock.tag(EPOCH, "route", b"1234"),
        lock.tag(lock.Key(5, b"f" * 32), "link", b"1234"),
    }
    assert len(tag) == 16
    assert tag not in others
    assert len(others) == 3


def test_a_lock_key_shows_nothing_of_itself() -> None:
    assert "e" * 8 not in repr(EPOCH)
    assert "101" not in repr(EPOCH)
    with pytest.raises(MalformedError):
        lock.Key(1, b"short")


# --- signatures


def test_what_is_signed_for_one_purpose_serves_no_other() -> None:
    key = SigningKey.generate()
    signed = key.sign("subrosa accept", b"case")
    signature.verify(key.public, "subrosa accept", b"case", signed)
    for public, tag, message in (
        (key.public, "subrosa approve", b"case"),
        (key.public, "subrosa accep", b"tcase"),
        (key.public, "subrosa accept", b"other"),
        (SigningKey.generate().public, "subrosa accept", b"case"),
        (b"short", "subrosa accept", b"case"),
    ):
        with pytest.raises(TamperedError):
            signature.verify(public, tag, message, signed)


def test_a_signed_message_is_never_a_signed_note() -> None:
    key, text = SigningKey.generate(), b"subrosa-roster/v1\n"
    for length in range(1, 65):
        preimage = bytes([length]) + b"t" * length
        assert not preimage[:1].islower()
    with pytest.raises(TamperedError):
        signature.verify_bytes(key.public, text, key.sign("subrosa roster", text))
    with pytest.raises(ValueError, match="64"):
        key.sign("t" * 65, b"")
    with pytest.raises(ValueError, match="lower-case"):
        key.sign_note(b"\x05hello")


# --- keyrings

RING, PASSPHRASE, ALICE = keyring.create("alice", PRACTICE)


def test_a_keyring_opens_with_its_passphrase() -> None:
    unlocked = keyring.unlock(RING, PASSPHRASE)
    assert (unlocked.staff, unlocked.number) == ("alice", 1)
    assert unlocked.identity.seed == ALICE.identity.seed
    assert unlocked.signing.seed == ALICE.signing.seed


@pytest.mark.parametrize(
    "typed",
    [
        PASSPHRASE.upper(),
        PASSPHRASE.replace("-", " "),
        PASSPHRASE.replace("-", "  \n "),
        "-".join(word[:4] for word in PASSPHRASE.split("-")),
        PASSPHRASE.translate(str.maketrans("qwertyuiopasdfghjklzxcvbnm", "йцукенгшщзфывапролдячсмить")),
    ],
    ids=["shouted", "spaced", "broken over lines", "four letters each", "typed with the Russian layout"],
)
def test_a_passphrase_is_read_however_it_is_typed(typed: str) -> None:
    assert keyring.unlock(RING, typed).staff == "alice"


def test_a_russian_passphrase_is_the_same_words() -> None:
    numbers = [words.find(word) for word in PASSPHRASE.split("-")]
    russian = " ".join(words.load("ru").words[number] for number in numbers if number is not None)
    assert keyring.unlock(RING, russian).staff == "alice"


@pytest.mark.parametrize(
    "wrong",
    ["", "hello", PASSPHRASE + " more", "-".join(PASSPHRASE.split("-")[:5]), "\0", "ж" * 999],
    ids=["nothing", "a word", "a word too many", "a word too few", "no letter", "a long one"],
)
def test_another_passphrase_does_not_open(wrong: str) -> None:
    with pytest.raises(WrongPassphraseError) as caught:
        keyring.unlock(RING, wrong)
    assert not wrong or wrong not in str(caught.value) + repr(caught.value)


def test_a_generated_passphrase_has_six_words_of_the_list() -> None:
    chosen = keyring.generate_passphrase().split("-")
    assert len(chosen) == 6
    assert set(chosen) <= set(words.load("en").words)
    assert len({keyring.generate_passphrase() for _ in range(20)}) == 20


@given(at=st.integers(0, len(RING) - 1), bit=st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_changed_keyring_does_not_open(at: int, bit: int) -> None:
    changed = bytearray(RING)
    changed[at] ^= 1 << bit
    with pytest.raises(CryptoError):
        keyring.unlock(bytes(changed), PASSPHRASE)


@pytest.mark.parametrize("cut", [0, 1, 50, 200, len(RING) - 1])
def test_a_cut_keyring_is_malformed(cut: int) -> None:
    with pytest.raises(MalformedError):
        keyring.unlock(RING[:cut], PASSPHRASE)


def test_a_keyring_of_a_later_version_is_named_as_such() -> None:
    with pytest.raises(UnknownVersionError):
        keyring.unlock(RING.replace(b"/v1", b"/v2"), PASSPHRASE)
    with pytest.raises(UnknownVersionError):
        keyring.unlock(RING.replace(b"profile practice", b"profile huge"), PASSPHRASE)


def test_another_name_or_profile_in_the_header_does_not_open() -> None:
    with pytest.raises(WrongPassphraseError):
        keyring.unlock(RING.replace(b"staff alice", b"staff bob"), PASSPHRASE)
    with pytest.raises(WrongPassphraseError):
        keyring.unlock(RING.replace(b"number 1", b"number 2"), PASSPHRASE)


def test_a_changed_passphrase_keeps_the_keys_and_shuts_the_old_one_out() -> None:
    renewed, passphrase = keyring.change_passphrase(RING, PASSPHRASE)
    assert keyring.unlock(renewed, passphrase).identity.seed == ALICE.identity.seed
    with pytest.raises(WrongPassphraseError):
        keyring.unlock(renewed, PASSPHRASE)
    with pytest.raises(WrongPassphraseError):
        keyring.change_passphrase(RING, passphrase)


def test_the_profile_is_read_without_a_passphrase() -> None:
    assert keyring.profile_of(RING) == "practice"
    assert keyring.is_practice(RING)
    assert keyring.staff_of(RING) == ("alice", 1)


def test_the_normal_profile_is_the_one_the_protocol_names() -> None:
    assert (NORMAL.iterations, NORMAL.memory, NORMAL.lanes) == (3, 256 * 1024, 4)
    data, passphrase, staff = keyring.create("alice", NORMAL)
    assert not keyring.is_practice(data)
    assert keyring.unlock(data, passphrase).signing.public == staff.signing.public


def test_an_unlocked_keyring_shows_nothing_and_cannot_be_copied() -> None:
    assert repr(ALICE) == "<Staff, unlocked>"
    assert repr(ALICE.signing) == "<SigningKey>"
    for secret in (ALICE, ALICE.signing, ALICE.identity):
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            copy.copy(secret)


@pytest.mark.parametrize("staff", ["", "Alice", "1alice", "a" * 33, "алиса", "a b", "a\n"])
def test_a_staff_id_is_plain(staff: str) -> None:
    with pytest.raises(ValueError, match="staff id"):
        keyring.create(staff, PRACTICE)


# --- grants


def test_alice_opens_her_grant_and_bob_does_not() -> None:
    case, bob = Identity.generate(), _staff("bob")
    there = context.grant(b"c" * 16, "content", 0, "alice", case.recipient)
    grant = seal_grant(case, ALICE.identity.recipient, there)
    assert keyring.open_grant(ALICE, grant, there) == case.seed
    with pytest.raises(NotForUsError):
        keyring.open_grant(bob, grant, there)


def test_a_grant_of_another_case_staff_generation_or_key_is_refused() -> None:
    case, other = Identity.generate(), Identity.generate()
    there = context.grant(b"c" * 16, "content", 0, "alice", case.recipient)
    grant = seal_grant(case, ALICE.identity.recipient, there)
    for elsewhere in (
        context.grant(b"d" * 16, "content", 0, "alice", case.recipient),
        context.grant(b"c" * 16, "identity", 0, "alice", case.recipient),
        context.grant(b"c" * 16, "content", 1, "alice", case.recipient),
        context.grant(b"c" * 16, "content", 0, "bob", case.recipient),
        context.grant(b"c" * 16, "content", 0, "alice", other.recipient),
    ):
        with pytest.raises(TamperedError):
            keyring.open_grant(ALICE, grant, elsewhere)


# --- the roster

ROOTS = tuple(SigningKey.from_seed(bytes([number]) * 32) for number in range(1, 4))
TODAY = date(2026, 11, 22)


def _staff(name: str) -> Staff:
    return Staff(name, 1, Identity.generate(), SigningKey.generate())


def _roster(version: int = 1, previous: bytes = b"") -> Roster:
    staff = (
        ALICE.entry(frozenset({"lawyer", "coordinator"})),
        _BOB.entry(frozenset({"editor"}), TODAY + timedelta(days=10)),
    )
    return Roster(
        version=version,
        issued=TODAY,
        expires=TODAY + timedelta(days=90),
        previous=previous,
        staff=staff,
        hub_signing=bytes(32),
        register_signing=b"\1" * 32,
        hub_courier=Identity.from_seed(b"h" * 32).recipient,
        recovery=Identity.from_seed(b"r" * 32).recipient,
    )


_BOB = _staff("bob")
PUBLIC = tuple(root.public for root in ROOTS)


def test_a_signed_roster_reads_back_as_it_was() -> None:
    signed = roster.sign(_roster(), ROOTS[0])
    assert UnverifiedRoster.parse(signed).verify(Anchor(PUBLIC[:1], 1)) == _roster()


def test_two_of_three_roots_must_sign() -> None:
    anchor, signed = Anchor(PUBLIC, 2), roster.sign(_roster(), ROOTS[0])
    with pytest.raises(TamperedError):
        UnverifiedRoster.parse(signed).verify(anchor)
    # The same root twice is one root.
    twice = roster.add_signature(signed, ROOTS[0])
    with pytest.raises(TamperedError):
        UnverifiedRoster.parse(twice + signed.split(b"\n\n")[1]).verify(anchor)
    both = roster.add_signature(signed, ROOTS[2])
    assert UnverifiedRoster.parse(both).verify(anchor).version == 1


def test_mallory_cannot_add_herself_to_the_roster() -> None:
    mallory = SigningKey.generate()
    hers = replace(_roster(), staff=(*_roster().staff, _staff("mallory").entry(frozenset({"lawyer"}))))
    with pytest.raises(TamperedError):
        UnverifiedRoster.parse(roster.sign(hers, mallory)).verify(Anchor(PUBLIC, 1))
    genuine = roster.sign(_roster(), ROOTS[0])
    spliced = hers.text().encode() + genuine[genuine.index(b"\n\n") + 1 :]
    with pytest.raises(TamperedError):
        UnverifiedRoster.parse(spliced).verify(Anchor(PUBLIC, 1))


@given(at=st.integers(0), bit=st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_a_changed_roster_is_refused(at: int, bit: int) -> None:
    changed = bytearray(SIGNED)
    changed[at % len(SIGNED)] ^= 1 << bit
    with pytest.raises(CryptoError):
        UnverifiedRoster.parse(bytes(changed)).verify(Anchor(PUBLIC[:1], 1))


SIGNED = roster.sign(_roster(), ROOTS[0])


def test_an_unknown_signature_beside_a_known_one_is_ignored() -> None:
    signed = roster.add_signature(SIGNED, SigningKey.generate())
    assert UnverifiedRoster.parse(signed).verify(Anchor(PUBLIC, 1)) == _roster()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("version 1", "version 01"),
        ("version 1", "version -1"),
        ("lawyer", "admin"),
        ("coordinator,lawyer", "lawyer,coordinator"),
        ("active", "Active"),
        ("expires 2027-02-20", "expires 20270220"),
        ("expires 2027-02-20", "expires 2025-02-20"),
        ("previous -", "previous 00"),
        ("staff bob", "staff alice"),
        ("\nrecovery", "\nextra yes\nrecovery"),
    ],
)
def test_a_signed_text_that_is_no_canonical_roster_is_malformed(right: str, wrong: str) -> None:
    text = _roster().text().replace(right, wrong, 1)
    assert text != _roster().text()
    signed = note.sign(text.encode(), roster.root_name(PUBLIC[0]), ROOTS[0])
    with pytest.raises(MalformedError):
        UnverifiedRoster.parse(signed).verify(Anchor(PUBLIC, 1))


def test_a_later_roster_version_is_named_as_such() -> None:
    text = _roster().text().replace("/v1", "/v2").encode()
    signed = note.sign(text, roster.root_name(PUBLIC[0]), ROOTS[0])
    with pytest.raises(UnknownVersionError):
        UnverifiedRoster.parse(signed).verify(Anchor(PUBLIC, 1))


def test_older_rosters_and_forks_are_told_from_newer_ones() -> None:
    first = _roster()
    second = _roster(2, first.digest)
    assert first.compare(second) == "newer"
    assert second.compare(first) == "older"
    assert second.compare(_roster(2, first.digest)) == "same"
    assert second.compare(replace(second, expires=TODAY)) == "fork"
    assert first.compare(replace(second, previous=bytes(32))) == "fork"
    assert first.compare(_roster(5, b"\5" * 32)) == "newer"


def test_only_living_newest_keys_hold_a_role() -> None:
    newer = replace(_BOB.entry(frozenset({"lawyer"})), number=2, recipient=Identity.generate().recipient)
    newer = replace(newer, signing=SigningKey.generate().public)
    base = _roster()
    assert [entry.id for entry in base.holding("editor")] == ["bob"]
    assert base.holding("editor", TODAY + timedelta(days=11)) == ()
    assert [entry.id for entry in base.holding("editor", TODAY + timedelta(days=10))] == ["bob"]
    both = replace(base, staff=(*base.staff, newer))
    assert both.holding("editor") == ()
    assert both.find("bob") == newer
    assert both.find("bob", 1) == base.staff[1]
    revoked = replace(base, staff=(replace(base.staff[0], revoked=True),))
    assert revoked.holding("lawyer") == ()
    assert revoked.find("alice") is not None
    assert revoked.find("nobody") is None


def test_one_key_is_never_listed_for_two_people() -> None:
    with pytest.raises(MalformedError):
        replace(_roster(), staff=(_roster().staff[0], replace(_roster().staff[0], id="bob")))


def test_words_to_read_aloud_change_with_every_key() -> None:
    entry = _roster().staff[0]
    spoken = roster.words(entry)
    assert len(spoken) == 12
    assert spoken == roster.words(replace(entry, roles=frozenset({"editor"})))
    for other in (
        replace(entry, signing=bytes(32)),
        replace(entry, recipient=_BOB.identity.recipient),
        replace(entry, id="bob"),
    ):
        assert roster.words(other) != spoken
    assert roster.words(_roster()) != roster.words(_roster(2))
    assert set(roster.words(_roster(), "ru")) <= set(words.load("ru").words)


@pytest.mark.parametrize("threshold", [0, 4])
def test_an_anchor_that_anybody_or_nobody_satisfies_is_refused(threshold: int) -> None:
    with pytest.raises(MalformedError):
        Anchor(PUBLIC, threshold)
    with pytest.raises(MalformedError):
        Anchor(PUBLIC[:1] * 2, 1)


@pytest.mark.parametrize(
    "junk", [b"", b"\n\n", b"a\n\nb", b"a\n\nb\n", b"a\n\n\xe2\x80\x94 x !\n", b"\xff\n\n\xff\n"]
)
def test_what_is_no_signed_note_is_malformed(junk: bytes) -> None:
    with pytest.raises(CryptoError):
        UnverifiedRoster.parse(junk).verify(Anchor(PUBLIC, 1))


# --- the journal, the self-test, base64


def test_any_edit_of_an_entry_changes_every_later_head() -> None:
    def heads(entries: list[bytes]) -> list[bytes]:
        chain = [journal.GENESIS]
        for entry in entries:
            chain.append(journal.head(chain[-1], entry))
        return chain

    right, wrong = heads([b"a", b"b", b"c"]), heads([b"a", b"B", b"c"])
    assert right[:2] == wrong[:2]
    assert all(one != other for one, other in zip(right[2:], wrong[2:], strict=True))
    assert heads([b"ab"])[-1] != heads([b"a", b"b"])[-1]


def test_this_machine_computes_the_known_answers() -> None:
    selftest.run()


@pytest.mark.parametrize(
    "broken", ["sealed", "tag", "phrase-ru-sha256", "words-sha256", "argon2id", "ed25519-signature"]
)
def test_a_wrong_answer_fails_the_self_test(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = dict(selftest._answers())
    answers[broken] = answers[broken][:-1] + bytes([answers[broken][-1] ^ 1])
    monkeypatch.setattr(selftest, "_answers", lambda: answers)
    with pytest.raises(selftest.SelfTestError):
        selftest.run()


def test_the_self_test_needs_no_keyring() -> None:
    code = (
        "import sys; from crypto import selftest; selftest.run(); sys.exit('crypto.keyring' in sys.modules)"
    )
    subprocess.run([sys.executable, "-O", "-c", code], check=True, cwd=Path(__file__).parents[1], timeout=30)


@given(raw=st.binary(max_size=100))
def test_bytes_have_one_text_form(raw: bytes) -> None:
    assert encoding.decode(encoding.encode(raw), part="x") == raw
    assert encoding.decode_url(encoding.encode_url(raw), part="x") == raw


@pytest.mark.parametrize("text", ["A", "AA=", "AA==", "AB", "A A", "АА", "AAA\n", "-_"])
def test_another_text_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        encoding.decode(text, part="x")
