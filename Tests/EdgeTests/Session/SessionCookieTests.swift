import Testing

@testable import Edge

struct SessionCookieTests {
    @Test(arguments: [
        (SessionCookie(name: "edge", isSecure: true), "__Host-edge=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"),
        (SessionCookie(name: "edge", isSecure: false), "edge=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"),
        (
            SessionCookie(name: "edge", domain: "example.com", isSecure: true, sameSite: .none),
            "edge=v; Path=/; Domain=example.com; Max-Age=60; HttpOnly; Secure; SameSite=None"
        ),
        (
            SessionCookie(exactly: "_oauth2_proxy", isSecure: true, sameSite: .strict),
            "_oauth2_proxy=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict"
        ),
    ])
    func `A cookie is as safe as it can be`(_ cookie: SessionCookie, _ expected: String) {
        #expect(cookie.fields(setting: "v", maximumAge: 60, present: []) == [expected])
    }

    private let cookie = SessionCookie(name: "edge", isSecure: true)

    @Test(arguments: [1, 3000, 4100, 12_000, 30_000])
    func `A large value travels in pieces and comes back whole`(_ count: Int) throws {
        let value = String((0..<count).map { "abcdefghij"[.init(utf16Offset: $0 % 10, in: "abcdefghij")] })
        let fields = try #require(cookie.fields(setting: value, maximumAge: 86_400, present: []))
        #expect(fields.allSatisfy { $0.utf8.count <= 4000 })
        let sent = fields.map { String($0.prefix { $0 != ";" }) }.joined(separator: "; ")
        #expect(EdgeCookies.chunked("__Host-edge", in: ["cookie": sent]) == value)
        #expect(fields[0].hasPrefix(count > 3900 ? "__Host-edge_0=" : "__Host-edge="))
    }

    @Test func `More than browsers and proxies bear is refused`() {
        #expect(cookie.fields(setting: String(repeating: "x", count: 40_000), maximumAge: 1, present: []) == nil)
    }

    @Test func `Pieces of a larger value before are deleted`() throws {
        let present = ["__Host-edge_0", "__Host-edge_1", "__Host-edge_2", "__Host-edge_login_abcdefgh", "other_0"]
        let fields = try #require(cookie.fields(setting: "v", maximumAge: 1, present: present))
        #expect(
            fields.dropFirst().map { String($0.prefix { $0 != ";" }) } == ["__Host-edge_0=", "__Host-edge_1=", "__Host-edge_2="])
        #expect(fields.dropFirst().allSatisfy { $0.contains("Max-Age=0") })
        let large = String(repeating: "x", count: 5000)
        let chunked = try #require(cookie.fields(setting: large, maximumAge: 1, present: present + ["__Host-edge"]))
        #expect(
            chunked.filter { $0.contains("Max-Age=0") }.map { String($0.prefix { $0 != "=" }) } == [
                "__Host-edge_2", "__Host-edge",
            ])
    }

    @Test(
        arguments: [
            ("edge=a; edge=b", ""), ("edge=a; edge=a", "a"), ("edge=a; edge_0=b", ""), ("edge_0=a; edge_1=b", "ab"),
            ("edge_0=a; edge_1=b; edge_1=c", ""), ("edge_1=b", nil), ("edgy=a", nil), ("edge_0=a; edge_2=c", "a"),
        ] as [(String, String?)])
    func `A cookie that a sibling host tossed in makes no session of its own`(_ sent: String, _ expected: String?) {
        #expect(EdgeCookies.chunked("edge", in: ["cookie": sent]) == expected)
    }
}
