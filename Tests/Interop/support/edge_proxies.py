"""Real proxies in front of a backend, each of which asks Dextra's edge about every request. Each gives the port that it serves."""
import contextlib, subprocess, tempfile
from pathlib import Path

import requests

from .envoy import address, cluster, envoy, filter, listener
from .nginx import nginx
from .ports import free_port

IDENTITY = ["x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username",
            "kubeflow-userid", "kubeflow-groups", "x-goog-authenticated-user-email", "x-goog-authenticated-user-id",
            "x-goog-iap-jwt-assertion", "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups"]


@contextlib.contextmanager
def through_nginx(edge: int, backend: int):
    """`auth_request`, as docs/edge/proxies.md has it."""
    names = {name: "$edge_" + name.replace("-", "_") for name in IDENTITY}
    sets = " ".join(f"auth_request_set {variable} $upstream_http_{name.replace('-', '_')};" for name, variable in names.items())
    # What is not set is empty, and nginx then sends no such field: the client's own is gone too.
    headers = " ".join(f"proxy_set_header {name} {variable};" for name, variable in names.items())
    with nginx(f"""
        location / {{
            auth_request /edge; {sets} {headers}
            proxy_set_header Host $http_host; proxy_pass http://127.0.0.1:{backend};
        }}
        location = /edge {{
            internal; proxy_pass http://127.0.0.1:{edge}/oauth2/auth/nginx; proxy_pass_request_body off;
            proxy_set_header Content-Length ""; proxy_set_header Host $http_host; proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Original-Method $request_method; proxy_set_header X-Forwarded-Proto $scheme;
        }}""") as port:
        yield port


@contextlib.contextmanager
def through_envoy(edge: int, backend: int):
    """`ext_authz` over HTTP."""
    port = free_port()
    check = filter(
        "ext_authz", "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz", transport_api_version="V3",
        allowed_headers={"patterns": [{"exact": name} for name in (
            "authorization", "cookie", "accept", "sec-fetch-mode", "x-requested-with", "x-forwarded-proto")]},
        http_service={
            "server_uri": {"uri": f"http://127.0.0.1:{edge}", "cluster": "edge", "timeout": "10s"}, "path_prefix": "/check",
            "authorization_response": {
                "allowed_upstream_headers": {"patterns": [{"exact": name} for name in IDENTITY]},
                "allowed_client_headers": {"patterns": [{"exact": name} for name in ("location", "set-cookie", "content-type",
                                                                                     "www-authenticate", "cache-control", "vary")]}}})
    with envoy({"static_resources": {
            "listeners": [listener(
                "front", port, [check], [{"match": {"prefix": "/"}, "route": {"cluster": "backend"}}],
                # The edge is asked with the allowed headers only, and cannot name others in disguise.
                common_http_protocol_options={"headers_with_underscores_action": "DROP_HEADER"})],
            "clusters": [cluster("backend", backend), cluster("edge", edge)]}}, port):
        yield port


@contextlib.contextmanager
def program(command: list[str], port: int, folder: Path, environment: dict[str, str] | None = None):
    """A proxy that has no way to say that it listens but by answering."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        for _ in range(600):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30)
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(.05)
                raise AssertionError((folder / "log").read_text())
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def through_caddy(edge: int, backend: int):
    """`forward_auth`. Caddy keeps a client's field when the answer has none of the name, so it removes them all first."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="caddy-") as name:
        folder = Path(name)
        # Also in the disguise that some servers take for the name itself.
        disguised = [name.replace("-", "_") for name in IDENTITY]
        removed = "\n".join(f"request_header -{each}" for each in IDENTITY + disguised)
        (folder / "Caddyfile").write_text(f"""
            {{
                admin off
                auto_https off
                storage file_system {folder}
            }}
            http://:{port} {{
                bind 127.0.0.1
                route {{
                    {removed}
                    forward_auth 127.0.0.1:{edge} {{
                        uri /oauth2/auth/caddy
                        copy_headers {" ".join(IDENTITY)}
                    }}
                    reverse_proxy 127.0.0.1:{backend}
                }}
            }}""")
        environment = {"HOME": name, "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name, "PATH": "/usr/bin:/bin"}
        with program(["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port, folder, environment):
            yield port


HAPROXY_LUA = Path(__file__).resolve().parents[3] / "examples/haproxy/edge.lua"


@contextlib.contextmanager
def through_haproxy(edge: int, backend: int):
    """The Lua action of examples/haproxy."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="haproxy-") as name:
        folder = Path(name)
        (folder / "haproxy.cfg").write_text(f"""
            global
                setenv DEXTRA_EDGE http://127.0.0.1:{edge}
                lua-load-per-thread {HAPROXY_LUA}
                tune.lua.session-timeout 30s
            defaults
                mode http
                timeout client 60s
                timeout server 60s
                timeout connect 5s
            frontend front
                bind 127.0.0.1:{port}
                http-request set-var(txn.edge_allowed) bool(false)
                http-request lua.edge
                http-request deny deny_status 503 unless {{ var(txn.edge_allowed) -m bool }}
                default_backend app
            backend app
                server app 127.0.0.1:{backend}
            """.replace("\n            ", "\n"))
        with program(["/usr/sbin/haproxy", "-f", str(folder / "haproxy.cfg"), "-db"], port, folder):
            yield port


PROXIES = {"nginx": through_nginx, "envoy": through_envoy, "caddy": through_caddy, "haproxy": through_haproxy}
