"""Two cases that belong together on one page, for those who may open both, and for nobody else."""

from __future__ import annotations

from pathlib import Path

from casework.database import Database
from tests.deskhouse import open_desk
from tests.test_intake_joining import HER, HIS, case_at, invited, joined


def test_alice_reads_mother_and_son_on_one_page_and_bob_neither(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Each page shows the other conversation and leads to it; both openings are journalled."""
    with open_desk(sqlite_database, tmp_path) as desk:
        mother, words = invited(desk.house)
        hers = f"/case/{case_at(mother).id.hex()}"
        alice = desk.sign_in("alice")
        assert alice.do(hers, f"{hers}/accept", second="").status_code == 303
        his = f"/case/{case_at(joined(desk.house, words)).id.hex()}"
        for here, there in ((hers, his), (his, hers)):
            page = alice.page(here)
            assert HER in page
            assert HIS in page
            assert there in page
        assert alice.do(his, f"{his}/reply", text="Держитесь.", mode="reply").status_code == 303
        bob = desk.sign_in("bob")
        for where in (hers, his):
            assert bob.get(where).status_code == 404
        carol = desk.sign_in("carol")
        assert carol.get(his).status_code == 404


def test_what_is_not_mine_to_see_is_named_and_not_shown(sqlite_database: Database, tmp_path: Path) -> None:
    """Alice took hers after he came: Bob, who took his, learns that there is one and no word of it."""
    with open_desk(sqlite_database, tmp_path) as desk:
        mother, words = invited(desk.house)
        his_id = case_at(joined(desk.house, words)).id
        hers, his = f"/case/{case_at(mother).id.hex()}", f"/case/{his_id.hex()}"
        alice, bob = desk.sign_in("alice"), desk.sign_in("bob")
        assert alice.do(hers, f"{hers}/accept", second="").status_code == 303
        assert bob.do(his, f"{his}/accept", second="").status_code == 303
        page = bob.page(his)
        assert HIS in page
        assert HER not in page
        assert "in somebody else" in page
