-- Failed attempts to prove something, each counted up front. `key` is an HMAC of who or where, so
-- that nobody reads a name, a mistyped password or an address here. Until `wait_until` no further
-- attempt is made; at `forgotten_at` the last failure is forgotten.
CREATE TABLE guesses (
    key TEXT NOT NULL PRIMARY KEY,
    wait_until BIGINT NOT NULL,
    forgotten_at BIGINT NOT NULL
);

CREATE INDEX guesses_by_forgotten_at ON guesses (forgotten_at);
