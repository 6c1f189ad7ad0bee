"""One-time codes are looked for by line, whichever call they were sent on."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; the table holds hours' worth of rows, so it is made at once."""
    op.create_index("ix_one_time_code_subscriber_id", "one_time_code", ["subscriber_id"])
