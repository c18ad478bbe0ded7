"""Identity providers that no test machine can reach, as their public documentation describes them.

Each module answers as one provider does: its addresses, status codes, headers, error bodies and paging. The people and
groups are invented. `upstream.py` serves, `oauth.py` is what the OAuth 2.0 providers have in common.
"""
