-- Here an index keeps (account, version) unique and guarded updates move accounts; an account opens empty and keeps its
-- terms on both engines.
CREATE TRIGGER accounts_keep_their_terms BEFORE UPDATE OF account_id, wallet_id, lot_id, kind, asset ON accounts
    FOR EACH ROW EXECUTE FUNCTION refuse('an account keeps its terms');
CREATE TRIGGER accounts_open_empty BEFORE INSERT ON accounts FOR EACH ROW
    WHEN (NEW.balance <> 0 OR NEW.version <> 0)
    EXECUTE FUNCTION refuse('an account opens empty');

-- What is asked of the entries of a debt, and of all entries of a wallet, is found by their transfers.
CREATE INDEX transfers_that_owe ON transfers (from_account) WHERE kind = 'owe';
CREATE INDEX transfers_into_lots ON transfers (to_lot_id) WHERE to_lot_id IS NOT NULL;
