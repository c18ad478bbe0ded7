"""Paths as policies see them are those that Envoy routes by, for each of its normalizations; what is ambiguous is refused."""
import json, random

import pytest

from support.command import dextra
from support.judge import Question, dextra_says, judge
from support.ports import free_port

# What Istio's pathNormalization sets in Envoy.
SETTINGS = {
    "NONE": {"normalize_path": False},
    "BASE": {"normalize_path": True},
    "MERGE_SLASHES": {"normalize_path": True, "merge_slashes": True},
    "DECODE_AND_MERGE_SLASHES": {"normalize_path": True, "merge_slashes": True, "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD"},
}
PLAIN = ["a", "b", "admin", "/", "/", "/", "/", ".", "..", "./", "../", ";v=1", ":", "%20", "%41", "%2e", "%2E", "%2d", "%7E", "%7e", "[", "]", "@", "*", "%c3%A9", "~"]
NASTY = ["//", "%2f", "%2F", "%5c", "%5C", "\\", "..;", ".;x", "%2e%2e", "%23", "%3f", "%25", "%252e", "%252f", "%c0%ae", "%e0%80%af", "%E9", "%ed%a0%80", "%f0%9f%98%80", "%e2%80%a4", "%25c0%25ae", "%u002e", "%00", "%", "%4", "%zz", "|", "^", "{", "\"", "%3B"]
FIXED = ["/", "//", "/a//../b", "/a/..;/b", "/a%2f..%2fb", "/a/%2e%2e/b", "/a/.%2E/b", "/..", "/../..", "/a/.", "/a/..", "/A/a", "/a.", "/a/b../c", "/...", "/a#b"]


def paths(count: int = 1200) -> list[str]:
    generator = random.Random("paths")
    words = [PLAIN] * 4 + [PLAIN + NASTY]
    return FIXED + ["/" + "".join(generator.choice(generator.choice(words)) for _ in range(generator.randint(1, 9))) for _ in range(count)]


@pytest.fixture(scope="module")
def envoys(tmp_path_factory):
    ports = {name: [free_port(), free_port()] for name in SETTINGS}
    with judge([([], ports[name], settings) for name, settings in SETTINGS.items()], tmp_path_factory.mktemp("judge")) as result:
        yield result, ports


@pytest.mark.parametrize("normalization", SETTINGS)
def test_policies_see_the_path_that_envoy_routes_by(normalization, envoys, tmp_path):
    envoy, ports = envoys
    port = ports[normalization][0]
    file = tmp_path / "open.yaml"
    file.write_text("- {anonymous: true}\n")
    asked = [Question("GET", "a.example", path, (), "127.0.0.1", None, None, port) for path in paths()]
    said = dextra_says(file, asked, normalization)
    seen = 0
    for question, answer in zip(asked, said, strict=True):
        status, headers = envoy.connections.ask(question)
        if answer["path"] is None:
            assert answer["outcome"] == "deny" and answer["rule"].startswith("the path is refused: "), (question.target, answer)
            continue
        assert status == 200, (question.target, status, answer)
        routed = headers["x-path"].partition("?")[0]
        # Envoy merges all slashes but in a path that has nothing else.
        if normalization.endswith("MERGE_SLASHES") and not routed.strip("/"):
            routed = "/"
        assert answer["path"] == routed, question.target
        seen += 1
    # Not by refusing everything.
    assert seen > len(asked) / 2


@pytest.mark.parametrize("path", ["/a%2fb", "/a%5Cb", "/a\\b", "/a/..;/b", "/a/.;x/b", "/a/..%3b/b", "/a#b", "/a%23b", "/a%00b", "/a%zz", "/a%2", "/%252e%252e/b", "/a//../b",
                                  "/a/%c0%ae%c0%ae/b", "/a%c0%afb", "/a%c1%9cb", "/a/%e0%80%ae./b", "/a%e0%80%afb", "/%f0%80%80%ae%f0%80%80%ae/b", "/a%fc%80%80%80%80%afb",
                                  "/a/%e9/../b", "/a%ff", "/%25252e%25252e/b", "/%25c0%25ae/b", "/%25u002e/b", "/%u002e%u002e/b", "/\u00e9", "/\u0301/admin", "/a/../\u0301x", "/a\u2215b", "/a\u2024/b"])
def test_a_path_that_others_may_read_differently_is_refused(path, tmp_path):
    file = tmp_path / "open.yaml"
    file.write_text("- {anonymous: true}\n")
    answer, = dextra_says(file, [Question("GET", "a.example", path, (), "127.0.0.1", None, None, 1)], "MERGE_SLASHES")
    assert not answer["allowed"] and answer["path"] is None


@pytest.mark.parametrize("path", ["/%e2%80%a4%e2%80%a4/b", "/%ef%bc%8e%ef%bc%8e/b", "/a%e2%88%95b", "/a%ef%bc%8fb", "/%C3%A9", "/%f0%9f%98%80", "/100%25", "/a;v=1/b"])
def test_what_only_looks_like_a_dot_or_a_slash_stays_what_it_is(path, tmp_path):
    file = tmp_path / "open.yaml"
    file.write_text("- {anonymous: true}\n")
    answer, = dextra_says(file, [Question("GET", "a.example", path, (), "127.0.0.1", None, None, 1)], "MERGE_SLASHES")
    assert answer["allowed"] and answer["path"] == path


@pytest.mark.parametrize("path, allowed", [("/admin", False), ("/admin;x=1", False), ("/admin;/secret", False), ("/;x/admin/secret", False), ("/admin/;y/secret", False),
                                           ("/open;x=1", True), ("/open;x=1/y", True), ("/adm%3Bin", True)])
def test_parameters_are_no_way_around_a_policy(path, allowed, tmp_path):
    """Tomcat, Jetty and Spring take `/admin;x` for `/admin`."""
    file = tmp_path / "policies.yaml"
    file.write_text("- {path: '/admin/*', deny: everybody}\n- {anonymous: true}\n")
    answer, = dextra_says(file, [Question("GET", "a.example", path, (), "127.0.0.1", None, None, 1)], "MERGE_SLASHES")
    assert answer["allowed"] is allowed


@pytest.mark.parametrize("host", ["a.example..", "a.example.", "a.example:", "a.example:080", "a.example:0", "[::1", "a..example", "a.example%2f", "a.example,b.example"])
def test_what_is_no_host_is_not_some_other_host(host, tmp_path):
    file = tmp_path / "policies.yaml"
    file.write_text("- {host: a.example, deny: everybody}\n- {anonymous: true}\n")
    done = dextra("policy", "explain", "--policy", file, "--batch", input=Question("GET", host, "/", (), "127.0.0.1", None, None, 1).json() + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.code != 0 and not answers or [answer["allowed"] for answer in answers] == [False], done.text
