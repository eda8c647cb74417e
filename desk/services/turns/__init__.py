"""The door: what comes in becomes a turn, and each turn is worked exactly once."""
