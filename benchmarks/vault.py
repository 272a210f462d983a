"""
What the vault costs: ``python -m benchmarks.vault --json``.

* *seal*: a sealed file of 1 KiB, 64 KiB and 20 MB beside AES-256-GCM, ChaCha20-Poly1305 and raw X-Wing HPKE
  in the same process, taken in turns; medians.
* *memory*: what a child process grows by while it seals and opens 20 MB: from file to file, and as an
  attachment of a case, from its bytes to rows on SQLite and back (the bytes themselves are counted).
* *relock*: one rotation of the epoch over so many grants on SQLite: seconds in all; how long one transaction
  took, its commit and SQLite's checkpoint included; and how long the database was held, seen from another
  process that wants to write all the time.
* *sign_in*: from the answer to name, passphrase and code until a lawyer's list is there, every case opened:
  the first time, and once more. The keeper runs in the same process and looks a hundred times a second.
* *journal*: what the first read of a journal with so many rows takes (who is on which case), a look for what
  is new, the first read of a hub or desk that is started again and has a bookmark, and the whole
  verification, as ``journal verify`` and ``doctor`` do it. A tenth of the rows says who is on a case; the
  others are only followed.

``load`` is the machine's load before and after. Seconds of the processor are there for machines that are busy
with something else.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select as ready
from typing import Any

import click
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from casework import epoch, journal, keys, rows
from casework.actors import subject_of
from casework.database import Database, connect, create_tables
from casework.keys import Holder
from casework.parties import Book
from casework.tables import Grant, JournalRow
from crypto import context, lock
from crypto.padding import EXACT
from crypto.sealed import open_sealed, open_stream, seal, seal_stream
from crypto.xwing import Identity
from subrosa import startup
from tests.deskhouse import open_desk
from tests.house import build

SIZES = {"1 KiB": 1024, "64 KiB": 64 * 1024, "20 MB": 20_000_000}
WHERE = context.named("benchmark")
SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
NONCE = bytes(12)
STATUS = Path("/proc/self/status")

Work = Callable[[], object]


def in_turns(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """Return the median microseconds of each work, each done once a round, so that noise hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in works.items():
                began = time.perf_counter()
                work()
                taken[name].append(time.perf_counter() - began)
    finally:
        gc.enable()
    return {name: round(statistics.median(each) * 1e6, 1) for name, each in taken.items()}


def sealing(size: int, rounds: int) -> dict[str, float]:
    """Measure one size: sealed files as the house makes them, and what they are made of."""
    body, identity = os.urandom(size), Identity.generate()
    recipient = identity.recipient
    raw_key = hpke.MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    )
    raw = raw_key.public_key()
    sealed, wrapped = seal(body, [recipient], WHERE, sizes=EXACT), SUITE.encrypt(body, raw, b"x")
    aes, chacha = AESGCM(os.urandom(32)), ChaCha20Poly1305(os.urandom(32))
    figures = in_turns(
        {
            "seal": lambda: seal(body, [recipient], WHERE, sizes=EXACT),
            "open": lambda: open_sealed(sealed, identity, WHERE),
            "hpke_seal": lambda: SUITE.encrypt(body, raw, b"x"),
            "hpke_open": lambda: SUITE.decrypt(wrapped, raw_key, b"x"),
            "chacha20poly1305": lambda: chacha.encrypt(NONCE, body, None),
            "aes256gcm": lambda: aes.encrypt(NONCE, body, None),
        },
        rounds,
    )
    return figures | {
        "seal_to_hpke": round(figures["seal"] / figures["hpke_seal"], 2),
        "seal_to_chacha": round(figures["seal"] / figures["chacha20poly1305"], 2),
        "overhead_bytes": len(sealed) - size,
    }


