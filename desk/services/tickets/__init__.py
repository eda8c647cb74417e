"""The life of a ticket: filed, moved, merged, worked on, added to, rated."""
