-- Present state, one row a record; `kind` names its type and `schema` the version of that type's form.
CREATE TABLE record (
    key    TEXT PRIMARY KEY,
    kind   TEXT NOT NULL,
    schema INTEGER NOT NULL,
    body   TEXT NOT NULL
) WITHOUT ROWID;

-- Events that the CSMS has not confirmed yet, in their order.
CREATE TABLE outbox (
    entry  INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    schema INTEGER NOT NULL,
    body   TEXT NOT NULL
);

-- The event log that people read.
CREATE TABLE note (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    boot    INTEGER NOT NULL,
    mono_ms INTEGER NOT NULL,
    utc_ms  INTEGER,
    evse    INTEGER NOT NULL,
    code    TEXT NOT NULL,
    text    TEXT NOT NULL
);

-- Facts about the store itself: number of starts, last outbox entry forgotten, whether the last run ended in order.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
