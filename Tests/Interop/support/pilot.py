"""What istiod makes of RequestAuthentication and AuthorizationPolicy for Envoy: the judge of how Dextra decides about them.

After pilot/pkg/security of Istio (authn/policy_applier.go, authz/model, authz/matcher, authz/builder). Principals of peers are read
from filter state, as istiod does it for waypoints, so that a request can bring any without mutual TLS.
"""
import ipaddress, re

from .envoy import filter

JWT = "envoy.filters.http.jwt_authn"
PEER = "io.istio.peer_principal"


def filters(manifests: list[dict]) -> list[dict]:
    """The HTTP filters for a workload with these manifests, in Istio's order."""
    rules = [rule for each in manifests if each["kind"] == "RequestAuthentication" for rule in each["spec"].get("jwtRules", [])]
    policies = [each for each in manifests if each["kind"] == "AuthorizationPolicy"]
    chain = [peer_from_header()]
    if rules:
        chain.append(jwt_authn(sorted(rules, key=lambda rule: rule["issuer"])))
    for action in ["AUDIT", "DENY", "ALLOW"]:
        chosen = [each for each in policies if each.get("spec", {}).get("action", "ALLOW") == action]
        if enforced := [each for each in chosen if not is_dry_run(each)]:
            chain.append(rbac(action, enforced))
    return chain


def is_dry_run(policy: dict) -> bool:
    return policy["metadata"].get("annotations", {}).get("istio.io/dry-run") == "true"


def peer_from_header() -> dict:
    return filter("set_filter_state", "envoy.extensions.filters.http.set_filter_state.v3.Config", on_request_headers=[{
        "object_key": PEER, "factory_key": "envoy.string", "skip_if_empty": True,
        "format_string": {"text_format_source": {"inline_string": "%REQ(x-test-peer)%"}, "omit_empty_values": True}}])


def jwt_authn(rules: list[dict]) -> dict:
    providers, missing = {}, []
    for number, rule in enumerate(rules):
        providers[f"origins-{number}"] = {
            "issuer": rule["issuer"], "audiences": rule.get("audiences", []), "forward": rule.get("forwardOriginalToken", False),
            "payload_in_metadata": "payload", "local_jwks": {"inline_string": rule["jwks"]},
            "normalize_payload_in_metadata": {"space_delimited_claims": sorted({"permission", "scope", *rule.get("spaceDelimitedClaims", [])})},
            "from_headers": [{"name": each["name"], "value_prefix": each.get("prefix", "")} for each in rule.get("fromHeaders", [])],
            "from_params": rule.get("fromParams", []), "from_cookies": rule.get("fromCookies", []),
            "claim_to_headers": [{"header_name": each["header"], "claim_name": each["claim"]} for each in rule.get("outputClaimToHeaders", [])],
        }
        if "outputPayloadToHeader" in rule:
            providers[f"origins-{number}"]["forward_payload_header"] = rule["outputPayloadToHeader"]
        missing.append({"requires_any": {"requirements": [{"provider_name": f"origins-{number}"}, {"allow_missing": {}}]}})
    requirement = missing[0] if len(missing) == 1 else {"requires_any": {"requirements": [
        *({"provider_name": name} for name in providers), {"requires_all": {"requirements": missing}}]}}
    return filter("jwt_authn", "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication", providers=providers,
                  bypass_cors_preflight=True, rules=[{"match": {"prefix": "/"}, "requires": requirement}])


def rbac(action: str, policies: list[dict]) -> dict:
    rules = {}
    for policy in policies:
        name = f"ns[{policy['metadata'].get('namespace', '')}]-policy[{policy['metadata']['name']}]"
        written = policy.get("spec", {}).get("rules") or []
        for number, rule in enumerate(written):
            rules[f"{name}-rule[{number}]"] = translated(rule, policy["metadata"].get("namespace", "default"))
        if not written:
            rules[f"{name}-rule[0]"] = {"permissions": [{"not_rule": {"any": True}}], "principals": [{"not_id": {"any": True}}]}
    return filter("rbac", "envoy.extensions.filters.http.rbac.v3.RBAC",
                  rules={"action": {"AUDIT": "LOG"}.get(action, action), "policies": rules})


