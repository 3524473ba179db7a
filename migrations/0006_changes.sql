-- Numbers that are given out in the order of commits; README.md of this folder says how.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

INSERT INTO counters (name, value) VALUES ('change_seq', 0);

-- What resource servers have to hear of. `subject` is a username, a client id, a grant's id or a
-- token's `jti`; a revocation holds until `until`, when the last token that it refuses is dead.
CREATE TABLE changes (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'client', 'grant', 'token')),
    subject TEXT NOT NULL,
    until BIGINT
);
