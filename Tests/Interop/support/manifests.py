"""The fields of Kubernetes resources that `examples/` uses, as their CRDs define them: a field that is not here is a mistake.

After Istio 1.31's and Gateway API 1.6's (experimental channel) CRDs, and Envoy Gateway's. `[x]` is a list of `x`, `{str: x}` a map, a tuple
a choice of words, `Required` a field that must be there.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Required:
    shape: object

    def __hash__(self):
        return id(self)


def required(shape):
    return Required(shape)


LABELS = {str: str}
SELECTOR = {"matchLabels": LABELS}
MATCH = {name: [str] for each in ("principals", "requestPrincipals", "namespaces", "serviceAccounts", "ipBlocks", "remoteIpBlocks")
         for name in (each, "not" + each[0].upper() + each[1:])}
OPERATION = {name: [str] for each in ("hosts", "ports", "methods", "paths") for name in (each, "not" + each.capitalize())}
BACKEND = {"group": str, "kind": str, "name": required(str), "namespace": str, "port": int}
TARGET = {"group": required(str), "kind": required(str), "name": required(str), "sectionName": str}
HTTP_METHOD = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")

SPECS = {
    ("security.istio.io/v1", "RequestAuthentication"): {
        "selector": SELECTOR, "targetRefs": [TARGET], "jwtRules": [{
            "issuer": str, "audiences": [str], "jwksUri": str, "jwks": str, "fromHeaders": [{"name": required(str), "prefix": str}],
            "fromParams": [str], "fromCookies": [str], "outputPayloadToHeader": str, "forwardOriginalToken": bool,
            "outputClaimToHeaders": [{"header": required(str), "claim": required(str)}], "timeout": str, "spaceDelimitedClaims": [str]}]},
    ("security.istio.io/v1", "AuthorizationPolicy"): {
        "selector": SELECTOR, "targetRefs": [TARGET], "action": ("ALLOW", "DENY", "AUDIT", "CUSTOM"), "provider": {"name": str},
        "rules": [{"from": [{"source": MATCH}], "to": [{"operation": OPERATION}],
                   "when": [{"key": required(str), "values": [str], "notValues": [str]}]}]},
    ("networking.istio.io/v1", "VirtualService"): {
        "gateways": [str], "hosts": [str], "exportTo": [str], "http": [{
            "name": str, "match": [{"uri": {"exact": str, "prefix": str, "regex": str}}], "timeout": str,
            "route": [{"destination": required({"host": required(str), "subset": str, "port": {"number": int}}), "weight": int}]}]},
    # What its meshConfig may have: istio.mesh.v1alpha1.MeshConfig.
    ("install.istio.io/v1alpha1", "IstioOperator"): {"meshConfig": {
        "pathNormalization": {"normalization": ("DEFAULT", "NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES")},
        "extensionProviders": [{
            "name": required(str),
            "envoyExtAuthzHttp": {
                "service": required(str), "port": required(int), "timeout": str, "pathPrefix": str, "failOpen": bool,
                "statusOnError": str, "clearRouteCache": bool, "includeRequestHeadersInCheck": [str],
                "includeAdditionalHeadersInCheck": {str: str}, "headersToUpstreamOnAllow": [str],
                "headersToDownstreamOnDeny": [str], "headersToDownstreamOnAllow": [str],
                "includeRequestBodyInCheck": {"maxRequestBytes": int, "allowPartialMessage": bool, "packAsBytes": bool}},
            "envoyExtAuthzGrpc": {
                "service": required(str), "port": required(int), "timeout": str, "failOpen": bool, "statusOnError": str,
                "clearRouteCache": bool, "includeRequestBodyInCheck": {"maxRequestBytes": int, "allowPartialMessage": bool,
                                                                       "packAsBytes": bool}}}]}},
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): {
        "parentRefs": [{"group": str, "kind": str, "name": required(str), "namespace": str, "sectionName": str, "port": int}],
        "hostnames": [str], "rules": [{
            "name": str, "matches": [{"path": {"type": ("Exact", "PathPrefix", "RegularExpression"), "value": str}, "method": HTTP_METHOD}],
            "timeouts": {"request": str, "backendRequest": str}, "backendRefs": [BACKEND | {"weight": int}],
            "filters": [{"type": required(("ExternalAuth",)), "externalAuth": {
                "protocol": required(("HTTP", "GRPC")), "backendRef": required(BACKEND), "forwardBody": {"maxSize": int},
                "http": {"path": str, "allowedHeaders": [str], "allowedResponseHeaders": [str]}, "grpc": {"allowedHeaders": [str]}}}]}]},
    ("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"): {
        "from": required([{"group": required(str), "kind": required(str), "namespace": required(str)}]),
        "to": required([{"group": required(str), "kind": required(str), "name": str}])},
    ("gateway.envoyproxy.io/v1alpha1", "SecurityPolicy"): {
        "targetRefs": [TARGET],
        "jwt": {"optional": bool, "providers": required([{
            "name": required(str), "issuer": str, "audiences": [str], "remoteJWKS": {"uri": required(str), "cacheDuration": str},
            "claimToHeaders": [{"header": required(str), "claim": required(str)}]}])},
        "authorization": {"defaultAction": ("Allow", "Deny"), "rules": [{
            "name": str, "action": required(("Allow", "Deny")), "operation": {"methods": required([HTTP_METHOD])},
            "principal": required({"clientCIDRs": [str], "jwt": {"provider": required(str), "scopes": [str], "claims": [{
                "name": required(str), "valueType": ("String", "StringArray"), "values": required([str])}]}})}]},
        "extAuth": {"headersToExtAuth": [str], "failOpen": bool, "grpc": {"backendRefs": [BACKEND]}, "http": {
            "backendRefs": [BACKEND], "path": str, "headersToBackend": [str]}}},
    ("v1", "Service"): {"selector": LABELS, "type": str, "ports": [{"name": str, "port": required(int), "targetPort": int, "protocol": str}]},
}


def problems(resource: dict) -> list[str]:
    """What is wrong with a resource, as far as its fields and their types go."""
    kind = (resource["apiVersion"], resource["kind"])
    if kind == ("v1", "ConfigMap"):
        return list(wrong({str: str}, resource["data"], "data"))
    if kind not in SPECS:
        return [f"unknown kind {kind}"]
    top = set(resource) - {"apiVersion", "kind", "metadata", "spec"}
    named = [] if resource.get("metadata", {}).get("name") else ["metadata.name is missing"]
    return named + [f"{key}: unknown" for key in top] + list(wrong(SPECS[kind], resource["spec"], "spec"))


def wrong(shape, value, place):
    if isinstance(shape, Required):
        shape = shape.shape
    if isinstance(shape, tuple):
        if value not in shape:
            yield f"{place}: {value!r} is none of {', '.join(shape)}"
    elif isinstance(shape, type):
        if type(value) is not shape:
            yield f"{place}: {value!r} is not {shape.__name__}"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place}: not a list"
            return
        for number, each in enumerate(value):
            yield from wrong(shape[0], each, f"{place}[{number}]")
    elif not isinstance(value, dict):
        yield f"{place}: not a mapping"
    elif str in shape:
        for key, each in value.items():
            yield from wrong(shape[str], each, f"{place}.{key}")
    else:
        for key, each in shape.items():
            if isinstance(each, Required) and key not in value:
                yield f"{place}.{key} is missing"
        for key, each in value.items():
            if key in shape:
                yield from wrong(shape[key], each, f"{place}.{key}")
            else:
                yield f"{place}.{key}: unknown"
