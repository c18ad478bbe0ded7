import FoundationEssentials
import JOSE
import Testing

@testable import Edge

/// Each condition of an AuthorizationPolicy's rule by itself.
@Suite struct IstioConditionTests {
    private static let ann = EdgeIdentity(
        evidence: .bearer, issuer: "https://sso.example/dex", subject: "ann", audiences: ["web", "api"],
        claims: ["team": "blue", "realm": ["roles": ["admin"]]], expiresAt: .distantFuture)

    private func fit(
        _ subject: IstioTest.Subject, _ request: EdgeRequest, _ identity: EdgeIdentity? = nil, not isNegated: Bool = false
    ) -> IstioTest.Fit {
        return IstioTest("a condition", subject, isNegated: isNegated).fit(
            IstioJudged(
                request: request, identity: identity, host: request.host.lowercased(), path: request.path,
                spaceDelimited: SpaceDelimitedClaims(), passedHeaders: [:], assertionHeader: nil))
    }

    /// Whether it holds; `not` must say the opposite.
    private func holds(_ subject: IstioTest.Subject, _ request: EdgeRequest, _ identity: EdgeIdentity? = nil) -> Bool {
        let (fits, opposite) = (fit(subject, request, identity), fit(subject, request, identity, not: true))
        #expect((fits == .yes && opposite == .no) || (fits == .no && opposite == .yes))
        return fits == .yes
    }

