-- Applications. A client without `secret_sha256` is public. The old secret counts until
-- `old_secret_until`, so that a secret can be changed without an outage. `grants` holds grant types
-- separated by spaces.
CREATE TABLE clients (
    client_id TEXT NOT NULL PRIMARY KEY REFERENCES subjects (name),
    name TEXT NOT NULL,
    secret_sha256 TEXT,
    old_secret_sha256 TEXT,
    old_secret_until BIGINT,
    grants TEXT NOT NULL,
    consent TEXT NOT NULL CHECK (consent IN ('ask', 'skip')),
    resource_server BIGINT NOT NULL CHECK (resource_server IN (0, 1)),
    disabled BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What each client may ask for.
CREATE TABLE client_scopes (
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    scope TEXT NOT NULL REFERENCES scopes (name) ON DELETE CASCADE,
    PRIMARY KEY (client_id, scope)
);

CREATE INDEX client_scopes_by_scope ON client_scopes (scope);

-- Where a code may be sent, in the order in which they were registered. `origin` is the web origin
-- of an http or https URI; the token endpoint's CORS rule looks it up.
CREATE TABLE redirect_uris (
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    uri TEXT NOT NULL,
    origin TEXT,
    position BIGINT NOT NULL,
    PRIMARY KEY (client_id, uri)
);

CREATE INDEX redirect_uris_by_origin ON redirect_uris (origin);