def translated(rule: dict, namespace: str) -> dict:
    assert set(rule) <= {"from", "to", "when"}, rule
    permissions, principals = [], []
    for condition in rule.get("when", []):
        place, make = attribute(condition["key"], namespace)
        terms = both(make, condition.get("values", []), condition.get("notValues", []), place)
        (permissions if place == "rule" else principals).extend(terms)
    operations = [operation(each["operation"]) for each in rule.get("to", [])] or [[]]
    sources = [source(each["source"], namespace) for each in rule.get("from", [])] or [[]]
    return {"permissions": [{"and_rules": {"rules": terms + permissions or [{"any": True}]}} for terms in operations],
            "principals": [{"and_ids": {"ids": terms + principals or [{"any": True}]}} for terms in sources]}


def both(make, values: list[str], opposite: list[str], place: str) -> list[dict]:
    """Terms for a field and its opposite; `make` makes one term of a list of values."""
    terms = [make(values)] if values else []
    return terms + ([{f"not_{place}": make(opposite)}] if opposite else [])


def any_of(place: str, each):
    """Makes a term of each value, and one of them must hold."""
    key, inner = {"rule": ("or_rules", "rules"), "id": ("or_ids", "ids")}[place]
    return lambda values: {key: {inner: [each(value) for value in values]}}


def operation(given: dict) -> list[dict]:
    known = {"hosts": any_of("rule", host), "methods": any_of("rule", lambda value: {"header": header(":method", value)}),
             "paths": any_of("rule", path), "ports": any_of("rule", lambda value: {"destination_port": int(value)})}
    return fields(given, known, "rule")


def source(given: dict, namespace: str) -> list[dict]:
    known = {
        "principals": any_of("id", lambda value: peer(text(value, "spiffe://"))),
        "requestPrincipals": any_of("id", request_principal),
        "namespaces": any_of("id", peer_namespace), "serviceAccounts": any_of("id", lambda value: service_account(value, namespace)),
        "trustDomains": any_of("id", trust_domain),
        "ipBlocks": any_of("id", lambda value: {"direct_remote_ip": cidr(value)}),
        "remoteIpBlocks": any_of("id", lambda value: {"remote_ip": cidr(value)}),
    }
    return fields(given, known, "id")


def fields(given: dict, known: dict, place: str) -> list[dict]:
    names = {name: f"not{name[0].upper()}{name[1:]}" for name in known}
    assert set(given) <= {*names, *names.values()}, given
    return [term for name, opposite in names.items() for term in both(known[name], given.get(name, []), given.get(opposite, []), place)]


def attribute(key: str, namespace: str):
    known = {
        "source.ip": ("id", any_of("id", lambda value: {"direct_remote_ip": cidr(value)})),
        "remote.ip": ("id", any_of("id", lambda value: {"remote_ip": cidr(value)})),
        "source.namespace": ("id", any_of("id", peer_namespace)),
        "source.principal": ("id", any_of("id", lambda value: peer(text(value, "spiffe://")))),
        "source.serviceAccount": ("id", any_of("id", lambda value: service_account(value, namespace))),
        "source.trustDomain": ("id", any_of("id", trust_domain)),
        "request.auth.principal": ("id", any_of("id", request_principal)),
        "request.auth.audiences": ("id", lambda values: claim(["aud"], values)),
        "request.auth.presenter": ("id", lambda values: claim(["azp"], values)),
        "destination.ip": ("rule", any_of("rule", lambda value: {"destination_ip": cidr(value)})),
        "destination.port": ("rule", any_of("rule", lambda value: {"destination_port": int(value)})),
        "connection.sni": ("rule", any_of("rule", lambda value: {"requested_server_name": text(value)})),
    }
    if key in known:
        return known[key]
    if key.startswith("request.headers["):
        name = key.removeprefix("request.headers[").removesuffix("]")
        return "id", any_of("id", lambda value: {"header": header(name, value)})
    assert key.startswith("request.auth.claims["), key
    names = key.removeprefix("request.auth.claims[").removesuffix("]").split("][")
    return "id", lambda values: claim(names, values)


