"""Runs the migrations in the connection, and so in the transaction, that the store hands over."""

from alembic import context

from cleanroom.adapters.sqlstore.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
