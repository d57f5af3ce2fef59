-- Events, in order, without a gap. Nothing changes or removes one: `ledger verify` finds who does it all the same.
CREATE TABLE event (
    position INTEGER PRIMARY KEY CHECK (position > 0),
    time INTEGER NOT NULL CHECK (time >= 0),
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX event_subject ON event (subject);
CREATE INDEX event_kind ON event (kind);
CREATE TRIGGER event_never_changes BEFORE UPDATE ON event BEGIN
    SELECT raise(ABORT, 'events are never changed');
END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event BEGIN
    SELECT raise(ABORT, 'events are never removed');
END;

-- The last event, so that one that is missing at the end is missed.
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO head (id, position, hash) VALUES (1, 0, zeroblob(32));

-- What was folded from the events up to a position. Can be thrown away at any time.
CREATE TABLE snapshot (
    fold TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    state BLOB NOT NULL
) STRICT;
