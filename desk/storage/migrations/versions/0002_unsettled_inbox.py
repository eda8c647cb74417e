"""An index for what waits or was put aside: monitors count it every few seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_UNSETTLED = sa.text("state IN ('menunggu', 'diolah', 'karantina')")


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "ix_inbox_unsettled",
        "inbox",
        ["state", "received_at"],
        unique=False,
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )
