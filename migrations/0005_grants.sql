-- One row per login, code or client-credentials answer; its id stands in every access token that
-- came of it. `access_until` is when the last of those tokens expires, `expires_at` when the
-- family of refresh tokens ends, however often it is rotated. Names point at `subjects`, because a
-- grant outlives its user and its client.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT REFERENCES subjects (name),
    client_id TEXT NOT NULL REFERENCES subjects (name),
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    access_until BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX grants_by_username ON grants (username);

CREATE INDEX grants_by_client_id ON grants (client_id);

CREATE INDEX grants_by_expires_at ON grants (expires_at);

CREATE INDEX grants_revoked ON grants (revoked_at) WHERE revoked_at IS NOT NULL;

-- Refresh tokens, as hashes. A spent one stays while its family lives: presenting it again is how
-- theft shows.
CREATE TABLE refresh_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX refresh_tokens_by_grant_id ON refresh_tokens (grant_id);
