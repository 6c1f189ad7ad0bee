"""Orders by the rules in their verdict, for the page of a rule: ids only, not the whole verdict."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only: a new index."""
    op.execute(
        "CREATE INDEX ix_product_order_rules ON product_order USING gin "
        '(jsonb_path_query_array(qualification, \'$."findings"[*]."rule_id"\'::jsonpath) jsonb_path_ops)'
    )
