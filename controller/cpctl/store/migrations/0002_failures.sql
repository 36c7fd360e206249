-- How often the delivery of an entry has failed; a restart must not begin to count anew.
ALTER TABLE outbox ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
