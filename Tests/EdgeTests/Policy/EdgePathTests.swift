import Testing

@testable import Edge

@Suite struct EdgePathTests {
    private func normal(_ path: String, _ normalization: EdgePath.Normalization = .mergeSlashes) -> String? {
        try? EdgePath(path, normalization).text
    }

    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("/a/./b/", "/a/b/"), ("/a/../b", "/b"), ("/../a", "/a"), ("/a/..", "/"),
        ("/a/%2e%2E/b", "/b"), ("/%61%2Db", "/a-b"), ("/a%20b", "/a%20b"), ("/a//b///c", "/a/b/c"), ("//a", "/a"),
        ("/a...", "/a..."), ("/.a", "/.a"), ("/..a", "/..a"), ("/A/a", "/A/a"), ("/a;v=1/b", "/a;v=1/b"), ("/a.", "/a."),
        ("/é", "/%C3%A9"), ("/%c3%a9", "/%c3%a9"), ("/a/%2e", "/a/"), ("/v1/models/m:predict", "/v1/models/m:predict"),
    ]) func `A path becomes what Envoy makes of it`(path: String, expected: String) {
        #expect(normal(path) == expected)
    }

    @Test func `Slashes are merged, and escaped ones decoded, only where the proxy does it`() {
        #expect(normal("/a//b", .base) == "/a//b")
        #expect(normal("/a//./b", .none) == "/a//./b")
        #expect(normal("/a%2Fb%5cc\\d", .decodeAndMergeSlashes) == "/a/b/c/d")
        #expect(normal("/a%2f%2e%2e%2Fb", .decodeAndMergeSlashes) == "/b")
    }

    @Test(
        arguments: [
            ("a", .notAbsolute), ("", .notAbsolute), ("*", .notAbsolute), ("/a#b", .fragment), ("/a%23b", .fragment),
            ("/a%00", .nul), ("/a%zz", .badEscape), ("/a%2", .badEscape), ("/a%2fb", .hiddenSlash), ("/a%5Cb", .hiddenSlash),
            ("/a\\b", .hiddenSlash), ("/a/..;/b", .dotSegmentWithParameter), ("/a/.;x/b", .dotSegmentWithParameter),
            ("/a/%2e%2e;/b", .dotSegmentWithParameter), ("/a/..%3b/b", .dotSegmentWithParameter), ("/a%252fb", .doubleEscape),
            ("/%252e%252e/a", .doubleEscape), ("/a//../b", .emptyAndDotSegments),
        ] as [(String, EdgePath.Refusal)]) func `A path that can be taken for another one is refused`(
            path: String, refusal: EdgePath.Refusal
        )
    {
        #expect(throws: refusal) { try EdgePath(path, .mergeSlashes) }
        #expect(throws: refusal) { try EdgePath(path, .base) }
    }
}
