"""Istio's manifests decide in Dextra as they do in Envoy, which gets what istiod makes of them: 500 random requests for each."""
import json, random, time

import jwt, pytest, requests, yaml
from cryptography.hazmat.primitives.asymmetric import ec

from support import application
from support.edge_login import edge
from support.people import APP, JANE
from support.judge import Question, dextra_says, judge, pick
from support.ports import free_port

ISSUERS = {"https://sso.example.com/dex": "k1", "https://accounts.example.org": "k2"}
KEYS = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in ISSUERS.values()}


def jwks(kid: str) -> str:
    key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEYS[kid].public_key()))
    return json.dumps({"keys": [key | {"kid": kid, "alg": "ES256", "use": "sig"}]})


def authentication(**changes) -> dict:
    """Both issuers, with what `changes` add to their rules."""
    return {"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication", "metadata": {"name": "tokens", "namespace": "default"},
            "spec": {"jwtRules": [{"issuer": issuer, "jwks": jwks(kid), **changes} for issuer, kid in ISSUERS.items()]}}


def policy(rules: list | None, action: str = "ALLOW", name: str = "p", **metadata) -> dict:
    return {"apiVersion": "security.istio.io/v1beta1", "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": "default", **metadata},
            "spec": {"action": action} | ({} if rules is None else {"rules": rules})}


def source(**given) -> dict:
    return {"from": [{"source": given}]}


def operation(**given) -> dict:
    return {"to": [{"operation": given}]}


def when(key: str, **given) -> dict:
    return {"when": [{"key": key, **given}]}


