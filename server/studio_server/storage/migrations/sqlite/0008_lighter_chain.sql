-- The chain is kept by a trigger instead of two indexes over random hashes: a row continues the row before, so no two
-- rows continue the same one. That a hash is not there twice follows: each is the digest of the one before it.
CREATE TABLE audit_in_a_line (
    sequence      INTEGER PRIMARY KEY CHECK (sequence >= 1),
    recorded_us   INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    action        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    details       TEXT NOT NULL,
    record_digest BLOB NOT NULL CHECK (length(record_digest) = 32),
    previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32 AND hash <> previous_hash)
) STRICT;
INSERT INTO audit_in_a_line
SELECT sequence, recorded_us, actor, action, subject, details, record_digest, previous_hash, hash FROM audit;
DROP TRIGGER audit_never_deleted;
DROP TRIGGER audit_never_updated;
DROP TABLE audit;
ALTER TABLE audit_in_a_line RENAME TO audit;
CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never updated'); END;
CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
CREATE TRIGGER audit_continues BEFORE INSERT ON audit
WHEN NEW.previous_hash IS NOT coalesce((SELECT hash FROM audit WHERE sequence = NEW.sequence - 1),
                                       CASE NEW.sequence WHEN 1 THEN zeroblob(32) END)
BEGIN SELECT RAISE(ABORT, 'an audit row continues the one before'); END;
