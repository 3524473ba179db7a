-- Key pairs that sign access tokens; the private halves are files. `public_key` is the JWK,
-- `tokens_until` the moment when the last token that it may have signed by now has expired: null
-- while it has signed none. A retired key stays for a while, so that every replica deletes its file.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('EdDSA', 'ES256', 'RS256')),
    public_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    signs_at BIGINT NOT NULL,
    tokens_until BIGINT,
    retired_at BIGINT
);

-- How often a key was added or replaced; its row lets one such job pass at a time.
INSERT INTO counters (name, value) VALUES ('signing_keys', 0);
