"""An outcome is proved by several photos."""

import sqlalchemy as sa
from alembic import op

from desk.storage import columns

revision = "0006"
down_revision = "0005"

_HISTORY = sa.table(
    "ticket_history",
    sa.column("ticket_id", sa.Text()),
    sa.column("position", sa.Integer()),
    sa.column("photo", sa.Text()),
    sa.column("photos", columns.Json()),
)


def upgrade() -> None:
    """Let the one photo of an entry become the first of several."""
    photos: sa.Column[list[str]] = sa.Column(
        "photos", columns.Json(), nullable=False, server_default="[]"
    )
    op.add_column("ticket_history", photos)
    connection = op.get_bind()
    entry = _HISTORY.c
    proved = sa.select(entry.ticket_id, entry.position, entry.photo).where(
        entry.photo.is_not(None)
    )
    for ticket_id, position, photo in connection.execute(proved).all():
        connection.execute(
            sa.update(_HISTORY)
            .where(entry.ticket_id == ticket_id, entry.position == position)
            .values(photos=[photo])
        )
    op.drop_column("ticket_history", "photo")
