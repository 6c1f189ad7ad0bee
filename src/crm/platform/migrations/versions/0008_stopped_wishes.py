"""What a rule stopped on which call, for those who keep the rule."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: a new table."""
    op.create_table(
        "stopped_wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("rule_id", "verdict")),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("staff_number", "target", "held")),
        sa.PrimaryKeyConstraint("id", name="pk_stopped_wish"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name="fk_stopped_wish_subscriber_id_subscriber"
        ),
        sa.UniqueConstraint("interaction_id", "rule_id", "target", "held", name="uq_stopped_wish_once"),
    )
    op.create_index("ix_stopped_wish_rule", "stopped_wish", ["rule_id", "stopped_at"])
    op.create_index("ix_stopped_wish_age", "stopped_wish", ["stopped_at"])