def host(value: str) -> dict:
    matcher = header(":authority", value)
    if "string_match" in matcher:
        matcher["string_match"]["ignore_case"] = True
    return {"header": matcher}


def header(name: str, value: str) -> dict:
    return {"name": name, "present_match": True} if value == "*" else {"name": name, "string_match": text(value)}


def path(value: str) -> dict:
    if "{*}" in value or "{**}" in value:
        template = value.replace("{*}", "*").replace("{**}", "**")
        return {"uri_template": {"name": "uri-template", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig", "path_template": template}}}
    return {"url_path": {"path": text(value)}}


def peer(matcher: dict) -> dict:
    return {"filter_state": {"key": PEER, "string_match": matcher}}


def peer_namespace(value: str) -> dict:
    return peer(regex(f".*/ns/{'.*'.join(map(quoted, value.split('*')))}/.*"))


def service_account(value: str, namespace: str) -> dict:
    namespace, _, name = value.rpartition("/") if "/" in value else (namespace, "/", value)
    return peer(regex(f"spiffe://.+/ns/{quoted(namespace)}/(.+/|)sa/{quoted(name)}(/.+)?"))


def trust_domain(value: str) -> dict:
    if value == "*":
        return peer({"prefix": "spiffe://"})
    if "*" not in value:
        return peer({"prefix": f"spiffe://{value}/"})
    before, behind = value.split("*", 1)
    return peer(regex(f"spiffe://{quoted(before)}[^/]*{quoted(behind)}/.*"))


def request_principal(value: str) -> dict:
    # Split at the last slash, since issuers are URLs.
    issuer, slash, subject = value.rpartition("/")
    anything = regex(".+")
    if value == "*":
        matchers = anything, anything
    elif value.startswith("*"):
        if slash:
            matchers = anything if issuer == "*" else {"suffix": issuer[1:]}, {"exact": subject}
        else:
            matchers = anything, {"suffix": value[1:]}
    elif value.endswith("*"):
        if slash:
            matchers = {"exact": issuer}, anything if subject == "*" else {"prefix": subject[:-1]}
        else:
            matchers = {"prefix": value[:-1]}, anything
    else:
        matchers = {"exact": issuer if slash else value}, {"exact": subject if slash else ""}
    return {"and_ids": {"ids": [metadata([name], {"string_match": matcher}) for name, matcher in zip(["iss", "sub"], matchers)]}}


def claim(names: list[str], values: list[str]) -> dict:
    matchers = [{"string_match": text(value)} for value in values]
    value = matchers[0] if len(matchers) == 1 else {"or_match": {"value_matchers": matchers}}
    return metadata(names, {"or_match": {"value_matchers": [{"list_match": {"one_of": value}}, value]}})


def metadata(names: list[str], value: dict) -> dict:
    return {"metadata": {"filter": JWT, "path": [{"key": name} for name in ["payload", *names]], "value": value}}


def text(value: str, prefix: str = "") -> dict:
    if value == "*":
        return regex(".+")
    if value.startswith("*"):
        return regex(f"{prefix}.*{quoted(value[1:])}") if prefix else {"suffix": value[1:]}
    if value.endswith("*"):
        return {"prefix": prefix + value[:-1]}
    return {"exact": prefix + value}


def regex(pattern: str) -> dict:
    return {"safe_regex": {"regex": pattern}}


def quoted(value: str) -> str:
    return re.escape(value).replace("\\-", "-").replace("\\/", "/")


def cidr(value: str) -> dict:
    network = ipaddress.ip_network(value, strict=False)
    return {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}
