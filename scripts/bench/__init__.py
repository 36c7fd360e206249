"""Measurements of what `docs/explanation/performance.md` promises: each goal a ratio, floor and subject interleaved in one run.

`just bench` prints the table; nothing here passes or fails on time.
"""
