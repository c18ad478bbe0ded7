import Bytes
import HTTPTypes
import Testing

@testable import Web

@Suite("The route table")
struct RouteTableTests {
    private let table = RouteTable([
        route([.get], "/dex"), route([.get, .post], "/dex/auth"), route([.get], "/dex/auth/{connector}"),
        route([.get], "/dex/auth/{connector}/login"), route([.post], "/dex/auth/{connector}/login"),
        route(nil, "/dex/keys"), route([.post], "/dex/token", cors: true), route([.get], "/dex/auth/special"),
    ])

    private static func route(_ methods: [HTTPRequest.Method]?, _ pattern: String, cors: Bool = false) -> Route {
        Route(methods, pattern, audience: .people, cors: cors) { _ in .empty(.ok) }
    }

    @Test(
        "finds the route of an exact path",
        arguments: [
            (.get, "/dex", "/dex", [:]),
            (.post, "/dex/auth", "/dex/auth", [:]),
            (.head, "/dex/auth", "/dex/auth", [:]),
            (.get, "/dex/auth/local", "/dex/auth/{connector}", ["connector": "local"]),
            (.get, "/dex/auth/my%20ldap%2F1", "/dex/auth/{connector}", ["connector": "my ldap/1"]),
            (.get, "/dex/auth/special", "/dex/auth/special", [:]),
            (.post, "/dex/auth/x/login", "/dex/auth/{connector}/login", ["connector": "x"]),
            (.delete, "/dex/keys", "/dex/keys", [:]),
        ] as [(HTTPRequest.Method, String, String, [ExactText: String])])
    func found(method: HTTPRequest.Method, path: String, pattern: String, parameters: [ExactText: String]) throws {
        guard case .route(let route, let found) = table.match(method, path) else {
            Issue.record("no route")
            return
        }
        #expect(route.pattern == pattern)
        #expect(found == parameters)
    }

    @Test(
        "finds nothing for any other path",
        arguments: [
            "/", "", "/dex/", "/dex/auth/", "/Dex", "/dex/auth/x/", "/dex/auth/x/login/", "/dex//auth", "/dex/auth//login",
            "/dex/auth/%", "/dex/auth/%00", "/dex/auth/%FF", "/dex/./auth", "/dex/keys?x",
        ])
    func missing(path: String) {
        guard case .notFound = table.match(.get, path) else {
            Issue.record("found \(path)")
            return
        }
    }

    @Test(
        "says which methods a path takes",
        arguments: [
            ("/dex", ["GET", "HEAD"], false), ("/dex/token", ["POST"], true),
            ("/dex/auth/x/login", ["GET", "HEAD", "POST"], false),
        ])
    func allowed(path: String, methods: [String], cors: Bool) {
        guard case .methodNotAllowed(let allowed, _, let foundCORS, _) = table.match(.delete, path) else {
            Issue.record("not refused")
            return
        }
        #expect(allowed.map(\.rawValue) == methods)
        #expect(foundCORS == cors)
    }
}
