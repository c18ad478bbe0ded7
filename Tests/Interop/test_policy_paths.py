"""Paths as policies see them are those that Envoy routes by, for each of its normalizations; what is ambiguous is refused."""
import random

import pytest

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
NASTY = ["//", "%2f", "%2F", "%5c", "%5C", "\\", "..;", ".;x", "%2e%2e", "%23", "%3f", "%25", "%252e", "%252f", "%00", "%", "%4", "%zz", "|", "^", "{", "\"", "%3B"]
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


@pytest.mark.parametrize("path", ["/a%2fb", "/a%5Cb", "/a\\b", "/a/..;/b", "/a/.;x/b", "/a/..%3b/b", "/a#b", "/a%23b", "/a%00b", "/a%zz", "/a%2", "/%252e%252e/b", "/a//../b"])
def test_a_path_that_others_may_read_differently_is_refused(path, tmp_path):
    file = tmp_path / "open.yaml"
    file.write_text("- {anonymous: true}\n")
    answer, = dextra_says(file, [Question("GET", "a.example", path, (), "127.0.0.1", None, None, 1)], "MERGE_SLASHES")
    assert not answer["allowed"] and answer["path"] is None
