-- The chain is kept by a trigger instead of two indexes over random hashes: a row continues the row before, so no two
-- rows continue the same one. That a hash is not there twice follows: each is the digest of the one before it.
ALTER TABLE audit DROP CONSTRAINT audit_previous_hash_key, DROP CONSTRAINT audit_hash_key;
ALTER TABLE audit ADD CHECK (sequence >= 1), ADD CHECK (hash <> previous_hash);
DROP INDEX audit_by_subject;
CREATE FUNCTION continue_the_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    continued bytea := decode(repeat('00', 32), 'hex');
BEGIN
    IF NEW.sequence <> 1 THEN
        SELECT hash INTO continued FROM audit WHERE sequence = NEW.sequence - 1;
    END IF;
    IF NEW.previous_hash IS DISTINCT FROM continued THEN
        RAISE EXCEPTION 'an audit row continues the one before' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_continues BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION continue_the_chain();
