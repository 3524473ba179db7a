-- Authorization codes, as hashes. `grant_id` is the id that the grant will have once the code is
-- used. A used one stays while that grant lives: its second use has to revoke it.
CREATE TABLE codes (
    hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL REFERENCES subjects (name),
    credential_version BIGINT NOT NULL,
    client_id TEXT NOT NULL REFERENCES subjects (name),
    scope TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX codes_unused_by_username ON codes (username) WHERE used_at IS NULL;

CREATE INDEX codes_unused_by_expires_at ON codes (expires_at) WHERE used_at IS NULL;
