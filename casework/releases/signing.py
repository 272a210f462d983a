"""What is signed when somebody judges, approves or takes down, and how it is checked again later."""

from __future__ import annotations

import hashlib
from typing import Any

from casework import canonical
from casework.rosters import Staffing
from casework.tables import Approval, Figures, ManifestSignature, TakeDown, Verdict
from crypto.errors import CryptoError
from crypto.roster import Roster
from crypto.signature import SigningKey, verify

VERDICT_TAG = "subrosa/verdict"
APPROVAL_TAG = "subrosa/approval"
TAKE_DOWN_TAG = "subrosa/take-down"
MANIFEST_TAG = "subrosa/manifest"
FIGURES_TAG = "subrosa/figures"
_TAKEN_TAG = "subrosa/release-taken"

Signed = Verdict | Approval | TakeDown | ManifestSignature | Figures


def claim(row: Signed) -> tuple[str, bytes]:
    """Return the tag and the canonical bytes that the signature of *row* is over."""
    who = {"day": row.day.isoformat(), "number": row.number, "staff": row.staff}
    if isinstance(row, Verdict):
        said = _frozen(row) | {"half": row.half, "level": row.level, "sealed": _digest(row.sealed)}
        return VERDICT_TAG, canonical.dumps(who | said)
    if isinstance(row, Approval):
        said = _frozen(row) | {"override": row.override, "reason": _digest(row.reason), "role": row.role}
        return APPROVAL_TAG, canonical.dumps(who | said)
    if isinstance(row, TakeDown):
        return TAKE_DOWN_TAG, canonical.dumps(
            who | {"code": row.code, "into": row.into, "public_id": row.public_id}
        )
    if isinstance(row, Figures):
        said = {"hours": row.hours, "month": row.month, "waiting": row.waiting}
        return FIGURES_TAG, canonical.dumps(who | said)
    return MANIFEST_TAG, canonical.dumps(who | {"digest": row.digest.hex()})


def sign(row: Signed, key: SigningKey) -> None:
    """Sign *row* as it stands."""
    tag, body = claim(row)
    row.signature = key.sign(tag, body)


def was_signed(row: Signed, roster: Roster) -> bool:
    """Tell whether the signature on *row* is by the key this roster lists for its signer, revoked or not."""
    entry = roster.find(row.staff, row.number)
    if entry is None:
        return False
    tag, body = claim(row)
    try:
        verify(entry.signing, tag, body, row.signature)
    except CryptoError:
        return False
    return True


def still_counts(row: Signed, staffing: Staffing) -> bool:
    """Tell whether *row* is signed by somebody who is staff now, with the key they have now."""
    entry = staffing.roster.find(row.staff)
    if entry is None or entry.number != row.number or row.staff not in staffing.living:
        return False
    return was_signed(row, staffing.roster)


def countersign(row: Verdict | Approval, hub: SigningKey, roster: Roster) -> None:
    """Say, as the hub, that the signature on *row* held against this version of the roster."""
    row.roster = roster.version
    tag, body = claim(row)
    taken = canonical.dumps({"claim": _digest(body), "roster": roster.version, "tag": tag})
    row.countersignature = hub.sign(_TAKEN_TAG, taken)


def _frozen(row: Verdict | Approval) -> dict[str, Any]:
    return {"digest": row.digest.hex(), "draft": row.draft.hex()}


def _digest(body: bytes | None) -> str | None:
    return None if body is None else hashlib.sha256(body).hexdigest()
