"""The first version, as it was; kept so that a copy of it can be laid out and brought up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table of version 1."""
    op.create_table(
        "answer",
        sa.Column("request", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("second", sa.String(), nullable=True),
        sa.Column("consultant", sa.String(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("merged_into", sa.LargeBinary(length=16), nullable=True),
        sa.Column("split_from", sa.LargeBinary(length=16), nullable=True),
        sa.Column("opened", sa.Date(), nullable=False),
        sa.Column("touched", sa.Date(), nullable=False),
        sa.Column("remind_on", sa.Date(), nullable=True),
        sa.Column("erase_on", sa.Date(), nullable=True),
        sa.Column("may_summarise", sa.Boolean(), nullable=False),
        sa.Column("may_quote", sa.Boolean(), nullable=False),
        sa.Column("may_share", sa.Boolean(), nullable=False),
        sa.Column("wants_word", sa.Boolean(), nullable=False),
        sa.Column("wrote_before", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mailboxes", sa.LargeBinary(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_assignee", "case", ["assignee"], unique=False)
    op.create_index("ix_case_split_from", "case", ["split_from"], unique=False)
    op.create_index("ix_case_status", "case", ["status"], unique=False)
    op.create_table(
        "channel_post",
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message", sa.Integer(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("public_id"),
    )
    op.create_table(
        "chunk",
        sa.Column("owner", sa.LargeBinary(length=16), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contact",
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("staff"),
    )
    op.create_table(
        "deletion",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spool", sa.Integer(), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("deletion_tag", "deletion", ["tag"], unique=False)
    op.create_index("ix_deletion_spool", "deletion", ["spool"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case", sa.LargeBinary(length=16), nullable=True),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("frozen", sa.Date(), nullable=True),
        sa.Column("embargo_until", sa.Date(), nullable=True),
        sa.Column("condition", sa.LargeBinary(), nullable=True),
        sa.Column("haste", sa.LargeBinary(), nullable=True),
        sa.Column("asked", sa.String(), nullable=True),
        sa.Column("ask_on", sa.Date(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figures",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )
    op.create_table(
        "grant",
        sa.Column("owner", sa.LargeBinary(length=16), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "compartment", "generation", "staff", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("grant_epoch", "grant", ["epoch"], unique=False)
    op.create_index("grant_staff", "grant", ["staff"], unique=False)
    op.create_table(
        "handin",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "house",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("schema_number", sa.Integer(), nullable=False),
        sa.Column("sentinel", sa.LargeBinary(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "hub_key",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "number"),
    )
    op.create_table(
        "journal",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("case", sa.LargeBinary(length=16), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("roster", sa.Integer(), nullable=True),
        sa.Column("countersignature", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("journal_case", "journal", ["case"], unique=False)
    op.create_table(
        "link",
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mailbox",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("route", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "manifest",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case", sa.LargeBinary(length=16), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spool", sa.Integer(), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("item", sa.LargeBinary(length=16), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outbox_spool", "outbox", ["spool"], unique=False)
    op.create_index("outbox_due", "outbox", ["due"], unique=False)
    op.create_table(
        "press",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("draft", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("now", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "published",
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("public_id"),
    )
    op.create_index("ix_published_state", "published", ["state"], unique=False)
    op.create_table(
        "push",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("courier", sa.Integer(), nullable=False),
        sa.Column("item", sa.LargeBinary(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "roster_note",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "sealing_key",
        sa.Column("owner", sa.LargeBinary(length=16), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "compartment", "generation"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slip",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spool",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=True),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("spool", sa.Integer(), nullable=True),
        sa.Column("locked", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("update_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_spool_spool", "spool", ["spool"], unique=False)
    op.create_index("spool_state", "spool", ["state"], unique=False)
    op.create_table(
        "staff_state",
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("case_limit", sa.Integer(), nullable=False),
        sa.Column("stand_in", sa.String(), nullable=True),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("rota", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("away_from", sa.Date(), nullable=True),
        sa.Column("away_until", sa.Date(), nullable=True),
        sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("staff"),
    )
    op.create_table(
        "take_down",
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("into", sa.String(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("public_id"),
    )
    op.create_table(
        "tally",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )
    op.create_table(
        "approval",
        sa.Column("draft", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("override", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("roster", sa.Integer(), nullable=True),
        sa.Column("countersignature", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft"],
            ["draft.id"],
        ),
        sa.PrimaryKeyConstraint("draft", "digest", "staff"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "card_request",
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("case"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clock",
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missed", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("case", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("item_case", "item", ["case", "kind"], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("mailbox", sa.LargeBinary(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("shown", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox"],
            ["mailbox.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("letter_mailbox", "letter", ["mailbox"], unique=False)
    op.create_table(
        "manifest_signature",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["manifest.digest"],
        ),
        sa.PrimaryKeyConstraint("digest", "staff"),
    )
    op.create_table(
        "recusal",
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("case", "staff"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "verdict",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("draft", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("half", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("roster", sa.Integer(), nullable=True),
        sa.Column("countersignature", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft"],
            ["draft.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_verdict_draft", "verdict", ["draft"], unique=False)
    op.create_table(
        "wording",
        sa.Column("draft", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft"],
            ["draft.id"],
        ),
        sa.PrimaryKeyConstraint("draft"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_wording_case", "wording", ["case"], unique=False)
    op.create_table(
        "writing",
        sa.Column("case", sa.LargeBinary(length=16), nullable=False),
        sa.Column("spool", sa.Integer(), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("touched", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("case"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_writing_spool", "writing", ["spool"], unique=False)
