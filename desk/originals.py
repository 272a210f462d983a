"""Files of a case as they came: found among what was said there, and opened in memory."""

from __future__ import annotations

from casework import keys
from casework.tables import Case, Item
from desk import opening, reading
from desk.errors import MissingError
from desk.reading import Dossier, Paper
from desk.visit import Visit


def find(visit: Visit, case: bytes, wanted: bytes) -> tuple[Case, Item, Paper, str]:
    """
    Return the file *wanted* of a case with what was written beside it.

    Raises:
        MissingError: there is none for this person.
    """
    dossier = reading.dossier(visit, case)
    for said in dossier.said:
        if said.paper is not None and said.paper.item == wanted:
            item = next(item for item, _payload in dossier.items if item.id == wanted)
            return dossier.case, item, said.paper, said.text
    raise MissingError


def papers(dossier: Dossier) -> list[Paper]:
    """Return the files of a case in the order they came."""
    return [said.paper for said in dossier.said if said.paper is not None]


def content(visit: Visit, item: Item, paper: Paper) -> bytes:
    """
    Open a file.

    Raises:
        MissingError: this session has no key of it.
        CryptoError: it is not what its sender sent.
    """
    identity = opening.identity(visit, item.case, item.compartment, item.generation)
    if identity is None:
        raise MissingError
    with visit.database.read() as session:
        return keys.open_content(session, item, identity, paper.digest)
