import Bytes
import HTTPTypes
import Testing

@testable import Web

@Suite("Security headers")
struct SecurityHeadersTests {
    @Test("are on every answer")
    func defaults() throws {
        var response = WebResponse.html("<p>")
        try SecurityHeaders(https: true).apply(to: &response)
        #expect(response.headers[.xContentTypeOptions] == "nosniff")
        #expect(response.headers[try name("Referrer-Policy")] == "no-referrer")
        #expect(response.headers[try name("Cross-Origin-Opener-Policy")] == "same-origin")
        #expect(response.headers[.contentSecurityPolicy] == "frame-ancestors 'none'")
        #expect(response.headers[.cacheControl] == "no-store")
        #expect(response.headers[.strictTransportSecurity]?.hasPrefix("max-age=") == true)
    }

    @Test("leave what the route says, and add HSTS and page policies only where they belong")
    func routeWins() throws {
        var response = WebResponse.json(serialized: [])
        response.headers[.cacheControl] = "max-age=600"
        try SecurityHeaders(https: false).apply(to: &response)
        #expect(response.headers[.cacheControl] == "max-age=600")
        #expect(response.headers[.strictTransportSecurity] == nil)
        #expect(response.headers[.contentSecurityPolicy] == nil)
    }

    @Test("of the configuration win over both")
    func overrides() throws {
        var response = WebResponse.html("")
        response.headers[.contentSecurityPolicy] = "default-src 'self'"
        try SecurityHeaders(
            https: true, overrides: ["Content-Security-Policy": "x", "Strict-Transport-Security": "y", "X-Frame-Options": "DENY"]
        )
        .apply(to: &response)
        #expect(response.headers[.contentSecurityPolicy] == "x")
        #expect(response.headers[.strictTransportSecurity] == "y")
        #expect(response.headers[try name("X-Frame-Options")] == "DENY")
    }

    @Test(
        "are refused when they would break the message",
        arguments: [
            ("X-Frame-Options", "a\r\nb", SecurityHeadersError.invalidValue(name: "X-Frame-Options")),
            ("a b", "c", .invalidName("a b")),
        ])
    func refused(header: String, value: String, error: SecurityHeadersError) {
        #expect(throws: error) { try SecurityHeaders(https: true, overrides: [header.exact: value]) }
    }

    private func name(_ text: String) throws -> HTTPField.Name {
        try #require(HTTPField.Name(text))
    }
}
