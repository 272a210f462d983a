"""What the documents say is there is there: commands, tests, links, names, tables, keys, ticks."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import get_type_hints

import pytest

from casework.strongbox import RUNTIME, STATE
from casework.tables import Base
from subrosa.__main__ import COMMANDS
from subrosa.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
ROOMS = ("crypto", "casework", "intake", "bot", "desk", "register", "subrosa")

# The house's documents, with the pages of others that they lead to.
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])

# Where a house keeps its files, unless told otherwise: names that a document may use for a file of a house.
FILES = frozenset(
    str(one.default)
    for section in fields(Settings)[1:]
    for one in fields(get_type_hints(Settings)[section.name])
    if isinstance(one.default, Path)
)

# `register.csv` is a file, `register.hours` a setting.
SUFFIXES = ("csv", "json", "html", "txt", "zip")

# Built from pieces, so that this file holds none of them.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("crates", "io"), ("rubygems", "org"), ("proxy", "golang", "org"), ("conda", "anaconda", "org"),
    )
)  # fmt: skip
PLACES = tuple("/" + "/".join(parts) + "/" for parts in (("work",), ("root",), ("tmp", "plan"), ("Users",)))


def text_of(page: str) -> str:
    """Return a document by its path below the checkout."""
    return (ROOT / page).read_text(encoding="utf-8")


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of every table row, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set(row[0]) <= {"-", ""}]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def quoted(text: str) -> list[str]:
    """Return everything in back-quotes outside code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return what a module defines or imports at its top, and its classes' members as ``Class.member``."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef():
                found |= {
                    node.name,
                    *(f"{node.name}.{one.name}" for one in node.body if hasattr(one, "name")),
                }
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Assign():
                found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
            case ast.AnnAssign(target=ast.Name() as target):
                found.add(target.id)
            case ast.ImportFrom() | ast.Import():
                found |= {one.asname or one.name for one in node.names}
            case _:
                pass
    return frozenset(found)


def is_in_the_code(dotted: str) -> bool:
    """Tell whether a name such as ``casework.tables.Case`` is defined where it says."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:cut])
        path = next((one for one in (base.with_suffix(".py"), base / "__init__.py") if one.is_file()), None)
        if path is not None:
            return cut == len(parts) or ".".join(parts[cut:]) in names_in(path)
    return False


@cache
def claims_in(name: str) -> frozenset[str]:
    """Return the tests of a file in ``tests/``."""
    path = ROOT / "tests" / name
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def tracked() -> list[Path]:
    """Return the files under version control that are text."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout under version control")
    done = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return [one for one in files if one.is_file() and b"\0" not in one.read_bytes()[:8000]]


# --- commands and settings -----------------------------------------------------------------------------


def test_every_command_is_in_the_readme() -> None:
    table = [row[0] for row in rows_of(section(text_of("README.md"), "Commands"))]
    named = set(re.findall(r"`subrosa (\w+)", "\n".join(table)))
    assert named == set(COMMANDS)


@pytest.mark.parametrize("command", ["staff", "roster", "register", "journal"])
def test_every_part_of_a_command_is_in_the_readme(command: str) -> None:
    code = text_of(f"subrosa/commands/{command}.py")
    parts = re.findall(r'@command\.command\("([\w-]+)"\)', code)
    assert parts
    for part in parts:
        assert re.search(rf"`(subrosa )?{command} {part}\b", text_of("README.md")), part


def test_every_goal_of_the_makefile_that_a_document_names_exists() -> None:
    goals = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    found = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [
            line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
        ]
        for line in [*lines, *quoted(text)]:
            for goal in re.findall(r"(?:^|&& )make (?:-C \S+ )?([a-z-]+)", line):
                assert goal in goals, f"{page.name}: make {goal}"
                found += 1
    assert found > 5


def test_every_setting_that_a_document_names_exists() -> None:
    hints = get_type_hints(Settings)
    known = {one.name: {two.name for two in fields(hints[one.name])} for one in fields(Settings)[1:]}
    found = 0
    for page in PAGES:
        for word in set(quoted(page.read_text(encoding="utf-8"))) - FILES:
            head, _, tail = word.partition(".")
            if (
                head in known
                and tail not in SUFFIXES
                and re.fullmatch(r"[a-z_]+", tail)
                and not is_in_the_code(word)
            ):
                assert tail in known[head], f"{page.name}: {word}"
                found += 1
    assert found > 5


# --- tests named by documents --------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_document_names_exists(page: Path) -> None:
    for name, test in re.findall(r"tests/(\w+\.py)::(\w+)", page.read_text(encoding="utf-8")):
        assert test in claims_in(name), f"{page.name}: {name}::{test}"


def test_every_attacker_has_a_test_or_says_why_there_is_none() -> None:
    attackers = section(text_of("docs/threat-model.md"), "Attackers")
    sections = re.split(r"^### ", attackers, flags=re.MULTILINE)[1:]
    assert len(sections) == len(rows_of(attackers)) - 1
    for one in sections:
        title, _, body = one.partition("\n")
        assert "**Gets.**" in body and "**Does not get.**" in body, title
        shown = body.split("**Shown by**")[1]
        assert "tests/test_" in shown or "no test: " in shown, title


