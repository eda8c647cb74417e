"""The core of Sapa: what it knows, remembers and decides."""
