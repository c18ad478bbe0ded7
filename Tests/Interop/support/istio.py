"""What Istio makes of RequestAuthentication and AuthorizationPolicy for Envoy, for the fields that examples/istio uses.

Written after pilot/pkg/security of Istio: authn/policy_applier.go, authz/model and authz/builder. Anything else is an error here.
"""
JWT = "envoy.filters.http.jwt_authn"


def jwt_filter(authentication: dict) -> dict:
    """The filter `jwt_authn` for a RequestAuthentication with one rule whose keys Envoy fetches itself."""
    rule, = authentication["spec"]["jwtRules"]
    assert set(rule) <= {"issuer", "audiences", "jwksUri", "forwardOriginalToken", "outputClaimToHeaders"}, rule
    provider = {
        "issuer": rule["issuer"], "audiences": rule["audiences"], "forward": rule["forwardOriginalToken"],
        "payload_in_metadata": "payload", "normalize_payload_in_metadata": {"space_delimited_claims": ["permission", "scope"]},
        "claim_to_headers": [{"header_name": each["header"], "claim_name": each["claim"]} for each in rule["outputClaimToHeaders"]],
        "remote_jwks": {"http_uri": {"uri": rule["jwksUri"], "cluster": "dextra", "timeout": "5s"}, "cache_duration": "300s"},
    }
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication", "bypass_cors_preflight": True,
        "providers": {"origins-0": provider},
        "rules": [{"match": {"prefix": "/"}, "requires": {"requires_any": {"requirements": [
            {"provider_name": "origins-0"}, {"allow_missing": {}}]}}}],
    }


def rbac_filter(policy: dict) -> dict:
    """The filter `rbac` for an AuthorizationPolicy with ALLOW."""
    assert policy["spec"]["action"] == "ALLOW"
    name = f"ns[{policy['metadata']['namespace']}]-policy[{policy['metadata']['name']}]"
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
        "shadow_rules_stat_prefix": "istio_dry_run_allow_",
        "rules": {"policies": {f"{name}-rule[{number}]": allowed(rule) for number, rule in enumerate(policy["spec"]["rules"])}},
    }


def allowed(rule: dict) -> dict:
    assert set(rule) <= {"from", "to", "when"}, rule
    claims = [claim(each) for each in rule.get("when", [])]
    return {"permissions": [{"and_rules": {"rules": operation(each["operation"])}} for each in rule["to"]],
            "principals": [{"and_ids": {"ids": (source(each) + claims) or [{"any": True}]}} for each in rule.get("from", [{}])]}


def operation(given: dict) -> list[dict]:
    assert set(given) <= {"hosts", "methods", "paths"}, given
    rules = [
        [{"header": {"name": ":authority", "string_match": text(host) | {"ignore_case": True}}} for host in given.get("hosts", [])],
        [{"header": {"name": ":method", "string_match": text(method)}} for method in given.get("methods", [])],
        [{"url_path": {"path": text(path)}} for path in given.get("paths", [])],
    ]
    return [{"or_rules": {"rules": each}} for each in rules if each]


def source(given: dict) -> list[dict]:
    if not given:
        return []
    assert set(given["source"]) == {"requestPrincipals"}, given
    return [{"or_ids": {"ids": [principal(each) for each in given["source"]["requestPrincipals"]]}}]


def principal(given: str) -> dict:
    # Split at the last slash; an asterisk for the subject wants any.
    issuer, _, subject = given.rpartition("/")
    return {"and_ids": {"ids": [metadata(["iss"], {"string_match": text(issuer)}), metadata(["sub"], {"string_match": text(subject)})]}}


def claim(given: dict) -> dict:
    assert given["key"].startswith("request.auth.claims[") and set(given) == {"key", "values"}, given
    value, = [{"string_match": text(each)} for each in given["values"]]
    path = given["key"].removeprefix("request.auth.claims[").removesuffix("]").split("][")
    return metadata(path, {"or_match": {"value_matchers": [{"list_match": {"one_of": value}}, value]}})


def metadata(path: list[str], value: dict) -> dict:
    return {"metadata": {"filter": JWT, "path": [{"key": key} for key in ["payload", *path]], "value": value}}


def text(given: str) -> dict:
    if given == "*":
        return {"safe_regex": {"regex": ".+"}}
    if given.endswith("*"):
        return {"prefix": given[:-1]}
    if given.startswith("*"):
        return {"suffix": given[1:]}
    return {"exact": given}
