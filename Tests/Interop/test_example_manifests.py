"""The manifests of `examples/` have fields that exist, with values of the right kind, and name what is there."""
import copy, shutil, subprocess

import pytest, yaml

from support.manifests import SPECS, problems, wrong
from support.command import dextra
from support.server import ROOT

FILES = sorted(path.relative_to(ROOT / "examples") for folder in ("gateway-api", "istio", "kubeflow")
               for path in (ROOT / "examples" / folder).glob("*.yaml") if path.name != "dextra.yaml")


def resources(file) -> list[dict]:
    return list(yaml.safe_load_all((ROOT / "examples" / file).read_text()))


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_field_exists(file):
    for resource in resources(file):
        assert problems(resource) == []


def test_a_wrong_manifest_is_noticed():
    right, = resources("istio/authorization-policy.yaml")
    for change in (lambda spec: spec.update(actions="ALLOW"), lambda spec: spec.update(action="allow"),
                   lambda spec: spec["rules"][0]["to"][0]["operation"].update(path=["/"]),
                   lambda spec: spec["rules"][0]["to"][0]["operation"].update(paths="/"),
                   lambda spec: spec["rules"][1]["when"][0].pop("key")):
        resource = copy.deepcopy(right)
        change(resource["spec"])
        assert problems(resource) != []


def providers():
    operator, = resources("istio/mesh-config.yaml")
    return {each["name"]: each for each in operator["spec"]["meshConfig"]["extensionProviders"]}


def test_the_policy_asks_a_provider_that_the_mesh_has():
    policy, = resources("istio/authorization-policy-custom.yaml")
    assert policy["spec"]["action"] == "CUSTOM" and policy["spec"]["provider"]["name"] in providers()


def test_no_provider_lets_requests_pass_when_dextra_does_not_answer():
    patch, = resources("kubeflow/mesh-provider.yaml")
    mesh = yaml.safe_load(patch["data"]["mesh"])
    shape = SPECS["install.istio.io/v1alpha1", "IstioOperator"]["meshConfig"]["extensionProviders"]
    assert list(wrong(shape, mesh["extensionProviders"], "mesh")) == []
    for provider in [*providers().values(), *mesh["extensionProviders"]]:
        service = provider.get("envoyExtAuthzHttp") or provider["envoyExtAuthzGrpc"]
        assert not service.get("failOpen")
        # Istio's own is 600 s.
        assert service["timeout"] == "5s"
        if "envoyExtAuthzHttp" in provider:
            assert {"authorization", "cookie"} <= set(service["includeRequestHeadersInCheck"])
            assert {"set-cookie", "content-type"} <= set(service["headersToDownstreamOnDeny"])


@pytest.mark.parametrize("folder", ["kserve", "kubeflow"])
def test_dextra_takes_its_configuration(folder, tmp_path):
    text = (ROOT / "examples" / folder / "dextra.yaml").read_text()
    (tmp_path / "dextra.yaml").write_text(text.replace("FOLDER", str(tmp_path)))
    done = dextra("check", tmp_path / "dextra.yaml")
    assert done.code == 0, done.text


def test_nginx_takes_its_configuration(tmp_path):
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ access_log off; include {ROOT}/examples/nginx/nginx.conf; }}")
    done = subprocess.run([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-t", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
