-- What the provider keeps. Times are microseconds since 1970-01-01 00:00 UTC, lists are JSON arrays of strings,
-- hashes are SHA-256. Wide rows live in rowid tables: their secondary indexes stay small and the trees flat.

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    secret TEXT,
    secret_hash BLOB,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    trusted_peers TEXT NOT NULL,
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    logo_url TEXT NOT NULL,
    allowed_connectors TEXT NOT NULL,
    authentication_method TEXT,
    keys TEXT,
    is_user_info_signed INTEGER NOT NULL CHECK (is_user_info_signed IN (0, 1)),
    CHECK (secret IS NULL OR secret_hash IS NULL)
) STRICT;

CREATE TABLE users (
    email TEXT NOT NULL PRIMARY KEY, -- lower case
    password_hash TEXT NOT NULL,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    preferred_username TEXT NOT NULL,
    user_id TEXT NOT NULL,
    groups TEXT NOT NULL,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    is_disabled INTEGER NOT NULL CHECK (is_disabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE authorization_codes (
    hash BLOB NOT NULL UNIQUE,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT NOT NULL,
    requested_claims TEXT NOT NULL,
    code_challenge TEXT,
    code_challenge_method TEXT,
    expires_at INTEGER NOT NULL,
    redeemed_at INTEGER,
    user_id TEXT NOT NULL,
    username TEXT NOT NULL,
    preferred_username TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    groups TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    connector_data BLOB,
    authenticated_at INTEGER NOT NULL,
    authentication_methods TEXT NOT NULL
) STRICT;
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE refresh_grants (
    id TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT NOT NULL,
    requested_claims TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,
    previous_secret_hash BLOB,
    user_id TEXT NOT NULL,
    username TEXT NOT NULL,
    preferred_username TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    groups TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    connector_data BLOB,
    authenticated_at INTEGER NOT NULL,
    authentication_methods TEXT NOT NULL
) STRICT;
CREATE INDEX refresh_grants_by_user ON refresh_grants (user_id, connector_id, created_at);
CREATE INDEX refresh_grants_by_client ON refresh_grants (client_id);
CREATE INDEX refresh_grants_by_creation ON refresh_grants (created_at);
CREATE INDEX refresh_grants_by_use ON refresh_grants (last_used_at);

-- Positions are never used again, so that who has read up to one misses nothing after it.
CREATE TABLE revocations (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_by_end ON revocations (until);

CREATE TABLE signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL, -- PKCS#8 PEM
    created_at INTEGER NOT NULL,
    activates_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE sealing_keys (
    version INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE assertions (
    key BLOB NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX assertions_by_end ON assertions (until);
