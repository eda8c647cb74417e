"""Measurements of the whole: ratios and figures of one run, never asserted in tests."""
