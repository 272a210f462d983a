"""The recovery key: on paper, in three of five parts, and for what nobody living can open."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import click
import pytest
from shamir_mnemonic import MnemonicError, combine_mnemonics
from sqlalchemy import select

from casework import asking, journal, keys
from casework.asking import GrantRef
from casework.tables import Grant, JournalRow
from crypto import keyring, words
from crypto.errors import CryptoError
from crypto.xwing import Identity
from subrosa import ceremony, keyfiles, recovering
from subrosa.errors import UsageError
from subrosa.opening import now, open_database, open_strongbox
from tests.house import House
from tests.test_keeper import ask, file_case, open_seed
from tests.test_roster_commands import Shell, shell
from tests.test_succession import held, suspend

__all__ = ["shell"]

VECTORS = Path(__file__).parent / "vectors" / "slip39.json"


def shares_of(key: Identity) -> list[str]:
    """Return the words of the five papers, as they are printed."""
    pages = ceremony.papers(key, "ru", shared=True)
    assert [page.name for page in pages] == [f"share-{n}.html" for n in range(1, 6)]
    return [" ".join(_listed(page.html)) for page in pages]


def house_of(shell: Shell) -> House:
    """Return the house at the shell as tests of its rooms hold one."""
    settings, moment = shell.settings, now()
    return House(
        database=open_database(settings),
        strongbox=open_strongbox(settings, moment),
        staff={},
        root=keyfiles.read_root(shell.founded.root_key),
        roster=shell.roster(),
        anchor=settings.anchor,
        recovery=Identity.generate(),
        now=moment,
    )


def _listed(html: str) -> list[str]:
    return [part.split("</li>")[0] for part in html.split("<li>")[1:]]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_key_comes_back_from_its_words_its_digits_and_its_code(language: str) -> None:
    key = Identity.generate()
    (page,) = ceremony.papers(key, language, shared=False)
    written = _listed(page.html)
    assert len(written) == 24
    for typed in (
        " ".join(written),
        "\n".join(f"{word[:4].upper()}," for word in written),
        key.seed.hex(),
        f"{ceremony.KEY} {key.seed.hex()}",
    ):
        assert ceremony.read(typed).seed == key.seed
    assert key.seed.hex() not in page.html, "the digits stand in the code alone"
    assert "<svg" in page.html and "viewBox" in page.html, "a code of whatever size is printed whole"
    assert repr(page) == "Paper(name='recovery.html')"


def test_a_word_read_wrongly_is_noticed() -> None:
    key = Identity.from_seed(bytes(range(32)))
    written = list(ceremony.to_words(key, "en"))
    other = words.load("en").words
    wrong = 0
    for place in range(24):
        typed = [*written]
        typed[place] = other[(other.index(typed[place]) + 1) % len(other)]
        try:
            ceremony.read(" ".join(typed))
        except ceremony.NotTheKeyError:
            wrong += 1
    assert wrong >= 23, "eight bits of check find all but one in 256"
    for typed_text in ("", "abandon " * 23, "00" * 31, key.seed.hex() + "00"):
        with pytest.raises(ceremony.NotTheKeyError):
            ceremony.read(typed_text)


def test_any_three_of_five_papers_make_the_key_and_two_do_not() -> None:
    key = Identity.generate()
    shares = shares_of(key)
    for three in combinations(shares, 3):
        assert ceremony.combine([share.upper() for share in three]).seed == key.seed
    for few in (
        shares[:2],
        [shares[0]] * 3,
        [],
        ["abandon"] * 3,
        [*shares[:2], *shares_of(Identity.generate())[:1]],
    ):
        with pytest.raises(ceremony.NotTheKeyError):
            ceremony.combine(few)


def test_the_library_of_the_papers_obeys_the_vectors_of_their_standard() -> None:
    """SLIP-0039's own vectors, those with the passphrase they are made for."""
    for mnemonics, secret in json.loads(VECTORS.read_text()):
        if secret:
            assert combine_mnemonics(mnemonics, b"TREZOR").hex() == secret
        else:
            with pytest.raises(MnemonicError):
                combine_mnemonics(mnemonics, b"TREZOR")


