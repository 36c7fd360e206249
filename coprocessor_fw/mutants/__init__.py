"""Mutation testing of the safety core: scripts/mutants."""
