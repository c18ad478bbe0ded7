-- Where browsers may be sent after a logout: a JSON array of strings.
ALTER TABLE clients ADD COLUMN post_logout_redirect_uris TEXT NOT NULL DEFAULT '[]';
