"""Durable state: one SQLite file, one writer, numbered migrations."""
