"""The composition root: command line, supervisor and the wiring of the roles."""
