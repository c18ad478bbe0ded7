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
        ("/%c3%a9", "/%c3%a9"), ("/%F0%9F%98%80", "/%F0%9F%98%80"), ("/%ed%9f%bf", "/%ed%9f%bf"),
        // Full-width and other dots and slashes are characters of their own, whatever they look like.
        ("/%e2%80%a4%e2%80%a4/b", "/%e2%80%a4%e2%80%a4/b"), ("/%EF%BC%8E/b", "/%EF%BC%8E/b"),
        ("/a%E2%88%95b", "/a%E2%88%95b"), ("/100%25", "/100%25"), ("/%2541", "/%2541"), ("/%25C3%25A9", "/%25C3%25A9"),
        ("/%25", "/%25"), ("/%2525", "/%2525"), ("/a/%2e", "/a/"), ("/v1/models/m:predict", "/v1/models/m:predict"),
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

    @Test(arguments: [
        "%c0%ae", "%C0%AE%c0%ae", "%c0%af", "%c1%9c", "%c0%80", "%c0%2e", "%c0.", "%c1%1c", "%e0%80%ae", "%e0%80%af", "%e0%9f%bf",
        "%f0%80%80%ae", "%f0%80%80%af", "%f0%8f%bf%bf", "%f8%80%80%80%ae", "%fc%80%80%80%80%ae", "%fe", "%ff", "%e9", "%e9/x",
        "%80", "%ae", "%bf", "%c3", "%c3%c3%a9", "%c3%a9%a9", "%e2%80", "%e2%80/", "%ed%a0%80", "%ed%bf%bf", "%f4%90%80%80",
        "%f5%80%80%80", "%c3%", "%c3%zz",
    ]) func `Escaped bytes that are no UTF-8 are refused: a lenient reader sees a dot or slash, or loses one`(text: String) {
        for normalization in EdgePath.Normalization.allCases where normalization != .none {
            for path in ["/" + text, "/a/" + text, "/a/" + text + "/secret", "/a" + text + "b"] {
                #expect(throws: EdgePath.Refusal.notUTF8, "\(path) \(normalization)") { try EdgePath(path, normalization) }
            }
        }
    }

    @Test func `Every escaped character of UTF-8 passes, and no other bytes do`() {
        var random = SeededRandom(20261)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...4, using: &random)).map { _ in UInt8.random(in: 0x80...0xFF, using: &random) }
            let path = "/a" + bytes.map { "%" + String($0, radix: 16) }.joined() + "/b"
            let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
            #expect((normal(path) == path) == isUTF8, "\(path)")
        }
        for value in UInt32(0x80)..<0x11_0000 {
            guard value % 97 == 0 || value < 0x900, let scalar = Unicode.Scalar(value) else { continue }
            let path = "/" + String(scalar).utf8.map { "%" + String($0, radix: 16) }.joined()
            #expect(normal(path) == path)
        }
    }

    @Test(arguments: [
        "/\u{e9}", "/a/\u{301}/b", "/a/../\u{301}x", "/\u{301}", "/a b", "/a\tb", "/a\r", "/\u{7f}", "/\u{85}", "/\u{fffd}",
        "/a\u{200d}/..",
    ]) func `What must be escaped and is not is refused by every normalization`(path: String) {
        for normalization in EdgePath.Normalization.allCases {
            #expect(throws: EdgePath.Refusal.rawByte) { try EdgePath(path, normalization) }
        }
    }

    @Test(arguments: [
        "/%25252e%25252e/a", "/%2525252fa", "/%25c0%25ae/a", "/%25%63%30", "/%25C1%259C", "/%25e0%2580%25af",
        "/%25f0%2580%2580%25ae",
        "/%25u002e%25u002e/a", "/%25U002fa", "/%2525u005ca", "/%2500", "/%25u0000", "/%255c",
    ]) func `A mark that is escaped more than once is refused`(path: String) {
        if path == "/%25%63%30" {
            // Decoded twice this is `%c0`, but only decoded once is it an escape: nobody decodes parts of an escape.
            #expect(normal(path) == "/%25c0")
        } else {
            #expect(throws: EdgePath.Refusal.doubleEscape) { try EdgePath(path, .base) }
        }
    }

    @Test(arguments: ["/%u002e%u002e/a", "/%u2215", "/a%", "/%x2e"]) func `Other escapes than those of RFC 3986 are refused`(
        path: String
    ) {
        #expect(throws: EdgePath.Refusal.badEscape) { try EdgePath(path, .mergeSlashes) }
    }

    @Test(arguments: [
        ("/", true), ("/a/b", true), ("/a%20b", true), ("/%c3%a9", true), ("/a//b", false), ("//pub/admin/x", false),
        ("/a/./b", false),
        ("/%61", false), ("/a/..", false), ("/a|b", false), ("/a/", true), ("/.well-known/x", true), ("/a/...", true),
        ("/a;v=1", true),
    ]) func `It is known whether the judged path is the one that was sent`(path: String, isAsSent: Bool) throws {
        #expect(try EdgePath(path, .mergeSlashes).isAsSent == isAsSent)
        #expect(try EdgePath(path, .none).isAsSent)
    }

    @Test func `What is as it was sent is so byte by byte, and what is judged once is judged the same again`() throws {
        var random = SeededRandom(20262)
        let words = ["a", "/", "/", ".", "..", "%2e", "%2F", "%41", "%c3%a9", ";", "|", "~", "%7e", "//", "%25", "\\"]
        for _ in 0..<20_000 {
            let path =
                "/" + (0..<Int.random(in: 0...8, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            for normalization in EdgePath.Normalization.allCases {
                guard let judged = try? EdgePath(path, normalization) else { continue }
                #expect(judged.isAsSent == judged.text.utf8.elementsEqual(path.utf8), "\(path)")
                guard let again = try? EdgePath(judged.text, normalization) else { continue }
                #expect(again.isAsSent, "\(path) \(judged.text) \(again.text)")
            }
        }
    }
}