    @Test(
        arguments: [
            (.principal(.exact("cluster.local/ns/default/sa/web")), "cluster.local/ns/default/sa/web", true),
            (.principal(.exact("cluster.local/ns/default/sa/web")), "spiffe://cluster.local/ns/default/sa/web", true),
            (.principal(.exact("cluster.local/ns/default/sa/web")), "cluster.local/ns/default/sa/web2", false),
            (.principal(.prefix("cluster.local/ns/default/")), "cluster.local/ns/default/sa/web", true),
            (.principal(.prefix("cluster.local/ns/default/")), "evil.local/ns/default/sa/web", false),
            (.principal(.suffix("/sa/web")), "evil.local/ns/x/sa/web", true),
            (.principal(.suffix("/sa/web")), "cluster.local/ns/default/sa/web2", false),
            (.principal(.present), "x", true), (.principal(.present), "", false), (.principal(.present), nil, false),
            (.principal(.present), "spiffe://", false),
            (.namespace("default"), "cluster.local/ns/default/sa/web", true),
            (.namespace("default"), "cluster.local/ns/default2/sa/web", false),
            (.namespace("default"), "cluster.local/ns/default", false),
            (.namespace("default"), "cluster.local/ns/other/sa/default", false), (.namespace("default"), nil, false),
            (.namespace("def*"), "cluster.local/ns/default/sa/web", true),
            (.namespace("def*"), "cluster.local/ns/de/sa/web", false),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/default/sa/web", true),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/default/more/sa/web", true),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/default/sa/web/more", true),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/default/sa/web2", false),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/default/xsa/web", false),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/other/sa/web", false),
            (.serviceAccount(namespace: "default", name: "web"), "cluster.local/ns/default/sa/web/", false),
            (.serviceAccount(namespace: "default", name: "web"), nil, false),
            (.trustDomain("cluster.local"), "cluster.local/ns/default/sa/web", true),
            (.trustDomain("cluster.local"), "cluster.local.evil/ns/default/sa/web", false),
            (.trustDomain("cluster.local"), "evil/cluster.local", false), (.trustDomain("cluster.local"), nil, false),
            (.trustDomain("*.local"), "cluster.local/ns/default/sa/web", true),
            (.trustDomain("*.local"), "cluster.evil/ns/default/sa/x.local", false), (.trustDomain("*"), "any/ns/a/sa/b", true),
        ] as [(IstioPeer, String?, Bool)])
    func `Peers are named by what mutual TLS proved`(peer: IstioPeer, principal: String?, expected: Bool) {
        #expect(holds(.peers([peer]), EdgeRequest(host: "a", peerPrincipal: principal)) == expected)
    }

    @Test(arguments: [
        ("https://sso.example/dex/ann", true), ("https://sso.example/dex/bob", false), ("https://sso.evil/dex/ann", false),
        ("*", true), ("*/ann", true), ("*/bob", false), ("*.example/dex/ann", true), ("*.evil/dex/ann", false),
        ("*sso.example/dex/ann", true),
        ("*sso.evil/dex/ann", false), ("https://sso.example/dex/*", true), ("https://sso.evil/dex/*", false),
        ("https://sso.example/dex/a*", true), ("https://sso.example/dex/b*", false),
    ])
    func `Request principals are issuer and subject`(text: String, expected: Bool) {
        let request = EdgeRequest(host: "a")
        #expect(holds(.requestPrincipals([RequestPrincipal(text)]), request, Self.ann) == expected)
        #expect(!holds(.requestPrincipals([RequestPrincipal(text)]), request))
    }

    @Test func `Audiences and claims are of the token, and nobody has any`() {
        let request = EdgeRequest(host: "a")
        #expect(holds(.audiences([.exact("x"), .exact("api")]), request, Self.ann))
        #expect(!holds(.audiences([.exact("x")]), request, Self.ann))
        #expect(!holds(.audiences([.present]), request))
        let nested = ClaimCondition(["realm", "roles"], [.text(.exact("admin"))])
        #expect(holds(.claim(nested), request, Self.ann))
        #expect(!holds(.claim(ClaimCondition(["realm", "roles"], [.text(.exact("root"))])), request, Self.ann))
        #expect(!holds(.claim(ClaimCondition(["team", "roles"], [.text(.exact("blue"))])), request, Self.ann))
        #expect(!holds(.claim(nested), request))
    }

    @Test func `The three addresses are not mixed up, and one that nobody told is unknown`() {
        let block = { (last: UInt8) in [AddressBlock(network: [10, 0, 0, last], prefixLength: 32)] }
        let request = EdgeRequest(
            host: "a", clientAddress: "10.0.0.1", peerAddress: "10.0.0.2", destinationAddress: "10.0.0.3")
        let addresses: [(IstioTest.Address, UInt8)] = [(.client, 1), (.peer, 2), (.destination, 3)]
        for (which, own) in addresses {
            for last in 1...3 as ClosedRange<UInt8> {
                #expect(holds(.addresses(which, block(last)), request) == (last == own))
            }
            for isNegated in [false, true] {
                #expect(fit(.addresses(which, block(own)), EdgeRequest(host: "a"), not: isNegated) == .unknown)
            }
        }
    }

    @Test func `What only some proxies tell is unknown with others`() {
        let told = EdgeRequest(host: "a", destinationPort: 443, serverName: "a.example")
        #expect(holds(.ports([80, 443]), told) && !holds(.ports([80]), told))
        #expect(holds(.serverName([.suffix(".example")]), told) && !holds(.serverName([.exact("b.example")]), told))
        for isNegated in [false, true] {
            #expect(fit(.ports([443]), EdgeRequest(host: "a"), not: isNegated) == .unknown)
            #expect(fit(.serverName([.present]), EdgeRequest(host: "a"), not: isNegated) == .unknown)
        }
    }

    @Test func `Hosts, methods and paths are compared whole`() {
        let request = EdgeRequest(method: "GET", host: "A.example:8443", path: "/a/b")
        #expect(holds(.hosts([.exact("a.example:8443")]), request) && !holds(.hosts([.exact("a.example")]), request))
        #expect(holds(.methods([.exact("PUT"), .exact("GET")]), request) && !holds(.methods([.exact("GE")]), request))
        #expect(holds(.paths([.text(.prefix("/a/"))]), request) && !holds(.paths([.text(.exact("/a"))]), request))
        let template = IstioPath.template(PathPattern([.text(Array("/a/".utf8)), .segment]), "/a/{*}")
        #expect(holds(.paths([template]), request))
        for path in ["/a/", "/a/b/c", "/b/b", "/a/[b]"] {
            #expect(!holds(.paths([template]), EdgeRequest(host: "a", path: path)))
        }
    }

    @Test(
        arguments: [
            ("x-role", [.exact("admin")], true), ("x-role", [.exact("adm")], false), ("x-role", [.exact("user")], true),
            ("x-empty", [.present], true), ("x-absent", [.present], false), ("x-absent", [.exact("")], false),
            // Not what a header of that name claims.
            ("host", [.exact("evil.example")], false), ("host", [.exact("a.example")], true),
            (":authority", [.exact("a.example")], true), (":method", [.exact("GET")], true), (":method", [.exact("PUT")], false),
            (":scheme", [.exact("https")], true), (":path", [.exact("/a?b=c")], true), (":path", [.exact("/a")], false),
        ] as [(String, [TextPattern], Bool)])
    func `Headers, each of several, and those that begin with a colon`(name: String, values: [TextPattern], expected: Bool) {
        let headers = EdgeHeaders([
            (name: "x-role", value: "user"), (name: "x-role", value: "admin"), (name: "x-empty", value: ""),
            (name: "host", value: "evil.example"),
        ])
        let request = EdgeRequest(host: "a.example", path: "/a", query: "b=c", headers: headers)
        #expect(holds(.header(name, values), request) == expected)
    }
}
