import Testing

@testable import Edge

struct ChallengeRuleTests {
    private static let chrome: EdgeHeaders = [
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "sec-fetch-mode": "navigate",
    ]

    private static func with(_ name: String, _ value: String) -> EdgeHeaders {
        var headers = chrome
        headers.replace(name, value)
        return headers
    }

    @Test(
        arguments: [
            ("GET", "/", chrome, .login), ("HEAD", "/", chrome, .login),
            ("POST", "/", chrome, .unauthorized), ("PUT", "/", chrome, .unauthorized), ("OPTIONS", "/", chrome, .unauthorized),
            ("GET", "/", with("authorization", "Bearer wrong"), .unauthorized),
            ("GET", "/", with("authorization", "Basic eDp5"), .unauthorized),
            ("GET", "/", with("proxy-authorization", "Bearer wrong"), .unauthorized),
            ("GET", "/", with("x-requested-with", "XMLHttpRequest"), .unauthorized),
            ("GET", "/", with("upgrade", "websocket"), .unauthorized),
            ("GET", "/", with("sec-fetch-mode", "websocket"), .unauthorized),
            ("GET", "/", with("sec-fetch-mode", "cors"), .unauthorized),
            ("GET", "/", with("sec-fetch-mode", "no-cors"), .unauthorized),
            ("GET", "/api/models", chrome, .unauthorized), ("GET", "/api", chrome, .login),
            ("GET", "/v2/models", chrome, .unauthorized),
            ("GET", "/v2/models/x", chrome, .login),
            ("GET", "/", ["accept": "text/html"], .login), ("GET", "/", ["accept": "application/json, text/html"], .login),
            ("GET", "/", ["accept": "application/json"], .unauthorized),
            ("GET", "/", ["accept": "application/json, */*"], .unauthorized),
            ("GET", "/", ["accept": "*/*"], .login), ("GET", "/", ["accept": "image/png"], .unauthorized),
            ("GET", "/", [:], .unauthorized),
        ] as [(String, String, EdgeHeaders, ChallengeRule.Challenge)])
    func `A login is for people who look at a page`(
        _ method: String, _ path: String, _ headers: EdgeHeaders, _ expected: ChallengeRule.Challenge
    ) {
        let rule = ChallengeRule(apiRoutes: ["/api/", "/v2/models"])
        #expect(rule.challenge(EdgeRequest(method: method, host: "a.example", path: path, headers: headers)) == expected)
    }

    @Test func `Programs that take everything can be told to bring a token`() {
        let request = EdgeRequest(host: "a.example", headers: ["accept": "*/*"])
        #expect(ChallengeRule(anyAccept: .unauthorized).challenge(request) == .unauthorized)
    }

    @Test func `The address of the login leads back to the page`() {
        let request = EdgeRequest(
            scheme: "https", host: "a.example", path: "/a%20b", query: "c=d&e", headers: ["accept": "text/html"])
        #expect(LoginEntry(prefix: "/oauth2").loginURL(for: request) == "/oauth2/start?rd=%2Fa%2520b%3Fc%3Dd%26e")
        #expect(
            LoginEntry(prefix: "/oauth2", origin: "https://login.example").loginURL(for: request)
                == "https://login.example/oauth2/start?rd=https%3A%2F%2Fa.example%2Fa%2520b%3Fc%3Dd%26e")
        #expect(
            LoginEntry(prefix: "/oauth2", showsPage: true).loginURL(for: request)
                == "/oauth2/sign_in?rd=%2Fa%2520b%3Fc%3Dd%26e")
        var post = request
        post.method = "POST"
        #expect(LoginEntry(prefix: "/oauth2").loginURL(for: post) == nil)
    }
}
