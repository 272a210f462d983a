"""A look at links tells the outlet little, goes nowhere inside, keeps no word, and leads to one list."""

from __future__ import annotations

import hashlib
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import httpcore
import msgspec
import pytest

from casework.database import Database
from desk import deadlinks
from register import links, records
from register.entry import Entry, Source, Update
from register.links import Look, Looks, key
from subrosa import configuration, visiting
from subrosa.__main__ import run
from tests import sites
from tests.deskhouse import open_desk

DAY = date(2026, 3, 1)
NEXT = DAY + timedelta(days=1)
BODY = "Они отказались.".encode()
PAGES = {
    "/here": (200, "", BODY),
    "/gone": (410, "", b"x"),
    "/shut": (403, "", b"x"),
    "/broken": (503, "", b"x"),
    "/moved": (301, "https://other.example/x", b""),
    "/round": (302, "/round", b""),
    "/inside": (302, "http://127.0.0.1/private", b""),
    "/metadata": (302, "http://169.254.169.254/latest", b""),
    "/port": (302, "http://outlet.example:22/", b""),
    "/to-here": (302, "/here", b""),
}


@dataclass
class Outlet:
    """A SOCKS proxy on loopback that answers for every outlet itself, and what it was asked."""

    port: int = 0
    names: list[str] = field(default_factory=list)
    ways: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    endless: int = 0

    @property
    def address(self) -> str:
        return f"socks5h://127.0.0.1:{self.port}"


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    told = Outlet()

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(3) == b"\x05\x01\x02"
            self.wfile.write(b"\x05\x02")
            self.rfile.read(1)
            name = self.rfile.read(self.rfile.read(1)[0])
            told.ways.append(name)
            assert self.rfile.read(self.rfile.read(1)[0]) == name
            self.wfile.write(b"\x01\x00")
            assert self.rfile.read(4) == b"\x05\x01\x00\x03"
            told.names.append(self.rfile.read(self.rfile.read(1)[0]).decode())
            port = int.from_bytes(self.rfile.read(2), "big")
            if port != 80:
                self.wfile.write(b"\x05\x05\x00\x01" + bytes(6))
                return
            self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += self.rfile.read(1)
            told.heads.append(head)
            self.answer(head.split()[1].decode())

        def answer(self, path: str) -> None:
            status, onward, body = PAGES.get(path, (200, "", b"?"))
            head = f"HTTP/1.1 {status} x\r\nConnection: close\r\n"
            head += f"Location: {onward}\r\n" if onward else ""
            self.wfile.write(head.encode() + b"\r\n" + body)
            try:
                while path == "/endless":
                    told.endless += self.wfile.write(bytes(65_536))
            except OSError:
                pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def nowhere(host: str, port: int, timeout: float) -> httpcore.NetworkStream:
    raise AssertionError("somebody was asked for it")


@pytest.mark.parametrize(
    ("path", "state", "status"),
    [
        ("/here", "found", 200),
        ("/to-here", "found", 200),
        ("/gone", "gone", 410),
        ("/shut", "shut", 403),
        ("/broken", "silent", 503),
        ("/moved", "silent", None),
        ("/round", "silent", None),
        ("/inside", "unasked", None),
        ("/metadata", "unasked", None),
        ("/port", "unasked", None),
    ],
)
def test_a_look_says_how_a_link_is(outlet: Outlet, path: str, state: str, status: int | None) -> None:
    found = visiting.look(f"http://outlet.example{path}", visiting.through(outlet.address), DAY)
    assert (found.state, found.status) == (state, status)
    assert (found.sha256 is not None) == (state == "found")
    if state == "found":
        assert (found.sha256, found.size) == (hashlib.sha256(BODY).hexdigest(), len(BODY))


def test_an_outlet_is_told_nothing_of_who_asks_and_each_link_takes_another_way(outlet: Outlet) -> None:
    urls = ["http://outlet.example/here", "http://outlet.example/gone", "http://пример.example/here#a"]
    visiting.look_at_all(urls, visiting.through(outlet.address), DAY)
    assert sorted(outlet.names) == ["outlet.example", "outlet.example", "xn--e1afmkfd.example"]
    assert len(set(outlet.ways)) == 3
    for head in outlet.heads:
        names = {line.split(b":")[0] for line in head.split(b"\r\n")[1:] if line}
        assert names == {b"Host", b"User-Agent", b"Accept", b"Accept-Encoding", b"Connection"}
        assert b"subrosa" not in head.lower() and b"#" not in head and b"python" not in head.lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0/",
        "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fc00::1]/", "http://169.254.169.254/",
        "http://10.1.2.3/", "http://192.168.0.1/", "http://100.64.0.1/", "http://224.0.0.1/",
        "http://[fec0::1]/", "http://[64:ff9b:1::7f00:1]/", "http://[::ffff:0:7f00:1]/", "http://[5f00::1]/",
        "http://[2001:0:7f00:1::1]/", "http://[3fff::1]/", "http://[ff0e::1]/", "http://[2001:db8::1]/",
        "http://wiki.intranet/", "http://wiki.test/", "http://wiki.private/", "http://wiki.HOME/",
        "http://localhost/", "http://desk/", "http://printer.local/", "http://printer.local./",
        "http://user:word@outlet.example/", "http://outlet.example:8480/", "ftp://outlet.example/",
        "file:///etc/passwd", "https://", "not an address", "http://a.0x7f/",
    ],
)  # fmt: skip
def test_nothing_inside_is_ever_asked_for(url: str) -> None:
    assert visiting.look(url, nowhere, DAY).state == "unasked"


