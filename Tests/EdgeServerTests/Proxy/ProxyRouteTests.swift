import Testing

@testable import EdgeServer

@Suite struct ProxyRouteTests {
    private func routes(_ all: [(host: String?, path: String, name: String)]) throws -> ProxyRoutes {
        ProxyRoutes(
            try all.map { route in
                ProxyRoute(
                    host: route.host, path: route.path,
                    upstream: try ProxyUpstream(name: route.name, scheme: .http, host: "127.0.0.1", port: 1))
            })
    }

    @Test(arguments: [
        ("a.example", "/", "exact"), ("a.example", "/v1", "exact/v1"), ("a.example", "/v1/models", "exact/v1"),
        ("a.example", "/v10", "exact"), ("b.example", "/v1/x", "star"), ("x.b.example", "/", "star.b"),
        ("example", "/", "any"), ("other", "/v1", "any/v1"), ("a.example.", "/", "exact"), ("evila.example", "/", "star"),
    ])
    func `The most exact host wins, then the longest path`(_ host: String, _ path: String, _ name: String) throws {
        let routes = try routes([
            (nil, "/", "any"), (nil, "/v1", "any/v1"), ("*.example", "/", "star"), ("*.b.example", "/", "star.b"),
            ("a.example", "/", "exact"), ("a.example", "/v1", "exact/v1"),
        ])
        #expect(routes.route(host: host[...], path: path)?.upstream.name == name)
    }

    @Test func `A host that nobody serves has no route`() throws {
        let routes = try routes([("a.example", "/v1", "a")])
        #expect(routes.route(host: "b.example", path: "/v1") == nil)
        #expect(routes.route(host: "a.example", path: "/v2") == nil)
    }

    @Test(arguments: [
        ("/m/a%20b", "x=%2F", "/a%20b?x=%2F"), ("/m", "", "/"), ("/m/", "", "/"), ("/m//a", "", nil), ("/m///a", "", nil),
        ("/%6d/a", "", nil),
    ])
    func `A prefix is taken off where it is, and nothing is left that some take for a host`(
        _ path: String, _ query: String, _ target: String?
    ) throws {
        let upstream = try ProxyUpstream(name: "m", scheme: .http, host: "127.0.0.1", port: 1)
        #expect(ProxyRoute(path: "/m", upstream: upstream, stripsPrefix: true).target(path: path, query: query) == target)
    }

    @Test func `No more requests are under way than a backend may have`() throws {
        var limits = ProxyUpstream.Limits()
        limits.requests = 2
        let upstream = try ProxyUpstream(name: "m", scheme: .http, host: "127.0.0.1", port: 1, limits: limits)
        #expect(upstream.enter() && upstream.enter())
        #expect(!upstream.enter())
        upstream.leave()
        #expect(upstream.enter())
        #expect(upstream.requestsUnderWay == 2)
    }
}
