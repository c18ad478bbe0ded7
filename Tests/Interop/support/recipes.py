"""The recipes of docs/edge and examples/, as they stand, each in front of two backends: one for all hosts, one for `admin.test`.

Nothing of a recipe is written here: addresses are replaced, and what the page leaves to the reader is put around it. Each recipe gives
the port that it serves.
"""
import contextlib, json, os, re, shutil, sys, tempfile
from pathlib import Path

import requests, yaml

from .apache import apache
from .edge_proxies import EXAMPLES, ingress_nginx, modules_of
from .envoy import cluster, envoy
from .nginx import nginx
from .ports import free_port
from .program import program
from .waiting import until

PAGE = (EXAMPLES.parent / "docs/edge/proxies.md").read_text()
#: The host whose backend nobody may reach without being an admin.
CLOSED = "admin.test"


def block(section: str, language: str = "") -> str:
    """The only block of code of that language in a section of docs/edge/proxies.md."""
    text, = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    code, = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return code


def put(text: str, changes: dict[str, object]) -> str:
    for written, meant in changes.items():
        assert written in text, f"the recipe has no {written}"
        text = text.replace(written, str(meant))
    return text


@contextlib.contextmanager
def nginx_of_the_page(edge, backend: int, closed: int):
    http, server = block("nginx", "nginx").split("# In `server`:")
    with two_servers(http, put(server, {"127.0.0.1:4180": f"127.0.0.1:{edge.edge_port}"}), "127.0.0.1:8080", backend, closed) as port:
        yield port


@contextlib.contextmanager
def nginx_of_the_example(edge, backend: int, closed: int):
    text = put((EXAMPLES / "nginx/nginx.conf").read_text(), {"127.0.0.1:5557": f"127.0.0.1:{edge.edge_port}"})
    http, _, server = text.rpartition("\nserver {")
    server = put(server.rpartition("}")[0], {"listen 127.0.0.1:8080;": "", "server_name iris.models.example.com;": ""})
    with two_servers(http, server, "http://model", backend, closed, "http://") as port:
        yield port


def two_servers(http: str, server: str, written: str, backend: int, closed: int, scheme: str = ""):
    """nginx with the recipe in two servers: the one for all hosts, and the closed one."""
    def at(meant: int) -> str:
        return put(server, {written: f"{scheme}127.0.0.1:{meant}"})
    port = free_port()
    return nginx(at(backend), http=f"{http} server {{ listen 127.0.0.1:{port}; server_name {CLOSED}; {at(closed)} }}", port=port)


@contextlib.contextmanager
def ingress_nginx_of_the_page(edge, backend: int, closed: int):
    """The controller's template with the annotations of the page; without `auth-signin`, which is for browsers."""
    notes = {name.partition("/")[2]: value for name, value in yaml.safe_load(block("ingress-nginx", "yaml"))["metadata"]["annotations"].items()}
    address = "/" + notes["auth-url"].partition("://")[2].partition("/")[2]
    with ingress_nginx(edge, backend, address=address, snippet=notes["auth-snippet"], hosts={CLOSED: closed},
                       names=notes["auth-response-headers"].lower().split(",")) as port:
        yield port


