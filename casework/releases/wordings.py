"""
The source's word: whoever chose to sees exactly what would be public, and answers yes, change or no.

* Silence is no: only a yes releases.
* The word is bound to the SHA-256 of what was shown, in every language; any edit leaves nothing of it.
* It is looked at when a text goes to the press and again by the hub before anything is public.
* A client of a lawyer's case answers through that lawyer, who says so under their own name.
"""

from __future__ import annotations

import base64

from sqlalchemy import delete
from sqlalchemy.orm import Session

from casework import journal
from casework.errors import NotAllowedError, NotFoundError, NotReleasableError, WrongStateError
from casework.permits import Acting, is_holder, is_member
from casework.releases import verdicts
from casework.rosters import LEGAL
from casework.tables import Case, Draft, Wording
from crypto.roster import Roster

ASKED = "asked"
YES = "yes"
CHANGE = "change"
NO = "no"
ANSWERS = (YES, CHANGE, NO)
# Bytes of a digest on a button: with the handle of the case they are all that fits.
TAG_SIZE = 10


def tag(digest: bytes) -> str:
    """Return what a button carries of a digest: 16 letters and figures."""
    return base64.b32encode(digest[:TAG_SIZE]).decode().lower()


def is_wanted(session: Session, case: Case | None, roster: Roster) -> bool:
    """Tell whether the tipster of *case*, or the client behind a brief, chose to see a text first."""
    if case is None:
        return False
    origin = verdicts.origin_of(session, case, roster) if case.kind == "brief" else None
    return case.wants_word or (origin is not None and origin.wants_word)


def ask(session: Session, draft_id: bytes, digest: bytes, acting: Acting) -> Case:
    """
    Note that a frozen text is shown to the tipster of its case, and return the case to write to.

    Raises:
        NotReleasableError: the text is another one by now.
        NotAllowedError: the case is not this person's, or no tipster answers in it.
        NotFoundError: there is no such draft.
    """
    draft = _frozen(session, draft_id, digest)
    case = verdicts.living_case(session, draft)
    if case is None or case.kind == "brief" or not is_holder(case, acting.staff):
        raise NotAllowedError("word")
    _note(session, draft, case, ASKED, acting)
    return case


def answer_for_client(session: Session, draft_id: bytes, digest: bytes, answer: str, acting: Acting) -> None:
    """
    Say, as the lawyer of the client a brief speaks of, what the client answered to exactly this text.

    Raises:
        NotReleasableError: the text is another one by now.
        NotAllowedError: not the lawyer of that client.
        NotFoundError: there is no such draft.
    """
    if answer not in ANSWERS:
        raise ValueError("casework: internal error: no such answer")
    acting.check_living("word")
    draft = _frozen(session, draft_id, digest)
    case = verdicts.living_case(session, draft)
    if case is None or not may_answer(session, case, acting):
        raise NotAllowedError("word")
    _note(session, draft, case, answer, acting)
    journal.write(session, "word", by=acting.by, day=acting.day, case=case.id, subject=draft.id)


def may_answer(session: Session, case: Case, acting: Acting) -> bool:
    """Tell whether this person is the lawyer of the client that a brief speaks of."""
    if case.kind != "brief" or not is_member(acting.staff, LEGAL, acting.staffing):
        return False
    origin = verdicts.origin_of(session, case, acting.staffing.roster)
    return origin is not None and is_holder(origin, acting.staff)


def against(session: Session, draft: Draft, case: Case | None, roster: Roster) -> list[str]:
    """Return what the source's word has against a release: that there is no yes to exactly this text."""
    if not is_wanted(session, case, roster):
        # Whoever did not ask to be shown it, and was, may still say no.
        given = session.get(Wording, draft.id)
        is_refused = given is not None and given.digest == draft.digest and given.answer in (CHANGE, NO)
        return ["no_word"] if is_refused else []
    given = session.get(Wording, draft.id)
    is_given = given is not None and given.digest == draft.digest and given.answer == YES
    return [] if is_given else ["no_word"]


def forget(session: Session, draft: Draft) -> None:
    """Forget what was said of a text, and with it which case it came from."""
    session.execute(delete(Wording).where(Wording.draft == draft.id))


def _frozen(session: Session, draft_id: bytes, digest: bytes) -> Draft:
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFoundError
    if draft.digest is None or draft.digest != digest:
        raise NotReleasableError(["edited"])
    if draft.status not in ("review", "approved", "scheduled"):
        raise WrongStateError("word")
    return draft


def _note(session: Session, draft: Draft, case: Case, answer: str, acting: Acting) -> None:
    given = session.get(Wording, draft.id)
    if given is None:
        given = Wording(draft=draft.id)
        session.add(given)
    assert draft.digest is not None
    given.digest, given.case, given.answer = draft.digest, case.id, answer
    given.staff, given.day = acting.staff, acting.day