def memory(size: int) -> dict[str, float]:
    """Measure what sealing and opening a file of *size* costs a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.vault", "--child", name, "--size", str(size)],
            capture_output=True,
            check=True,
        )
    return dict(json.loads(done.stdout))


def grow(folder: Path, size: int) -> dict[str, float]:
    """Seal and open from file to file, and say how much larger this process became."""
    plain, sealed, identity = folder / "plain", folder / "sealed", Identity.generate()
    with plain.open("wb") as out:
        for _ in range(size // 1000):
            out.write(os.urandom(1000))
    seal(b"x", [identity.recipient], WHERE)
    before = reset_peak()
    with plain.open("rb") as source, sealed.open("wb") as sink:
        seal_stream(source, sink, [identity.recipient], WHERE, size // 1000 * 1000)
    after_seal = peak()
    with sealed.open("rb") as source, (folder / "out").open("wb") as sink:
        open_stream(source, sink, identity, WHERE)
    after_open = peak()
    return {
        "seal_mib": round((after_seal - before) / 1024, 1),
        "open_mib": round((after_open - before) / 1024, 1),
        **attach(folder, os.urandom(size), identity),
    }


def attach(folder: Path, content: bytes, identity: Identity) -> dict[str, float]:
    """Seal *content* as a file of a case into the database, open it again, and say how much that took."""
    database = connect(f"sqlite:///{folder / 'house.db'}")
    create_tables(database, b"sentinel")
    key = keys.PublicKey(keys.new_id(), keys.CONTENT, 0, identity.recipient)
    before = reset_peak()
    batch = rows.Rows()
    owner, where = keys.new_id(), keys.item_context(key, bytes(16), "file-content")
    keys.seal_chunks(batch, owner, content, [identity.recipient], where)
    with database.write() as session:
        rows.write(session, [batch])
    after_seal = peak()
    del batch
    gc.collect()
    empty = reset_peak()
    with database.read() as session:
        assert keys.open_chunks(session, owner, identity, where) == content
    after_open = peak()
    database.close()
    return {
        "attachment_seal_mib": round((after_seal - before) / 1024, 1),
        "attachment_open_mib": round((after_open - empty) / 1024, 1),
    }


def peak() -> int:
    """Return the most memory this process held since the last reset, in KiB."""
    (line,) = (one for one in STATUS.read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1])


def reset_peak() -> int:
    """Count from here on, and return where that is."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def relock(grants: int) -> dict[str, float]:
    """Rotate the epoch of a house with so many grants."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, b"sentinel")
        house = build(database, folder)
        body = os.urandom(1800)  # as long as a grant
        batch = rows.Rows()
        staff = list(house.staff.values())
        holder = [Holder(one.staff, 1, one.identity.recipient) for one in staff]
        key = house.strongbox.epoch
        for n in range(grants):
            owner, name_ = keys.new_id(), holder[n % len(holder)].staff
            place = keys.lock_context(owner, keys.CONTENT, 0, name_, 1)
            batch.add(
                Grant, owner=owner, compartment=keys.CONTENT, generation=0, staff=name_, number=1,
                epoch=key.number, locked=lock.lock(key, body, place),
            )  # fmt: skip
        with database.write() as session:
            rows.write(session, [batch])
        watched = Watched(database)
        startup.settle()
        began, spent = time.perf_counter(), time.process_time()
        epoch.rotate(watched, house.strongbox, lambda: None, house.now)
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
        with database.read() as session:
            carried = session.scalar(select(func.count()).where(Grant.epoch == house.strongbox.epoch.number))
        assert carried == grants
        # Once more, with somebody in the way.
        with writing(folder / "house.db") as held:
            epoch.rotate(database, house.strongbox, lambda: None, house.now)
        database.close()
    return {
        "grants": grants,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(spent, 3),
        "transactions": len(watched.took),
        "median_transaction_ms": round(statistics.median(watched.took) * 1000, 1),
        "longest_transaction_ms": round(max(watched.took) * 1000, 1),
        "longest_hold_ms": held["longest"],
        "held_over_100_ms": held["over"],
    }


@contextmanager
def writing(path: Path) -> Iterator[dict[str, float]]:
    """Let another process take the write lock over and over; afterwards there is how long it had to wait."""
    held: dict[str, float] = {}
    words = [sys.executable, "-m", "benchmarks.vault", "--writer", str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield held
        out, _ = other.communicate(b"enough")
    held |= json.loads(out)


def write_on(path: Path) -> dict[str, float]:
    """Take the write lock every other millisecond until told to stop, and say how long it was refused."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    waits = []
    print(flush=True)
    while not ready([sys.stdin], [], [], 0.002)[0]:
        began = time.perf_counter()
        while not _takes(connection):
            time.sleep(0.0005)
        waits.append(time.perf_counter() - began)
    connection.close()
    return {"longest": round(max(waits) * 1000, 1), "over": sum(wait > 0.1 for wait in waits)}


