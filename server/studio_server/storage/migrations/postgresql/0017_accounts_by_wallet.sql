-- Here a table lies in the order its rows were written, whatever its keys, and a row that moves stays in its page: the
-- accounts of a wallet gain nothing by another key. The indexes of serials and of pinned lots are kept.

-- Settlements by hold are asked for by nobody.
DROP INDEX transfers_by_hold;
