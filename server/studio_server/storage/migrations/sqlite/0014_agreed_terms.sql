-- What a person agreed to when they let a pack be bought by itself: at another price, or with other content, it is not.
ALTER TABLE recharges ADD COLUMN price_minor INTEGER NOT NULL DEFAULT 0 CHECK (price_minor BETWEEN 0 AND 99999999);
ALTER TABLE recharges ADD COLUMN units INTEGER NOT NULL DEFAULT 0 CHECK (units BETWEEN 0 AND 9007199254740991);
