"""The composition root: the only place that joins parts into a running station."""