def test_every_attacker_is_held_against_the_peers() -> None:
    attackers = section(text_of("docs/threat-model.md"), "Attackers")
    for one in re.split(r"^### ", attackers, flags=re.MULTILINE)[1:]:
        title, _, body = one.partition("\n")
        told = body.split("**Elsewhere.**")[1].split("**Shown by**")[0]
        for peer in ("GlobaLeaks", "SecureDrop", "Hush Line"):
            assert peer in told or "None of the three" in told, f"{title}: {peer}"


def test_every_row_of_the_threat_model_leads_to_its_section() -> None:
    attackers = section(text_of("docs/threat-model.md"), "Attackers")
    led = re.findall(r"^\| .*\]\(#([\w-]+)\)", attackers, re.MULTILINE)
    titles = re.findall(r"^### (.+)$", attackers, re.MULTILINE)
    assert led == [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


# --- links and names -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_within_the_house_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors_of(there), f"{page.name}: {target}"


def test_every_decision_is_listed_and_has_its_four_parts() -> None:
    listed = set(re.findall(r"\(decisions/([\w-]+\.md)\)", text_of("docs/README.md")))
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert listed == {page.name for page in pages}
    for n, page in enumerate(pages, start=1):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{n:04d}-") and text.startswith(f"# {n}. ")
        for part in ("Context", "Decision", "Consequences", "Alternatives"):
            assert f"**{part}.**" in text, page.name


def test_every_page_can_be_reached_from_the_reading_order() -> None:
    led = set(re.findall(r"\(([\w/-]+\.md)", text_of("docs/README.md")))
    assert {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"README.md"} <= led


def test_every_word_of_the_glossary_is_where_it_says() -> None:
    rows = rows_of(text_of("docs/glossary.md"))[1:]
    assert len(rows) > 40
    for word, _meaning, place in rows:
        names = [name for name in re.findall(r"`([^`]+)`", place) if "." in name]
        assert names, word
        for name in names:
            assert is_in_the_code(name), f"{word}: {name}"


def test_every_file_that_a_document_names_exists() -> None:
    found = 0
    for page in PAGES:
        for word in set(quoted(page.read_text(encoding="utf-8"))) - FILES:
            if re.fullmatch(rf"(?:{'|'.join(ROOMS)}|tests|docs|benchmarks)/[\w./-]+", word):
                assert (ROOT / word.split("::")[0]).exists(), f"{page.name}: {word}"
                found += 1
    assert found > 50


# --- the architecture against the code -----------------------------------------------------------------


def test_the_architecture_lists_every_table_and_no_other() -> None:
    text = section(text_of("docs/architecture.md"), "What stands in clear")
    listed = [name for row in rows_of(text)[1:] for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(listed) == sorted(Base.metadata.tables)


def test_the_architecture_lists_every_key_of_the_hub_where_it_lies() -> None:
    rows = rows_of(section(text_of("docs/architecture.md"), "Keys"))[1:]
    lies = {name: row[1] for row in rows for name in re.findall(r"^`(\w+)`$", row[0])}
    assert set(lies) == {*STATE, *RUNTIME}
    assert all(lies[name].startswith("`state_dir`") for name in STATE)
    assert all(lies[name].startswith("`runtime_dir`") for name in RUNTIME)


def test_the_architecture_lists_every_tick_as_often_as_it_runs() -> None:
    calls = [node for node in ast.walk(ast.parse(text_of("subrosa/chores.py"))) if isinstance(node, ast.Call)]
    ticks = {
        ast.literal_eval(call.args[0]): float(ast.literal_eval(call.args[1]))
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Tick"
    }
    rows = rows_of(section(text_of("docs/architecture.md"), "Ticks"))[1:]
    assert {row[0].strip("`"): float(row[1].removesuffix(" s")) for row in rows} == ticks


def test_the_architecture_shows_the_import_table_that_is_held() -> None:
    rows = rows_of(section(text_of("docs/architecture.md"), "Doors, rooms, vault"))[1:]
    told = {row[0].strip("`/"): set(re.findall(r"\w+", row[2])) & set(ROOMS) for row in rows}
    assert set(told) == set(ROOMS)
    contracts = text_of("pyproject.toml").split("[[tool.importlinter.contracts]]")[1:]
    for contract in contracts:
        (source,) = re.findall(r'source_modules = \["(\w+)"\]', contract)
        forbidden = set(re.findall(r'"(\w+)"', contract.split("forbidden_modules")[1]))
        assert told[source] == set(ROOMS) - forbidden - {source, "subrosa"}, source


# --- what no file of ours may say ----------------------------------------------------------------------


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in (*HOSTS, *PLACES):
            assert word not in text, f"{path.relative_to(ROOT)}: {word}"


def test_the_search_for_such_names_would_find_one() -> None:
    assert any(host.startswith("pypi") for host in HOSTS)
    assert all(place.startswith("/") and place.endswith("/") for place in PLACES)


def test_third_parties_are_named_with_their_licences() -> None:
    licences = section(text_of("README.md"), "Licence")
    assert 'license = "AGPL-3.0-or-later"' in text_of("pyproject.toml")
    for word in ("AGPL-3.0-or-later", "BIP-0039, MIT", "GeoNames, CC BY 4.0", "GPL-3", "LGPL-3"):
        assert word in licences, word
