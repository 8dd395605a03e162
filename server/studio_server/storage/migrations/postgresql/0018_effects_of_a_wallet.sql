-- Here the index of a wallet's effects costs little and stays; the latest one has the same name on both engines.
CREATE VIEW latest_effects (wallet_id, sequence) AS
SELECT w.wallet_id, (SELECT max(e.sequence) FROM effects e WHERE e.wallet_id = w.wallet_id) FROM wallets w;
