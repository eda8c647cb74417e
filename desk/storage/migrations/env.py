"""Alembic's entry: runs migrations on the connection that `desk.storage.migrate` hands over."""

from alembic import context

from desk.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    user_module_prefix="columns.",  # how migrations import `desk.storage.columns`
    render_as_batch=True,  # SQLite changes tables by copying them
)
with context.begin_transaction():
    context.run_migrations()
