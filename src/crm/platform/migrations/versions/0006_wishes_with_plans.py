"""Waiting wishes know the plan they come from, what else they wait for, and what the customer agreed to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: what was needed may be empty, new columns have defaults."""
    table = "waiting_wish"
    op.alter_column(table, "work_order_id", existing_type=sa.Uuid(), nullable=True)
    for name, default in (("waits_for", "work_order"), ("agreed_token", ""), ("order_number", "")):
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=default))
    for name in ("steps", "agreed"):
        op.add_column(
            table, sa.Column(name, JSONB(none_as_null=True), nullable=False, server_default=sa.text("'[]'"))
        )
    op.add_column(table, sa.Column("ready_on", sa.Date(), nullable=True))
    for name in ("looked_at", "asked_at"):
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_waiting_wish_open",
        table,
        ["ready_on"],
        postgresql_where=sa.text("state IN ('waiting', 'ready')"),
    )
