"""Alembic's way in: runs on the connection that `crm.platform.migrate` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    compare_type=True,
    # One transaction a migration: a failed one leaves the earlier ones standing.
    transaction_per_migration=True,
)

with context.begin_transaction():
    context.run_migrations()
