import Edge
import Testing

@testable import EdgeServer

@Suite struct RedirectTests {
    private static let request = EdgeRequest(scheme: "https", host: "app.example:8443", path: "/a")

    private func location(_ written: String) -> String? {
        var answer = EdgeAnswer(status: 302)
        answer.clientHeaders = [.init("vary", "/"), .init("location", written)]
        let resolved = ForwardAuthRoutes.resolved(answer, at: Self.request)
        #expect(resolved.clientHeaders.first == .init("vary", "/"))
        return resolved.clientHeaders.last?.value
    }

    @Test(
        arguments: [
            ("/oauth2/start?rd=%2Fa", "https://app.example:8443/oauth2/start?rd=%2Fa"),
            ("https://login.example/oauth2/start?rd=%2Fa", "https://login.example/oauth2/start?rd=%2Fa"),
        ])
    func `A login at the host that was asked becomes a whole address for a proxy that would take it for its own`(
        _ written: String, _ expected: String
    ) {
        #expect(location(written) == expected)
    }

    @Test func `Only Traefik does so, and nginx passes none on`() {
        #expect(ProxyDialect.allCases.filter(\.resolvesRedirects) == [.traefik])
        #expect(ProxyDialect.allCases.filter { !$0.passesRedirects } == [.nginx, .ingressNginx])
    }
}
