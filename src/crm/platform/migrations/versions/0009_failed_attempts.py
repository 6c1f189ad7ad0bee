"""How often a waiting wish has failed, so that one that cannot go on comes to a person."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: a new column with a default."""
    op.add_column("waiting_wish", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
