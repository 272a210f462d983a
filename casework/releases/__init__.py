"""
Releases: from a draft to what may be public, and back.

    draft --freeze--> two halves of the gate --> author and approver sign --> press --> published
                                                                      any of the staff --> taken down

Publishing is a positive act on a frozen text: it needs two people and everything in
:data:`casework.releases.approvals.REASONS` to be absent, at the release and again when the hub publishes.
Nobody alone can publish; anybody of the staff alone can take down.
"""

from casework.releases.approvals import (
    PICTURE,
    QUOTE,
    REASONS,
    SUMMARY,
    Override,
    approve,
    check_releasable,
    countersign,
    may_approve,
    sign_as_author,
)
from casework.releases.drafts import (
    discard,
    embargo,
    freeze,
    may_discard,
    new_draft,
    open_draft,
    save_draft,
    seal_draft,
)
from casework.releases.embargoes import (
    ask_weekly,
    can_answer,
    hold,
    lift_hold,
    may_lift,
    not_yet,
    open_condition,
    seal_condition,
)
from casework.releases.figures import rounded_people, tell_figures, told_figures
from casework.releases.issues import draw_issue
from casework.releases.manifests import (
    land_manifest,
    manifests_in_review,
    mark_public,
    note_entries,
    refuse_manifest,
    released_manifests,
    replace_manifest,
    return_manifest,
    sign_manifest,
    withdraw_manifest,
)
from casework.releases.press import (
    Haste,
    Ready,
    due_press,
    mark_published,
    send_back,
    send_to_press,
    stranded,
)
from casework.releases.takedowns import (
    CODES,
    DUPLICATE,
    Orders,
    due_take_downs,
    mark_taken_down,
    order_take_down,
)
from casework.releases.verdicts import card_holders, record_verdict
from casework.releases.wordings import answer_for_client, may_answer
from casework.releases.wordings import ask as ask_source
from casework.releases.wordings import is_wanted as is_word_wanted

__all__ = [
    "CODES",
    "DUPLICATE",
    "PICTURE",
    "QUOTE",
    "REASONS",
    "SUMMARY",
    "Haste",
    "Orders",
    "Override",
    "Ready",
    "answer_for_client",
    "approve",
    "ask_source",
    "ask_weekly",
    "can_answer",
    "card_holders",
    "check_releasable",
    "countersign",
    "discard",
    "draw_issue",
    "due_press",
    "due_take_downs",
    "embargo",
    "freeze",
    "hold",
    "is_word_wanted",
    "land_manifest",
    "lift_hold",
    "manifests_in_review",
    "mark_public",
    "mark_published",
    "mark_taken_down",
    "may_answer",
    "may_approve",
    "may_discard",
    "may_lift",
    "new_draft",
    "not_yet",
    "note_entries",
    "open_condition",
    "open_draft",
    "order_take_down",
    "record_verdict",
    "refuse_manifest",
    "released_manifests",
    "replace_manifest",
    "return_manifest",
    "rounded_people",
    "save_draft",
    "seal_condition",
    "seal_draft",
    "send_back",
    "send_to_press",
    "sign_as_author",
    "sign_manifest",
    "stranded",
    "tell_figures",
    "told_figures",
    "withdraw_manifest",
]  # fmt: skip
