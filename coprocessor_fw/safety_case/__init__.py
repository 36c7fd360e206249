"""Makes docs/safety-case.md: from hazard over clause to code, evidence, measured time and the figure's source."""