DEX = "https://sso.example.com/dex"
# A name, and the policies; those who ask for principals of requests get both issuers besides.
TABLE = {
    "nothing": [],
    "empty": [policy(None)],
    "everything": [policy([{}])],
    "hosts": [policy([operation(hosts=["app.example.com", "*.example.org"])])],
    "hosts-prefix": [policy([operation(hosts=["app.*"])])],
    "hosts-port": [policy([operation(hosts=["app.example.com:*", "other.example.com"])])],
    "hosts-present": [policy([operation(hosts=["*"], methods=["GET"])])],
    "not-hosts": [policy([operation(notHosts=["APP.example.com"])])],
    "methods": [policy([operation(methods=["GET", "P*"])])],
    "not-methods": [policy([operation(notMethods=["GET", "*T"])])],
    "paths": [policy([operation(paths=["/api/*", "*/infer", "/healthz"])])],
    "paths-present": [policy([operation(paths=["*"], notPaths=["/api*"])])],
    "not-paths": [policy([operation(notPaths=["/healthz", "/api/v1*"], methods=["*"])])],
    "template-one": [policy([operation(paths=["/v1/models/{*}", "/v2/models/{*}/versions/{*}/infer"])])],
    "template-any": [policy([operation(paths=["/api/{**}", "/v2/{**}/infer"])])],
    "template-end": [policy([operation(paths=["/{*}/"], notPaths=["/static/{**}"])])],
    "ports": [policy([operation(ports=["PORT0"], methods=["GET"]), operation(ports=["PORT1"], methods=["POST"])])],
    "not-ports": [policy([operation(notPorts=["PORT0"])])],
    "several-operations": [policy([{"to": [{"operation": {"methods": ["GET"], "paths": ["/api/*"]}}, {"operation": {"hosts": ["other.*"]}}]}])],
    "principals": [policy([source(principals=["cluster.local/ns/default/sa/web", "*/sa/default-editor"])])],
    "principals-prefix": [policy([source(principals=["cluster.local/ns/default/*"])])],
    "principals-present": [policy([source(principals=["*"])])],
    "not-principals": [policy([source(notPrincipals=["cluster.local/ns/default/sa/web"])])],
    "not-principals-present": [policy([source(notPrincipals=["*"])], "DENY")],
    "namespaces": [policy([source(namespaces=["default", "kube*"])])],
    "not-namespaces": [policy([source(notNamespaces=["*flow"])])],
    "service-accounts": [policy([source(serviceAccounts=["web", "kubeflow/default-editor"])])],
    "not-service-accounts": [policy([source(notServiceAccounts=["default/web"])])],
    "trust-domains": [policy([source(trustDomains=["cluster.local"])])],
    "trust-domains-wildcards": [policy([source(trustDomains=["*.domain"]), source(trustDomains=["cluster*"], namespaces=["default"])])],
    "not-trust-domains": [policy([source(notTrustDomains=["*"])])],
    "ip-blocks": [policy([source(ipBlocks=["127.0.0.2", "127.0.1.0/24"])])],
    "not-ip-blocks": [policy([source(notIpBlocks=["127.0.0.0/24"])])],
    "remote-ip-blocks": [policy([source(remoteIpBlocks=["10.1.0.0/16", "2001:db8::/32"])])],
    "not-remote-ip-blocks": [policy([source(notRemoteIpBlocks=["192.168.0.0/16"])], "DENY")],
    "request-principals": [policy([source(requestPrincipals=[f"{DEX}/ann", "https://accounts.example.org/*"])])],
    "request-principals-present": [policy([source(requestPrincipals=["*"])])],
    "request-principals-subject": [policy([source(requestPrincipals=["*/bob"])])],
    "request-principals-suffix": [policy([source(requestPrincipals=["*nn"])])],
    "request-principals-prefix": [policy([source(requestPrincipals=[f"{DEX}/a*", "https://accounts*"])])],
    "request-principals-slash": [policy([source(requestPrincipals=[f"{DEX}/team/ann"])]), policy([source(ipBlocks=["127.0.0.2"])], name="q")],
    "not-request-principals": [policy([source(notRequestPrincipals=["*"])], "DENY")],
    "not-request-principals-one": [policy([source(notRequestPrincipals=[f"{DEX}/ann"])])],
    "headers": [policy([when("request.headers[X-Team]", values=["red", "blue*"])])],
    "headers-not": [policy([when("request.headers[x-team]", notValues=["red"])])],
    "headers-present": [policy([when("request.headers[x-team]", values=["*"])])],
    "headers-absent": [policy([when("request.headers[x-team]", notValues=["*"])], "DENY")],
    "headers-pseudo": [policy([when("request.headers[:path]", values=["*x=1", "/api*"]), when("request.headers[:method]", values=["PUT"])])],
    "headers-authority": [policy([when("request.headers[:authority]", values=["app*"]), when("request.headers[host]", values=["other*"])])],
    "when-source-ip": [policy([when("source.ip", values=["127.0.0.2/32"]), when("source.ip", notValues=["127.0.0.0/8"])])],
    "when-remote-ip": [policy([when("remote.ip", values=["10.0.0.0/8"], notValues=["10.1.2.3"])])],
    "when-namespace": [policy([when("source.namespace", values=["default"])])],
    "when-principal": [policy([when("source.principal", values=["cluster.local/*"], notValues=["*/web"])])],
    "when-service-account": [policy([when("source.serviceAccount", notValues=["default/web"])])],
    "when-trust-domain": [policy([when("source.trustDomain", values=["other.domain"])])],
    "when-auth-principal": [policy([when("request.auth.principal", values=["*/ann"])])],
    "when-audiences": [policy([when("request.auth.audiences", values=["api", "web*"])])],
    "when-audiences-not": [policy([when("request.auth.audiences", notValues=["api"])])],
    "when-presenter": [policy([when("request.auth.presenter", values=["cli", "*-app"])])],
    "when-claim": [policy([when("request.auth.claims[groups]", values=["admins", "team-*"])])],
    "when-claim-not": [policy([when("request.auth.claims[groups]", notValues=["admins"])], "DENY")],
    "when-claim-present": [policy([when("request.auth.claims[department]", values=["*"])])],
    "when-claim-nested": [policy([when("request.auth.claims[realm_access][roles]", values=["operator"])])],
    "when-claim-scope": [policy([when("request.auth.claims[scope]", values=["write"])])],
    "when-claim-number": [policy([when("request.auth.claims[level]", values=["3"]), when("request.auth.claims[mfa]", values=["true"]),
                                  source(requestPrincipals=["*/ann"])])],
    "when-claim-url": [policy([when("request.auth.claims[https://example.com/roles]", values=["reader"])])],
    "when-iss": [policy([when("request.auth.claims[iss]", values=[DEX])])],
    "when-destination": [policy([when("destination.ip", values=["127.0.0.0/8"]) | operation(methods=["GET"]), when("destination.port", values=["PORT1"])])],
    "when-destination-not": [policy([when("destination.ip", notValues=["127.0.0.1"]), when("destination.port", notValues=["PORT1"])])],
    "all-together": [policy([{
        "from": [{"source": {"requestPrincipals": ["*"], "notRemoteIpBlocks": ["192.168.0.0/16"]}}, {"source": {"principals": ["*"], "notNamespaces": ["default"]}}],
        "to": [{"operation": {"paths": ["/api/*", "/v1/*"], "methods": ["GET", "POST"]}}, {"operation": {"hosts": ["other.example.com"]}}],
        "when": [{"key": "request.headers[x-team]", "notValues": ["red"]}]}])],
    "order": [policy([source(requestPrincipals=["*"]), operation(paths=["/healthz"])]), policy([operation(methods=["DELETE"])], "DENY", "q"),
              policy([source(requestPrincipals=["*/bob"])], "DENY", "r"), policy([{}], "AUDIT", "s")],
    "audit": [policy([operation(methods=["GET"])], "AUDIT")],
    "dry-run": [policy([{}], "DENY", annotations={"istio.io/dry-run": "true"}), policy([operation(methods=["GET"])], "ALLOW", "q")],
    "dry-run-allow": [policy([operation(methods=["GET"])], annotations={"istio.io/dry-run": "true"})],
    "only-tokens": [],
    "several-allow": [policy([operation(methods=["GET"])]), policy([source(ipBlocks=["127.0.0.2"])], name="q"), policy(None, name="r")],
}
# RequestAuthentication: where tokens stand, and for whom they are.
TOKENS = {
    "audiences": [authentication(audiences=["api", "web-app"]), policy([source(requestPrincipals=["*"]), operation(paths=["/healthz"])])],
    "from-headers": [authentication(fromHeaders=[{"name": "X-Token", "prefix": "Token "}, {"name": "x-plain"}]), policy([source(requestPrincipals=["*/ann"])])],
    "from-params": [authentication(fromParams=["jwt"]), policy([source(requestPrincipals=["*"])])],
    "from-cookies": [authentication(fromCookies=["session"]), policy([source(requestPrincipals=["*"])])],
    "space-delimited": [authentication(spaceDelimitedClaims=["department"]), policy([when("request.auth.claims[department]", values=["research"])])],
}
# And what becomes of headers: rules about them see what jwt_authn made of them, whatever the client sent under their names.
OUTPUTS = {"outputClaimToHeaders": [{"header": "x-team", "claim": "department"}, {"header": "X-Level", "claim": "level"},
                                    {"header": "x-mfa", "claim": "mfa"}, {"header": "x-sub", "claim": "sub"}]}
