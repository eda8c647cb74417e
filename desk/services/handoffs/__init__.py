"""The stretch in which a human has the word: asked for, taken, passed on, ended."""