def test_papers_are_written_once_for_their_owner_alone(tmp_path: Path) -> None:
    key, folder = Identity.generate(), tmp_path / "paper"
    public = ceremony.write(folder, key, ceremony.papers(key, "ru", shared=True))
    assert {path.name for path in folder.iterdir()} == {
        *(f"share-{n}.html" for n in range(1, 6)),
        public.name,
    }
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    assert key.seed not in b"".join(path.read_bytes() for path in folder.iterdir())
    with pytest.raises(UsageError):
        ceremony.write(folder, key, [])


def gone_but_recovery(house: House) -> tuple[bytes, dict[str, keys.NewKey]]:
    """File a case that only Alice and recovery hold, and let Alice be arrested for good."""
    case, made = file_case(house, "legal", "alice")
    with house.database.write() as session:
        for row in session.scalars(select(Grant).where(Grant.owner == case, Grant.staff == "bob")):
            session.delete(row)
    suspend(house, "alice", lasting=True)
    return case, made


def asked_for(house: House, name: str) -> bytes:
    with house.database.read() as session:
        return recovering.ask(session, house.strongbox, house.staffing(), name)


def test_what_only_one_person_could_open_comes_back_with_the_recovery_key(house: House) -> None:
    case, made = gone_but_recovery(house)
    shared, _ = file_case(house, "legal", "bob")
    tip, _ = file_case(house, "editors", "carol")
    file = asked_for(house, "bob")
    assert {one["owner"] for one in recovering.read_asked(file).grants} == {case.hex()}
    assert shared.hex() not in file.decode() and tip.hex() not in file.decode()
    opened, others = recovering.open_all(recovering.read_asked(file), house.recovery)
    assert others == 0
    assert made[keys.CONTENT].identity.seed not in opened
    taken = recovering.take(house.database, house.strongbox, house.staffing(), opened, house.now.date())
    assert taken == 2
    again = recovering.take(house.database, house.strongbox, house.staffing(), opened, house.now.date())
    assert again == 0
    ref = GrantRef(case, keys.CONTENT, 0)
    bobs = ask(house, "bob", [ref], asking.READ)
    assert bobs is not None
    assert open_seed(house, "bob", ref, bobs, made[keys.CONTENT]) == made[keys.CONTENT].identity.seed
    with house.database.read() as session:
        acts = session.execute(select(JournalRow.act, JournalRow.actor).where(JournalRow.case == case)).all()
        assert [tuple(one) for one in acts] == [("recover", "operator")] * 2
        journal.verify_chain(session, house.anchor)
    with pytest.raises(recovering.NothingToRecoverError):
        asked_for(house, "bob")


@pytest.mark.parametrize("name", ["carol", "erin", "alice", "nobody"])
def test_recovery_goes_through_no_wall_and_to_nobody_suspended(sqlite_house: House, name: str) -> None:
    house = sqlite_house
    gone_but_recovery(house)
    with pytest.raises((recovering.NothingToRecoverError, UsageError)):
        asked_for(house, name)


def test_a_file_turned_to_somebody_else_is_refused(sqlite_house: House) -> None:
    """Mallory holds the machine: she may ask for herself, but the words that are read aloud are then hers."""
    house = sqlite_house
    case, _ = gone_but_recovery(house)
    asked = recovering.read_asked(asked_for(house, "bob"))
    carol = house.roster.find("carol")
    assert carol is not None
    turned, _ = recovering.open_all(replace(asked, to=carol), house.recovery)
    with pytest.raises(UsageError):
        recovering.take(house.database, house.strongbox, house.staffing(), turned, house.now.date())
    assert all(("carol", 1) not in holders for holders in held(house, case).values())
    moved = replace(asked, grants=[{**one, "owner": bytes(16).hex()} for one in asked.grants])
    with pytest.raises(CryptoError):
        recovering.open_all(moved, house.recovery)
    _, others = recovering.open_all(asked, Identity.generate())
    assert others == len(asked.grants)
    for broken in (b"", b"{}", b'{"kind":"subrosa-recovery-opened-1"}', asked_for(house, "bob")):
        with pytest.raises(UsageError):
            recovering.take(house.database, house.strongbox, house.staffing(), broken, house.now.date())


