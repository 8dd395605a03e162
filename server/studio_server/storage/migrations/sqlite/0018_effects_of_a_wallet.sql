-- The effects of a wallet are a chain, the latest first: an index of them writes a page of its own for every act of
-- every wallet, the chain writes only pages that the act writes anyway. The latest stands with the wallet's account of
-- debt, which every wallet has once and which lies beside the accounts that move.
ALTER TABLE accounts ADD COLUMN latest_effect INTEGER;
CREATE TABLE effect_links (
    sequence INTEGER PRIMARY KEY REFERENCES effects,
    previous INTEGER CHECK (previous < sequence)
) STRICT;
INSERT INTO effect_links (sequence, previous)
SELECT sequence, lag(sequence) OVER (PARTITION BY wallet_id ORDER BY sequence) FROM effects ORDER BY sequence;
UPDATE accounts SET latest_effect = e.sequence
FROM (SELECT wallet_id, max(sequence) AS sequence FROM effects GROUP BY wallet_id) AS e
WHERE account_id = e.wallet_id || '/debt';
DROP INDEX effects_by_wallet;

CREATE VIEW latest_effects (wallet_id, sequence) AS
SELECT w.wallet_id, (SELECT latest_effect FROM accounts WHERE wallet_id = w.wallet_id
                     AND account_id = w.wallet_id || '/debt') FROM wallets w;

CREATE TRIGGER effects_continue_their_wallet AFTER INSERT ON effects
BEGIN
    INSERT INTO effect_links (sequence, previous)
    SELECT NEW.sequence, latest_effect FROM accounts
    WHERE wallet_id = NEW.wallet_id AND account_id = NEW.wallet_id || '/debt';
    UPDATE accounts SET latest_effect = NEW.sequence
    WHERE wallet_id = NEW.wallet_id AND account_id = NEW.wallet_id || '/debt';
    SELECT RAISE(ABORT, 'an effect continues the one before of its wallet') WHERE changes() <> 1;
END;
CREATE TRIGGER effect_links_follow_effects BEFORE INSERT ON effect_links
WHEN NEW.sequence <> (SELECT max(sequence) FROM effects)
BEGIN SELECT RAISE(ABORT, 'an effect continues the one before of its wallet'); END;
CREATE TRIGGER effect_links_never_updated BEFORE UPDATE ON effect_links
BEGIN SELECT RAISE(ABORT, 'links of effects are never updated'); END;
CREATE TRIGGER effect_links_never_deleted BEFORE DELETE ON effect_links
BEGIN SELECT RAISE(ABORT, 'links of effects are never deleted'); END;
CREATE TRIGGER accounts_follow_effects BEFORE UPDATE OF latest_effect ON accounts
WHEN OLD.account_id <> OLD.wallet_id || '/debt'
  OR OLD.wallet_id IS NOT (SELECT wallet_id FROM effects WHERE sequence = NEW.latest_effect)
  OR NOT EXISTS (SELECT 1 FROM effect_links WHERE sequence = NEW.latest_effect AND previous IS OLD.latest_effect)
BEGIN SELECT RAISE(ABORT, 'the latest effect continues the one before'); END;
CREATE TRIGGER accounts_open_without_effects BEFORE INSERT ON accounts WHEN NEW.latest_effect IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an account opens empty'); END;
