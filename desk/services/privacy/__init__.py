"""Citizens' rights to their data: to see it, to have it erased, and that it goes in time."""