TOKENS |= {
    "output": [authentication(**OUTPUTS), policy([when("request.headers[x-team]", values=["research", "red", "blue*"])])],
    "output-not": [authentication(**OUTPUTS), policy([when("request.headers[X-Team]", notValues=["red", "research"])])],
    "output-deny": [authentication(**OUTPUTS), policy([when("request.headers[x-team]", values=["re*"])], "DENY")],
    "output-deny-not": [authentication(**OUTPUTS), policy([when("request.headers[x-team]", notValues=["research*"])], "DENY")],
    "output-present": [authentication(**OUTPUTS), policy([when("request.headers[x-level]", values=["*"])])],
    "output-absent": [authentication(**OUTPUTS), policy([when("request.headers[x-team]", notValues=["*"])], "DENY")],
    "output-number": [authentication(**OUTPUTS), policy([when("request.headers[x-level]", values=["3"]), when("request.headers[x-mfa]", values=["true"])])],
    "output-who": [authentication(**OUTPUTS), policy([when("request.headers[x-sub]", values=["ann", "*/ann"]) | operation(methods=["GET", "P*"])])],
    "payload": [authentication(outputPayloadToHeader="x-payload"), policy([when("request.headers[x-payload]", values=["ey*"])])],
    "payload-not": [authentication(outputPayloadToHeader="x-team"), policy([when("request.headers[x-team]", values=["red", "blue*"])], "DENY")],
    "token-taken": [authentication(), policy([when("request.headers[authorization]", notValues=["*"]), operation(methods=["GET"])])],
    "token-kept": [authentication(forwardOriginalToken=True), policy([when("request.headers[authorization]", values=["Bearer *"])])],
    "token-kept-not": [authentication(forwardOriginalToken=True), policy([when("request.headers[authorization]", values=["*"])], "DENY")],
}
# What clients send under those names, and under names that some backends take for the same.
SMUGGLED = [(), (("X-Level", "3"),), (("x-mfa", "true"), ("x-level", "3")), (("X-Sub", "ann"),), (("x-payload", "eyJzdWIiOiJhbm4ifQ"),),
            (("x-sub", "ann"), ("x-sub", "bob")), (("x-team", "research"), ("x-level", "")), (("x-sub", "x/ann"), ("x-payload", ""))]
