-- Authorization requests that were checked and wait for their user. The browser carries nothing but
-- the id, so no form can change what was asked for.
CREATE TABLE authorization_requests (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    scope TEXT,
    state TEXT,
    code_challenge TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX authorization_requests_by_client_id ON authorization_requests (client_id);

CREATE INDEX authorization_requests_by_expires_at ON authorization_requests (expires_at);
