"""Use cases of the citizen desk, one function each, under a unit of work."""