# For these all requests fare alike.
UNIFORM = {"nothing", "empty", "everything", "audit", "dry-run-allow", "when-audiences-none"}

HOSTS = [(6, "app.example.com"), (2, "APP.example.com"), (2, "app.example.com:8080"), (3, "other.example.com"), (2, "models.example.org"), (1, "x")]
TARGETS = ["/", "/api", "/api/", "/api/v1/things", "/api/v1", "/apis", "/healthz", "/healthz/", "/v1/models/m", "/v1/models/m:predict", "/v1/models/",
           "/v2/models/m/versions/3/infer", "/v2/models/a/b/infer", "/v2//infer", "/static/app.css", "/static/", "/api/a=b", "/api/a*b", "/api/a%20b",
           "/api/./v1/things", "/api/v1/../../healthz", "/%61pi/v1", "/API/v1", "/api//v1", "/api/v1/things?x=1", "/x/?x=1", "/a;b/", "/api/%C3%A9", "/api/[x]"]
METHODS = ["GET", "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
TEAMS = [(), (), (("x-team", "red"),), (("X-Team", "blue-2"),), (("x-team", "red"), ("x-team", "blue")), (("X-TEAM", ""),), (("x-other", "red"),),
         (("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "GET"))]
PEERS = [(5, None), (3, "spiffe://cluster.local/ns/default/sa/web"), (2, "spiffe://cluster.local/ns/kubeflow/sa/default-editor"),
         (1, "spiffe://other.domain/ns/default/sa/web-2"), (1, "spiffe://cluster.local/ns/default/pod/p/sa/web/x/y"),
         (1, "spiffe://cluster.local/ns/kube-system/sa/web"), (1, "spiffe://a/ns/default/ns/kubeflow/sa/web")]
SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.1.3"]
CLIENTS = [(3, None), (2, "10.1.2.3"), (1, "10.2.0.9"), (2, "192.168.7.7"), (1, "2001:db8::5")]


def tokens(generator: random.Random) -> list[str]:
    """Tokens with any claims. Those of an unknown issuer are refused by both, whatever they say."""
    result = []
    for _ in range(120):
        issuer, kid = generator.choice([*ISSUERS.items()])
        claims = {"iss": issuer, "sub": generator.choice(["ann", "bob", "team/ann", "a"]), "exp": int(time.time()) + 3600}
        optional = {
            "aud": ["api", "web-app", ["api", "other"], [], "none"], "azp": ["cli", "web-app", ["cli"], "x"],
            "groups": ["admins", ["admins", "x"], ["team-a"], [], "team", [["admins"]], {"admins": "admins"}],
            "department": ["research", "", "research sales", 7], "level": [3, "3"], "mfa": [True, "true"],
            "realm_access": [{"roles": ["operator"]}, {"roles": "operator"}, {"roles": []}, "operator", ["operator"]],
            "scope": ["read write", "write", "rewrite", ["write"]], "https://example.com/roles": ["reader", ["writer", "reader"]],
        }
        claims |= {name: generator.choice(values) for name, values in optional.items() if generator.random() < .7}
        if generator.random() < .05:
            claims["iss"] = "https://evil.example"
        if generator.random() < .05:
            del claims["sub"]
        result.append(jwt.encode(claims, KEYS[kid], "ES256", headers={"kid": kid}))
    return result


def placed(generator: random.Random, name: str, token: str, target: str) -> tuple[str, tuple]:
    """The token at one of the places where the manifests look for it, and sometimes at one where they do not."""
    if name == "from-headers":
        return target, generator.choice([(("X-Token", f"Token {token}"),), (("x-plain", token),), (("Authorization", f"Bearer {token}"),)])
    if name == "from-params":
        return target + ("&" if "?" in target else "?") + f"jwt={token}", ()
    if name == "from-cookies":
        return target, (("Cookie", f"a=b; session={token}"),)
    return target, (("Authorization", f"Bearer {token}"),)


def questions(name: str, pool: list[str], ports: list[int], count: int = 500) -> list[Question]:
    generator = random.Random(f"policies {name}")
    result = []
    for _ in range(count):
        target, headers = generator.choice(TARGETS), generator.choice(TEAMS)
        if name.startswith(("output", "payload")):
            # Envoy looks at no preflight, so that there the client's own words stay.
            headers = tuple(pair for pair in headers if pair[0] != "Origin") + generator.choice(SMUGGLED)
        if pool and generator.random() < .7:
            target, more = placed(generator, name, generator.choice(pool), target)
            headers += more
        host = pick(generator, *HOSTS)
        if name == "headers-authority":
            # Dextra knows hosts in lower case only.
            host = host.lower()
        result.append(Question(generator.choice(METHODS), host, target, headers, generator.choice(SOURCES),
                               pick(generator, *CLIENTS), pick(generator, *PEERS), generator.choice(ports)))
    return result


def with_ports(manifests: list[dict], ports: list[int]) -> list[dict]:
    text = json.dumps(manifests)
    for number, port in enumerate(ports):
        text = text.replace(f"PORT{number}", str(port))
    return json.loads(text)


def wants_tokens(name: str, policies: list[dict]) -> bool:
    return name == "only-tokens" or any(word in json.dumps(policies) for word in ("equestPrincipals", "request.auth"))


CASES = {name: ([authentication()] if wants_tokens(name, policies) else []) + policies for name, policies in TABLE.items()} | TOKENS


@pytest.fixture(scope="module")
def ports():
    return {name: [free_port(), free_port()] for name in CASES}


@pytest.fixture(scope="module")
def envoys(ports, tmp_path_factory):
    """One Envoy for all manifests."""
    cases = [(with_ports(manifests, ports[name]), ports[name], {"normalize_path": True}) for name, manifests in CASES.items()]
    with judge(cases, tmp_path_factory.mktemp("judge")) as result:
        yield result


@pytest.fixture(scope="module")
def pool():
    return tokens(random.Random("tokens"))


@pytest.mark.parametrize("name", CASES)
def test_dextra_decides_as_envoy(name, envoys, ports, pool, tmp_path):
    manifests = with_ports(CASES[name], ports[name])
    has_tokens = any(each["kind"] == "RequestAuthentication" for each in manifests)
    asked = questions(name, pool if has_tokens else [], ports[name])
    file = tmp_path / "policies.yaml"
    file.write_text(yaml.safe_dump_all(manifests or [policy([{}])]))
    said = dextra_says(file, asked)
    different = []
    allowed = 0
    for question, answer in zip(asked, said, strict=True):
        envoy = envoys.allows(question)
        allowed += envoy
        if envoy != answer["allowed"]:
            different.append((question, envoy, answer))
    assert not different, f"{len(different)} of {len(asked)}, the first: {different[0]}"
    # A table that never lets anybody through, or everybody, would prove little.
    if name not in UNIFORM:
        assert 10 < allowed < 490, allowed


FAMILIES = ["kubeflow-userid", "kubeflow-groups", "x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-forwarded-user",
            "x-forwarded-email", "x-goog-authenticated-user-email", "x-goog-authenticated-user-id", "x-goog-iap-jwt-assertion", "gap-auth"]


@pytest.mark.parametrize("header", FAMILIES)
def test_nobody_is_somebody_by_a_header_of_the_edge(header, tmp_path):
    """Also without any setting: the edge takes these names from every client."""
    file = tmp_path / "policies.yaml"
    value = "ann@example.com"
    for action, key in (("ALLOW", "values"), ("DENY", "notValues")):
        file.write_text(yaml.safe_dump(policy([when(f"request.headers[{header}]", **{key: [value]})], action)))
        spellings = [header, header.upper(), header.replace("-", "_"), header.replace("-", ".")]
        for answer in dextra_says(file, [Question("GET", "app.example.com", "/", ((spelling, value),), "127.0.0.1", None, None, 1) for spelling in spellings]):
            assert not answer["allowed"], answer


def test_at_the_edge_a_rule_about_its_headers_sees_what_it_says_itself(tmp_path):
    """The running edge, asked over HTTP as Envoy does it; the right answer is that of Envoy behind the edge."""
    file = tmp_path / "policies.yaml"
    file.write_text(yaml.safe_dump_all([
        policy([when("request.headers[kubeflow-userid]", values=[JANE.email])]),
        policy([when("request.headers[x-auth-request-groups]", notValues=["*authors*", "authors*"]) | operation(paths=["/groups"])], "DENY", "q")]))
    with edge(edge={"policyFiles": [str(file)], "policies": None, "issuers": [{"issuer": "self", "audiences": [APP.id]}], "headers": {"families": ["kubeflow", "x-auth-request"]}}) as server:
        token = application.token(server, APP, grant_type="password", username=JANE.email, password=JANE.password, scope="openid email groups").json()["id_token"]
        server.keep_out_of_log(token)
        bearer = {"Authorization": f"Bearer {token}"}
        for path in ("/", "/groups"):
            for sent in ({}, {"kubeflow-userid": JANE.email}, {"Kubeflow_Userid": JANE.email}, {"kubeflow.userid": JANE.email},
                         {"kubeflow-userid": "root@example.com", "x-auth-request-groups": "authors"}):
                nobody = requests.get(server.edge + path, headers=sent, allow_redirects=False, timeout=30)
                assert nobody.status_code in (302, 401, 403), (path, sent, nobody.status_code)
                jane = requests.get(server.edge + path, headers=bearer | sent, allow_redirects=False, timeout=30)
                assert jane.status_code == 200 and jane.headers["kubeflow-userid"] == JANE.email, (path, sent, jane.status_code)
                removed = {name.strip().lower() for name in jane.headers["x-envoy-auth-headers-to-remove"].split(",")}
                assert {name.lower() for name in sent} <= removed | {"kubeflow-userid", "x-auth-request-groups"}
