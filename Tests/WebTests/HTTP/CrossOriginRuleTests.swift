import HTTPTypes
import Testing

@testable import Web

@Suite("Cross-origin requests")
struct CrossOriginRuleTests {
    static let listed = CrossOriginRule(
        allowedOrigins: ["https://a.example", "https://b.example"], allowedHeaders: ["Authorization", "DPoP"])
    static let any = CrossOriginRule(allowedOrigins: ["*"])

    @Test(
        "are allowed to the origins configured, exactly",
        arguments: [
            (listed, "https://a.example", "https://a.example", "Origin"),
            (listed, "https://c.example", nil, "Origin"),
            (listed, "https://a.example.evil", nil, "Origin"),
            (listed, nil, nil, "Origin"),
            (any, "https://c.example", "*", nil),
            (any, nil, nil, nil),
            (.none, "https://a.example", nil, nil),
        ] as [(CrossOriginRule, String?, String?, String?)])
    func allowed(rule: CrossOriginRule, origin: String?, expected: String?, vary: String?) {
        var response = WebResponse.empty(.ok)
        rule.apply(to: &response, origin: origin)
        #expect(response.headers[.accessControlAllowOrigin] == expected)
        #expect(response.headers[.vary] == vary)
        #expect(response.headers[.accessControlAllowCredentials] == nil)
    }

    @Test("ask first, and are told methods and headers")
    func preflight() throws {
        let request = WebRequest(
            method: .options, path: "/", headers: [.origin: "https://a.example", .accessControlRequestMethod: "POST"])
        let response = try #require(Self.listed.preflight(request, methods: [.post]))
        #expect(response.status == .noContent)
        #expect(response.headers[.accessControlAllowOrigin] == "https://a.example")
        #expect(response.headers[.accessControlAllowMethods] == "POST")
        #expect(response.headers[.accessControlAllowHeaders] == "Authorization, DPoP")
    }

    @Test("of a foreign origin are told nothing")
    func foreign() throws {
        let request = WebRequest(
            method: .options, path: "/", headers: [.origin: "https://evil.example", .accessControlRequestMethod: "POST"])
        let response = try #require(Self.listed.preflight(request, methods: [.post]))
        #expect(response.headers[.accessControlAllowOrigin] == nil)
        #expect(response.headers[.accessControlAllowMethods] == nil)
    }

    @Test("are no preflight without Origin, without a method, or when nothing is allowed")
    func noPreflight() {
        let origin: HTTPFields = [.origin: "https://a.example"]
        #expect(Self.listed.preflight(WebRequest(method: .options, path: "/"), methods: []) == nil)
        #expect(Self.listed.preflight(WebRequest(method: .options, path: "/", headers: origin), methods: []) == nil)
        let full: HTTPFields = [.origin: "https://a.example", .accessControlRequestMethod: "GET"]
        #expect(CrossOriginRule.none.preflight(WebRequest(method: .options, path: "/", headers: full), methods: []) == nil)
    }
}
