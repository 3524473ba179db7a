-- Which clients a user has allowed. One row per pair, also where no scope was asked for.
CREATE TABLE consents (
    username TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (username, client_id)
);

CREATE INDEX consents_by_client_id ON consents (client_id);

-- What was allowed. A scope that is deleted has to be allowed anew if it ever comes back.
CREATE TABLE consent_scopes (
    username TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL REFERENCES scopes (name) ON DELETE CASCADE,
    PRIMARY KEY (username, client_id, scope),
    FOREIGN KEY (username, client_id) REFERENCES consents (username, client_id) ON DELETE CASCADE
);

CREATE INDEX consent_scopes_by_scope ON consent_scopes (scope);
