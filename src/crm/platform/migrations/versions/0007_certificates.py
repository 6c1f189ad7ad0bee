"""Verdicts as they were given, with their certificates, and the documents they rest on by hash."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: two new tables."""
    op.create_table(
        "kept_document",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_kept_document"),
    )
    op.create_table(
        "stored_verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("qualification", sa.String(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=False),
        sa.Column("certificate_hash", sa.String(), nullable=False),
        sa.Column("rules_hash", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stored_verdict"),
    )
