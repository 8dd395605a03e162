-- An update that changes what the condition of an index names writes every index of its row anew. These conditions
-- name a column that the database computes and that seldom changes, and pages keep room for the next version of a row.
ALTER TABLE lots SET (fillfactor = 80);
ALTER TABLE accounts SET (fillfactor = 80);
ALTER TABLE windows SET (fillfactor = 80);
ALTER TABLE lots ADD COLUMN used_up bigint NOT NULL
    GENERATED ALWAYS AS (CASE WHEN available = 0 AND held = 0 THEN 1 ELSE 0 END) STORED;
DROP INDEX lots_to_draw;
DROP INDEX lots_to_expire;
DROP INDEX lots_to_close;
CREATE INDEX lots_to_draw ON lots (wallet_id) WHERE used_up = 0;
CREATE INDEX lots_to_expire ON lots (ends_us) WHERE used_up = 0 AND ends_us IS NOT NULL;
CREATE INDEX lots_to_close ON lots (ends_us) WHERE used_up = 0 AND roll_over IS NOT NULL;
ALTER TABLE accounts ADD COLUMN owing bigint NOT NULL
    GENERATED ALWAYS AS (CASE WHEN kind = 'debt' AND balance < 0 THEN 1 ELSE 0 END) STORED;
DROP INDEX accounts_in_debt;
CREATE INDEX accounts_in_debt ON accounts (wallet_id) WHERE owing = 1;
