"""Schema migrations: expand, backfill, contract."""