@pytest.mark.parametrize(
    "outside", ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4010::8a", "8.8.8.8"]
)
def test_addresses_of_the_open_network_are_open(outside: str) -> None:
    assert visiting.is_open(outside)


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0", "0.0.0.0", "::"])
def test_a_name_that_leads_inside_is_not_followed(inside: str) -> None:
    """Not even where it leads outside as well: the first address is not the one that counts."""
    for found in ([inside], ["93.184.215.14", inside]):
        connect = visiting.directly(lambda _host, _port, found=found: found)  # type: ignore[misc]
        assert visiting.look("http://outlet.example/here", connect, DAY).state == "unasked"


def test_a_page_without_end_is_left_and_one_that_drips_is_too(
    outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visiting, "LARGEST", 200_000)
    connect = visiting.through(outlet.address)
    found = visiting.look("http://outlet.example/endless", connect, DAY)
    assert (found.state, found.sha256, found.size) == ("found", None, None)
    ticks = iter(range(0, 10_000, 20))
    late = visiting.look("http://outlet.example/endless", connect, DAY, lambda: float(next(ticks)))
    assert late.state == "silent"


def entry_with(*cited: Source, later: tuple[Source, ...] = ()) -> Entry:
    entry = Entry.new(
        title={"ru": "Отказ"}, body={"ru": "Двадцать человек."}, sources=cited, grade="reported"
    )
    follow = (Update(text={"ru": "Позже"}, kind="follow_up", sources=later),) if later else ()
    return msgspec.structs.replace(entry, updates=follow)


def looks(**found: Look) -> Looks:
    return Looks(links={key(f"https://outlet.example/{name}"): look for name, look in found.items()})


