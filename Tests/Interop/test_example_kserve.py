"""`examples/kserve/run`: one command, KServe's model server behind Envoy, and predictions for those who may have them."""
import signal, subprocess, sys

import yaml

from support.example import Example
from support.istio import jwt_filter, rbac_filter
from support.ports import free_port, listens
from support.server import ROOT


def test_one_command_walks_and_leaves_nothing_behind(tmp_path):
    ports = [free_port() for _ in range(9)]
    with Example("kserve/run", folder=tmp_path, PYTHON=sys.executable, PORTS=" ".join(map(str, ports))) as example:
        example.wait()
        steps = [line for line in example.lines if line.startswith(("  ok ", "  WRONG "))]
        assert f"{len(steps)} steps, none of them wrong\n" in example.lines and len(steps) == 118, "".join(example.lines)

        # The lines that it prints.
        lines = [line for line in example.lines if "curl" in line]
        said = subprocess.run(["bash", "-c", "".join(lines)], text=True, capture_output=True, timeout=60).stdout
        assert said == '{"predictions":["virginica"],"for":"jane@example.com"}'

        assert all(listens(port) for port in ports)
        example.stop(signal.SIGINT)
        assert example.process.wait(30) == 0
    assert not any(listens(port) for port in ports)
    assert list(tmp_path.iterdir()) == []


def manifest(name: str) -> dict:
    text = (ROOT / "examples/istio" / name).read_text()
    # The example's Dextra is on this machine.
    return yaml.safe_load(text.replace("https://dextra.example.com/dex", "http://127.0.0.1:5556/dex"))


def test_its_filters_are_those_that_istio_makes_of_the_manifests():
    written = yaml.safe_load((ROOT / "examples/kserve/envoy.yaml").read_text())
    manager = written["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    jwt, rbac, _ = (each["typed_config"] for each in manager["http_filters"])
    assert jwt == jwt_filter(manifest("request-authentication.yaml"))
    assert rbac == rbac_filter(manifest("authorization-policy.yaml"))