def _takes(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    connection.execute("ROLLBACK")
    return True


def sign_in(cases: int) -> dict[str, float]:
    """Sign a lawyer in who has so many cases, and open her list."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, b"sentinel")
        with open_desk(database, folder, patience=6) as desk:  # as long as a real desk waits
            for _ in range(cases):
                desk.file_case("legal", "alice", push=False)
            browser = desk.sign_in("alice")
            taken, spent = [], []
            for _ in range(2):
                began, used = time.perf_counter(), time.process_time()
                page = browser.page("/queue")
                taken.append(time.perf_counter() - began)
                spent.append(time.process_time() - used)
            listed = page.count("/case/")
        database.close()
    return {
        "cases": cases,
        "first_seconds": round(taken[0], 3),
        "first_cpu_seconds": round(spent[0], 3),
        "again_seconds": round(taken[1], 3),
        "links_to_cases": listed,
    }


def long_journal(count: int) -> dict[str, float]:
    """Read and verify a journal of *count* rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = connect(f"sqlite:///{folder / 'house.db'}")
        create_tables(database, b"sentinel")
        house = build(database, folder)
        case, acts, last = keys.new_id(), ("accept", "second", *("open-case", "note", "reply") * 6), None
        names, by, day = JournalRow.__table__.columns.keys(), house.actor("alice"), house.now.date()
        for begin in range(0, count, 1000):
            written = []
            for at in range(min(count - begin, 1000)):
                act = acts[at % len(acts)]
                case = keys.new_id() if at % len(acts) == 0 else case
                subject = subject_of("bob") if act == "second" else None
                last = journal.sign(last, act, by=by, day=day, case=case, subject=subject)
                journal.take(last, house.strongbox.signing, house.roster)
                written.append({name: getattr(last, name) for name in names})
            with database.write() as session:
                session.execute(insert(JournalRow), written)
        laid: list[bytes] = []
        book = Book(lay_down=laid.append)

        def read() -> None:
            with database.read() as session:
                book.read(session, house.roster, house.anchor)

        def begin_at_bookmark() -> None:
            with database.read() as session:
                again = Book(bookmark=laid[-1])
                again.read(session, house.roster, house.anchor)
            assert again.n == count

        def verify() -> None:
            with database.read() as session:
                journal.verify_chain(session, house.anchor)

        figures: dict[str, float] = {"rows": count}
        works = (
            ("first_read", read), ("next_read", read),
            ("restarted_read", begin_at_bookmark), ("verify", verify),
        )  # fmt: skip
        for what, work in works:
            began, used = time.perf_counter(), time.process_time()
            work()
            figures[f"{what}_seconds"] = round(time.perf_counter() - began, 4)
            figures[f"{what}_cpu_seconds"] = round(time.process_time() - used, 4)
        figures["bookmark_bytes"] = len(laid[-1])
        assert book.n == count
        assert not book.is_broken
        database.close()
    return figures


def measure(grants: int, cases: int, acts: int) -> dict[str, Any]:
    """Take every figure."""
    rounds = {"1 KiB": 2000, "64 KiB": 1000, "20 MB": 15}
    before = os.getloadavg()[0]
    figures = {
        "seal": {name: sealing(size, rounds[name]) for name, size in SIZES.items()},
        "memory": memory(SIZES["20 MB"]),
        "relock": relock(grants),
        "sign_in": sign_in(cases),
        "journal": long_journal(acts),
    }
    return {**figures, "load": {"before": round(before, 1), "after": round(os.getloadavg()[0], 1)}}


class Watched(Database):
    """A database that keeps how many seconds each write transaction took, its commit included."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.engine)
        self.took: list[float] = []

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open one write transaction and note how long it lasted."""
        began = time.perf_counter()
        with super().write() as session:
            yield session
        self.took.append(time.perf_counter() - began)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--grants", default=10_000, show_default=True, help="Grants that are re-locked.")
@click.option("--cases", default=300, show_default=True, help="Cases of the lawyer who signs in.")
@click.option("--acts", default=200_000, show_default=True, help="Rows of the journal that is read.")
@click.option("--writer", type=click.Path(path_type=Path), hidden=True)
@click.option("--child", type=click.Path(path_type=Path), hidden=True)
@click.option("--size", type=int, default=0, hidden=True)
def main(
    as_json: bool, grants: int, cases: int, acts: int, writer: Path | None, child: Path | None, size: int
) -> None:
    """Measure the vault on this machine."""
    if writer is not None:
        click.echo(json.dumps(write_on(writer)))
        return
    if child is not None:
        click.echo(json.dumps(grow(child, size)))
        return
    figures = measure(grants, cases, acts)
    if as_json:
        click.echo(json.dumps(figures))
        return
    for part, values in figures.items():
        click.echo(part)
        for name, figure in values.items():
            click.echo(f"  {name:<18} {figure}")


if __name__ == "__main__":
    main()
