-- The keys of the edge's signed assertions; none of them ever signs a token.
CREATE TABLE edge_assertion_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL, -- PKCS#8 PEM
    created_at INTEGER NOT NULL,
    activates_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
