"""Alembic runs this file; it migrates over the connection, and within the transaction, that the store hands it."""

from __future__ import annotations

from alembic import context

# Alembic loads this file under this very name; under any other it is only being read.
if __name__ == "env_py":
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()