def whole(day: date, letter: str) -> Look:
    return Look(day=day, state="found", status=200, size=9, sha256=letter * 64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    told = Source(outlet="Вестник", url="https://outlet.example/a", archive_url="https://outlet.example/b")
    later = Source(outlet="Хроника", url="https://outlet.example/c", sha256="0" * 64)
    records.put(tmp_path, entry_with(told, later=(later,)), DAY)
    return tmp_path


def test_links_of_sources_copies_and_follow_ups_are_all_looked_at(folder: Path) -> None:
    assert links.in_records(folder) == {f"https://outlet.example/{one}" for one in "abc"}


def test_what_a_look_found_is_kept_without_an_address_and_forgotten_with_the_entry(folder: Path) -> None:
    known = links.take(folder, looks(a=whole(DAY, "1"), z=whole(DAY, "2")), DAY)
    assert set(known.links) == {key("https://outlet.example/a")}, "only links of our records are taken"
    assert known.uncopied == 1
    assert links.read(folder) == known
    assert b"outlet" not in (folder / links.NAME).read_bytes()
    (record,) = records.read_all(folder)
    records.retract(folder, record.id, NEXT)
    assert links.take(folder, Looks(links={}), NEXT).links == {}


def test_a_look_of_tomorrow_and_one_older_than_ours_are_left_out(folder: Path) -> None:
    links.take(folder, looks(a=whole(NEXT, "1")), NEXT)
    known = links.take(folder, looks(a=Look(day=DAY, state="gone")), NEXT)
    assert known.of("https://outlet.example/a") == links.read(folder).of("https://outlet.example/a")
    later = NEXT + timedelta(days=1)
    known = links.take(folder, looks(a=Look(day=later, state="gone")), NEXT)
    link = known.of("https://outlet.example/a")
    assert link is not None and link.last.state == "found"


def test_a_hash_is_offered_once_two_days_brought_the_same_bytes(folder: Path) -> None:
    """A page made for one visitor has a hash that leads its outlet to the visit."""
    url, day = "https://outlet.example/a", DAY
    for letter, steady in (("1", None), ("2", None), ("2", "2" * 64), ("3", None)):
        link = links.take(folder, looks(a=whole(day, letter)), day).of(url)
        assert link is not None and link.steady == steady, letter
        again = links.take(folder, looks(a=whole(day, letter)), day).of(url)
        assert again == link, "a second look on one day proves nothing"
        day += timedelta(days=1)


def test_the_list_names_what_is_dead_or_changed_and_not_what_is_shut_or_silent_once(folder: Path) -> None:
    (record,) = records.read_all(folder)
    shut, silent = Look(day=DAY, state="shut"), Look(day=DAY, state="silent")
    links.take(folder, looks(a=shut, b=silent), DAY)
    found = deadlinks.read(folder, DAY)
    assert found is not None and not found.broken and not found.wants_look
    news = {"a": Look(day=NEXT, state="gone"), "b": Look(day=NEXT, state="silent"), "c": whole(NEXT, "1")}
    links.take(folder, looks(**news), NEXT)
    found = deadlinks.read(folder, NEXT)
    assert found is not None
    assert {(one.url[-1], one.how, one.since, one.is_copy, one.is_copied) for one in found.broken} == {
        ("a", "gone", NEXT, False, True),
        ("b", "silent", DAY, True, True),
        ("c", "changed", NEXT, False, False),
    }
    assert {one.id for one in found.broken} == {record.id}
    links.take(folder, looks(a=whole(NEXT, "1")), NEXT)
    found = deadlinks.read(folder, NEXT + links.AGES)
    assert found is not None and found.wants_look and "a" not in {one.url[-1] for one in found.broken}
    assert deadlinks.read(None, NEXT) is None
    (folder / links.NAME).write_bytes(b"{")
    assert deadlinks.read(folder, NEXT) == deadlinks.Links(wants_look=True)


def test_editors_and_the_coordinator_see_dead_links(
    sqlite_database: Database, tmp_path: Path, folder: Path
) -> None:
    with open_desk(sqlite_database, tmp_path / "desk", records_dir=folder) as desk:
        day = desk.house.now.date()
        gone = {"a": Look(day=day, state="gone"), "c": whole(day, "1")}
        links.take(folder, looks(**gone), day)
        for who, where in (("carol", "/published"), ("olga", "/house")):
            page = desk.sign_in(who).page(where)
            assert "2 links want care" in page
            assert "https://outlet.example/a" in page and "https://outlet.example/b" not in page
            assert 'href="https://outlet.example' not in page, "no click leads there from a desk"


def test_the_shell_looks_over_a_copy_and_the_house_takes_the_report(
    outlet: Outlet, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, report = tmp_path / "copy", tmp_path / "report.json"
    here = Source(outlet="o", archive_url="http://outlet.example/here")
    told = entry_with(Source(outlet="o", url="http://outlet.example/gone"), later=(here,))
    sites.build([records.first(told, DAY)], copy)
    sites.pack([records.first(told, DAY)], copy)
    own = ["--key", sites.KEY.public.hex()]
    monkeypatch.chdir(tmp_path)
    for wrong in ([], ["--proxy", outlet.address, "--direct"], ["--proxy", "http://127.0.0.1:1"]):
        assert run(["links", "check", str(copy), *own, "--to", str(report), *wrong]) == 2
    by = ["--proxy", outlet.address]
    assert run(["links", "check", str(copy), *own, *by]) == 2
    ask = ["links", "check", str(copy), "--to", str(report), *by]
    for unknown in ([], ["--key", "no hex"]):
        assert run([*ask, *unknown]) == 2
    assert run([*ask, "--key", "00" * 32]) == 1
    data = copy / "data" / "register.json"
    honest = data.read_bytes()
    data.write_bytes(honest.replace(b"outlet.example/gone", b"printer.example/off"))
    assert run([*ask, *own]) == 1, "a copy that somebody else wrote says whom to visit"
    data.write_bytes(honest)
    assert not report.exists() and not outlet.names
    capsys.readouterr()
    assert run([*ask, *own, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["links"], counts["gone"], counts["found"]) == (2, 1, 1)
    assert b"outlet" not in report.read_bytes()

    config = tmp_path / "subrosa.toml"
    config.write_text(configuration.example({}))
    house = ["--config", str(config), "links"]
    folder = configuration.load(config).register.records_dir
    cited = Source(outlet="o", url="http://outlet.example/gone")
    records.put(folder, entry_with(cited), DAY)
    assert run([*house, "take", str(report), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dead"] == 1
    assert run([*house, "check", "--proxy", outlet.address]) == 0
    assert links.read(folder).links[key("http://outlet.example/gone")].is_dead
    report.write_bytes(b"[]")
    assert run([*house, "take", str(report)]) == 1