def test_a_case_erased_meanwhile_is_not_taken(sqlite_house: House) -> None:
    house = sqlite_house
    case, _ = gone_but_recovery(house)
    opened, _ = recovering.open_all(recovering.read_asked(asked_for(house, "bob")), house.recovery)
    with house.database.write() as session:
        for table in (Grant, keys.SealingKey):
            for row in session.scalars(select(table).where(table.owner == case)):
                session.delete(row)
    assert recovering.take(house.database, house.strongbox, house.staffing(), opened, house.now.date()) == 0


# --- at the shell ---


def typing(patch: pytest.MonkeyPatch, *said: str) -> None:
    """Let these be typed at the prompts, and every question be answered with yes."""
    answers = iter(said)
    patch.setattr(click, "prompt", lambda *_a, **_k: next(answers))
    patch.setattr(click, "confirm", lambda *_a, **_k: True)


@pytest.mark.parametrize("shared", [False, True])
def test_the_ceremony_puts_a_key_on_the_roster_that_opens_what_is_lost(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    folder, how = shell.folder / "paper", ["--shares"] if shared else []
    made = shell.done("recovery", "make", str(folder), "--language", "en", *how)
    pages = [" ".join(_listed(path.read_text())) for path in sorted(folder.glob("*.html"))]
    typed = [pages[4], pages[0], pages[2]] if shared else pages
    typing(monkeypatch, *typed)
    aloud = next(line for line in made.splitlines() if line.startswith("read aloud"))
    assert aloud in shell.done("recovery", "check", *how)
    draft = str(shell.folder / "next.roster")
    assert aloud.removeprefix("read aloud: ") in shell.done(
        "roster", "draft", draft, "--recovery", str(folder / "recovery.recipient")
    )
    shell.done("roster", "sign", draft, "--root", shell.root, "--yes")
    shell.done("roster", "accept", draft)
    roster = shell.roster()
    assert roster.recovery is not None
    shell.done("staff", "revoke", "lawyer-1", "--root", shell.root)
    assert shell.roster().recovery == roster.recovery, "the next rosters keep it"
    code, said = shell.call("recovery", "ask", str(shell.folder / "asked"), "--to", "lawyer-2")
    assert (code, "nothing is lost" in said) == (1, True)


def test_after_a_new_keyring_the_old_cases_come_back_through_the_shell(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From paper to an opened case: the only lawyer who held it lost the passphrase."""
    folder = shell.folder / "paper"
    shell.done("recovery", "make", str(folder))
    draft = str(shell.folder / "next.roster")
    shell.done("roster", "draft", draft, "--recovery", str(folder / "recovery.recipient"))
    shell.done("roster", "sign", draft, "--root", shell.root, "--yes")
    shell.done("roster", "accept", draft)
    shell.done("staff", "revoke", "lawyer-2", "--root", shell.root)
    house = house_of(shell)
    case, made = file_case(house, "legal", "lawyer-1")
    renewed = json.loads(shell.done("staff", "renew", "lawyer-1", "--root", shell.root, "--json"))
    assert (shell.settings.desk.keyring_dir / "lawyer-1.keyring.1").exists()
    asked, opened = str(shell.folder / "asked"), str(shell.folder / "opened")
    assert shell.done("recovery", "ask", asked, "--to", "lawyer-1").startswith("2 keys")
    typing(monkeypatch, *[" ".join(_listed(path.read_text())) for path in folder.glob("*.html")])
    assert " ".join(renewed["words"]) in shell.done("recovery", "open", asked, "--output", opened)
    assert shell.done("recovery", "take", opened).startswith("2 keys")
    locked = (shell.settings.desk.keyring_dir / "lawyer-1.keyring").read_bytes()
    house = house_of(shell)
    house.staff["lawyer-1"] = keyring.unlock(locked, renewed["passphrase"])
    ref = GrantRef(case, keys.CONTENT, 0)
    answered = ask(house, "lawyer-1", [ref], asking.READ)
    assert answered is not None
    seed = open_seed(house, "lawyer-1", ref, answered, made[keys.CONTENT])
    assert seed == made[keys.CONTENT].identity.seed
    assert json.loads(shell.done("journal", "verify", "--json"))["rows"] >= 5