@contextlib.contextmanager
def caddy_of_the_page(edge, backend: int, closed: int):
    port = free_port()
    recipe = put(block("Caddy"), {"127.0.0.1:4180": f"127.0.0.1:{edge.edge_port}"})

    def at(meant: int) -> str:
        return put(recipe, {"127.0.0.1:8080": f"127.0.0.1:{meant}"})
    with tempfile.TemporaryDirectory(prefix="caddy-") as name:
        folder = Path(name)
        (folder / "Caddyfile").write_text(f"""
            {{
                admin off
                auto_https off
                storage file_system {folder}
            }}
            http://{CLOSED}:{port} {{
                bind 127.0.0.1
                {at(closed)}
            }}
            http://:{port} {{
                bind 127.0.0.1
                {at(backend)}
            }}""")
        environment = {"HOME": name, "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name, "PATH": "/usr/bin:/bin"}
        with program(["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port, folder, environment):
            yield port


@contextlib.contextmanager
def traefik_of_the_page(edge, backend: int, closed: int):
    port = free_port()
    http = yaml.safe_load(put(block("Traefik", "yaml"), {"127.0.0.1:4180": f"127.0.0.1:{edge.edge_port}",
                                                         "127.0.0.1:8080": f"127.0.0.1:{backend}"}))["http"]
    app = http["routers"]["app"]
    http["routers"] = {"app": app | {"rule": "PathPrefix(`/`)"}, "closed": app | {"rule": f"Host(`{CLOSED}`)", "service": "closed"}}
    http["services"]["closed"] = {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{closed}"}]}}
    with tempfile.TemporaryDirectory(prefix="traefik-") as name:
        folder = Path(name)
        (folder / "routes.yml").write_text(json.dumps({"http": http}))
        (folder / "traefik.yml").write_text(json.dumps({
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False}, "log": {"level": "WARN"},
            "entryPoints": {"web": {"address": f"127.0.0.1:{port}"}}, "providers": {"file": {"filename": f"{folder}/routes.yml"}}}))
        command = shutil.which("traefik", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        with program([command, f"--configFile={folder}/traefik.yml"], port, folder):
            # It listens before it knows its routes.
            until(lambda: requests.get(f"http://127.0.0.1:{port}/", allow_redirects=False, timeout=30).status_code != 404)
            yield port


@contextlib.contextmanager
def haproxy_of_the_example(edge, backend: int, closed: int):
    """The lines that stand at the head of edge.lua."""
    port, lua = free_port(), EXAMPLES / "haproxy/edge.lua"
    lines = [line[2:].strip() for line in lua.read_text().partition("\n-- 200 lets")[0].splitlines()]
    start = lines.index("frontend ...")
    head = put("\n    ".join(line for line in lines[lines.index("global") + 1:start] if line), {
        "http://127.0.0.1:4180": f"http://127.0.0.1:{edge.edge_port}", "/etc/haproxy/edge.lua": lua})
    rules = "\n    ".join(line for line in lines[start + 1:] if line and not line.startswith("#"))
    with tempfile.TemporaryDirectory(prefix="haproxy-") as name:
        folder = Path(name)
        (folder / "haproxy.cfg").write_text(f"""
global
    {head}
    tune.lua.session-timeout 30s
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
frontend front
    bind 127.0.0.1:{port}
    {rules}
    use_backend closed if {{ req.hdr(host),host_only -i {CLOSED} }}
    default_backend app
backend app
    server app 127.0.0.1:{backend}
backend closed
    server closed 127.0.0.1:{closed}
""")
        with program(["/usr/sbin/haproxy", "-f", str(folder / "haproxy.cfg"), "-db"], port, folder):
            yield port


@contextlib.contextmanager
def apache_of_the_example(edge, backend: int, closed: int):
    port = free_port()
    ports = {"127.0.0.1:8080": f"127.0.0.1:{port}", "127.0.0.1:5557": f"127.0.0.1:{edge.edge_port}"}
    text = put((EXAMPLES / "apache/asks.conf").read_text(), ports | {"/etc/apache2/edge.lua": "{folder}/edge.lua"})

    def at(host: str, meant: int) -> str:
        return put(text, {"127.0.0.1:8082": f"127.0.0.1:{meant}", "iris.models.example.com": host})
    lua = put((EXAMPLES / "apache/edge.lua").read_text(), {"127.0.0.1:5557": f"127.0.0.1:{edge.edge_port}"})
    with apache(port, modules_of(text), at("public.test", backend) + at(CLOSED, closed), {"edge.lua": lua}):
        yield port


def envoy_of_the_example(number: int):
    """One of the listeners of examples/kserve/envoy-asks.yaml."""
    @contextlib.contextmanager
    def recipe(edge, backend: int, closed: int):
        port = free_port()
        resources = yaml.safe_load((EXAMPLES / "kserve/envoy-asks.yaml").read_text())["static_resources"]
        listener = resources["listeners"][number]
        listener["address"]["socket_address"]["port_value"] = port
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        host, = manager["route_config"]["virtual_hosts"]
        routes = [route for route in host["routes"] if "grpc" not in route["match"]]
        aside = json.loads(json.dumps(host | {"name": "closed", "domains": [CLOSED, CLOSED + ":*"], "routes": routes}).replace('"model"', '"closed"'))
        manager["route_config"]["virtual_hosts"] = [host | {"routes": routes}, aside]
        ports = {"edge": edge.edge_port, "edge-grpc": edge.grpc_port, "model": backend}
        clusters = [cluster(each["name"], ports[each["name"]], http2=each["name"] == "edge-grpc")
                    for each in resources["clusters"] if each["name"] in ports]
        with envoy({"static_resources": {"listeners": [listener], "clusters": [*clusters, cluster("closed", closed)]}}, port):
            yield port
    return recipe


def istio(file: str, name: str):
    """An extension provider by HTTP, as Istio makes a filter of it (pilot/pkg/security/authz/builder/extauthz.go), on a gateway."""
    @contextlib.contextmanager
    def recipe(edge, backend: int, closed: int):
        resource, = yaml.safe_load_all((EXAMPLES / file).read_text())
        mesh = resource["spec"]["meshConfig"] if "spec" in resource else yaml.safe_load(resource["data"]["mesh"])
        provider, = [each["envoyExtAuthzHttp"] for each in mesh["extensionProviders"] if each["name"] == name]

        def patterns(key: str) -> dict:
            return {"patterns": [{"ignore_case": True} | ({"prefix": each[:-1]} if each.endswith("*") else {"suffix": each[1:]} if each.startswith("*")
                                                         else {"exact": each}) for each in provider.get(key, [])]}
        port = free_port()
        check = {"name": "envoy.filters.http.ext_authz", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz", "transport_api_version": "V3",
            "allowed_headers": patterns("includeRequestHeadersInCheck"), "http_service": {
                "server_uri": {"uri": f"http://{provider['service']}", "cluster": "edge", "timeout": provider["timeout"]},
                "path_prefix": provider.get("pathPrefix", ""), "authorization_response": {
                    "allowed_upstream_headers": patterns("headersToUpstreamOnAllow"),
                    "allowed_client_headers": patterns("headersToDownstreamOnDeny"),
                    "allowed_client_headers_on_success": patterns("headersToDownstreamOnAllow")}}}}
        router = {"name": "envoy.filters.http.router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}
        # Both leave the login to Dextra, without a question (authorization-policy-custom.yaml, service.yaml).
        login = {"match": {"prefix": "/oauth2/"}, "route": {"cluster": "edge"}, "typed_per_filter_config": {"envoy.filters.http.ext_authz": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute", "disabled": True}}}
        hosts = [{"name": each, "domains": domains, "routes": [login, {"match": {"prefix": "/"}, "route": {"cluster": each}}]}
                 for each, domains in {"closed": [CLOSED, CLOSED + ":*"], "app": ["*"]}.items()]
        # What istiod writes for a gateway.
        manager = {"@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                   "stat_prefix": "gateway", "use_remote_address": True, "normalize_path": True, "merge_slashes": True,
                   "forward_client_cert_details": "SANITIZE_SET", "http_filters": [check, router], "route_config": {"virtual_hosts": hosts}}
        with envoy({"static_resources": {
                "listeners": [{"name": "gateway", "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}, "filter_chains": [
                    {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
                "clusters": [cluster("edge", edge.edge_port), cluster("app", backend), cluster("closed", closed)]}}, port):
            yield port
    return recipe


#: By name: the recipe, and what `edge.pathPrefix` its configuration has.
RECIPES = {
    "docs nginx": (nginx_of_the_page, None), "docs ingress-nginx": (ingress_nginx_of_the_page, None), "docs Caddy": (caddy_of_the_page, None),
    "docs Traefik": (traefik_of_the_page, None), "examples nginx": (nginx_of_the_example, None), "examples haproxy": (haproxy_of_the_example, None),
    "examples apache": (apache_of_the_example, None), "examples kserve http": (envoy_of_the_example(0), "kserve/dextra.yaml"),
    "examples kserve grpc": (envoy_of_the_example(1), "kserve/dextra.yaml"),
    "examples istio http": (istio("istio/mesh-config.yaml", "dextra-http"), "kserve/dextra.yaml"),
    "examples kubeflow": (istio("kubeflow/mesh-provider.yaml", "oauth2-proxy"), "kubeflow/dextra.yaml"),
}


def path_prefix(file: str | None) -> dict:
    """`edge.pathPrefix` as the example's configuration has it."""
    if file is None:
        return {}
    edge = yaml.safe_load((EXAMPLES / file).read_text())["edge"]
    return {key: edge[key] for key in ("pathPrefix",) if key in edge}
