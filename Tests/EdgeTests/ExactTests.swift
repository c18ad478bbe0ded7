import Bytes
import FoundationEssentials
import JOSE
import Testing

@testable import Edge

/// Texts that Swift's `==` takes for the same, or cuts elsewhere than protocols do, are different here.
@Suite struct ExactTests {
    /// U+212A is canonically a K, U+037E a semicolon, U+1FEF a backtick; é is one code point or two.
    private static let twins = [
        ("Kay", "\u{212A}ay"), ("K8s-admins", "\u{212A}8s-admins"), ("a;b", "a\u{37E}b"), ("a`b", "a\u{1FEF}b"),
        ("é", "e\u{301}"),
        ("\u{C5}", "\u{212B}"), ("가", "\u{1100}\u{1161}"),
    ]

    private func holds(_ change: (inout IdentityRule) -> Void, _ identity: EdgeIdentity) -> Bool {
        var rule = IdentityRule()
        change(&rule)
        return rule.mismatch(EdgeRequest(host: "a"), identity, spaceDelimited: SpaceDelimitedClaims()) == nil
    }

    private func identity(
        issuer: String = "i", subject: String = "s", audiences: [String] = [], email: String? = nil, groups: [String] = [],
        claims: JSONObject = [:]
    ) -> EdgeIdentity {
        EdgeIdentity(
            evidence: .bearer, issuer: issuer, subject: subject, audiences: audiences, email: email, groups: groups,
            claims: claims,
            expiresAt: .distantFuture)
    }

    @Test(arguments: twins) func `A rule is for one identity, byte by byte`(text: String, twin: String) {
        for (wanted, given) in [(text, text), (text, twin), (twin, text), (twin, twin)] {
            let isSame = wanted.utf8.elementsEqual(given.utf8)
            func check(_ identity: EdgeIdentity, _ change: (inout IdentityRule) -> Void) {
                #expect(holds(change, identity) == isSame, "\(wanted.debugDescription) \(given.debugDescription)")
            }
            check(identity(issuer: given)) { $0.issuers = [TextPattern(wanted)] }
            check(identity(audiences: ["x", given])) { $0.audiences = [TextPattern(wanted)] }
            check(identity(groups: [given])) { $0.groups = [TextPattern(wanted)] }
            check(identity(groups: ["x-" + given])) { $0.groups = [TextPattern("*" + wanted)] }
            check(identity(groups: [given + "-x"])) { $0.groups = [TextPattern(wanted + "*")] }
            check(identity(email: given + "@a.example")) { $0.emails = [wanted + "@a.example"] }
            check(identity(email: "ann@" + given + ".example")) { $0.emailDomains = [wanted.asciiLowercased + ".example"] }
            check(identity(issuer: "https://i/" + given, subject: given)) {
                $0.principals = [RequestPrincipal("https://i/\(wanted)/\(wanted)")]
            }
            check(identity(claims: ["c": .string(given)])) { $0.claims = [ClaimCondition(["c"], [.text(TextPattern(wanted))])] }
            check(identity(claims: ["c": .array([.string(given)])])) {
                $0.claims = [ClaimCondition(["c"], [.text(TextPattern(wanted))])]
            }
            check(identity(claims: ["scope": .string("x \(given)")])) {
                $0.claims = [ClaimCondition(["scope"], [.text(TextPattern(wanted))])]
            }
            check(identity(claims: [given: .object([given: true])])) {
                $0.claims = [ClaimCondition([wanted, wanted], [.bool(true)])]
            }
            var policy = NativePolicy()
            policy.allow = .all
            policy.methods = [wanted]
            let request = EdgeRequest(method: given, host: "a", policySelector: given)
            #expect((PolicyList([policy]).decide(request, identity()).outcome == .allow) == isSame)
            policy.methods = []
            policy.selector = wanted
            #expect((PolicyList([policy]).decide(request, identity()).outcome == .allow) == isSame)
            #expect(
                PolicyList([policy]).explain(request, identity()).decision == PolicyList([policy]).decide(request, identity()))
            let methods = IstioTest("m", .methods([TextPattern(wanted)]))
            let istio = IstioPolicyList([IstioPolicy(name: "p", action: .allow, rules: [.init(operations: [[methods]])])])
            #expect((istio.decide(request, identity()).outcome == .allow) == isSame)
        }
    }

    @Test func `A list with a delimiter has it though a mark stands behind`() {
        let found = identity(claims: ["scope": "read \u{301}write write"])
        #expect(holds({ $0.claims = [ClaimCondition(["scope"], [.text(.exact("read"))])] }, found))
        #expect(holds({ $0.claims = [ClaimCondition(["scope"], [.text(.exact("\u{301}write"))])] }, found))
        #expect(!holds({ $0.claims = [ClaimCondition(["scope"], [.text(.exact("read \u{301}write"))])] }, found))
    }

    @Test func `A star is a star though a mark stands at it`() {
        #expect(TextPattern("*\u{301}x").matches("a\u{301}x") && !TextPattern("*\u{301}x").matches("x"))
        #expect(TextPattern("x\u{301}*").matches("x\u{301}y") && !TextPattern("x\u{301}*").matches("xy"))
        // Behind this star is something, so that it is none.
        #expect(!TextPattern("x*\u{301}").matches("xyz"))
        #expect(!RequestPrincipal("i/*\u{301}").matches(identity(subject: "ann")))
        #expect(RequestPrincipal("*\u{301}/ann").matches(identity(issuer: "a\u{301}", subject: "ann")))
        #expect(!RequestPrincipal("*\u{301}/ann").matches(identity(issuer: "a", subject: "ann")))
        #expect(RequestPrincipal("i/\u{301}ann").matches(identity(subject: "\u{301}ann")))
        #expect(IstioPeer.namespace("d*\u{301}t").matches("c/ns/d-\u{301}t/sa/x"))
        #expect(!IstioPeer.namespace("d*\u{301}t").matches("c/ns/d-t/sa/x"))
        #expect(!IstioPeer.principal(.exact("x")).matches("spiffe://\u{301}x"))
    }

    @Test(arguments: ["K", "k", "\u{212A}", "\u{17F}", "s", "é", "É", "İ", "i"])
    func `Names of headers have no case in ASCII, and any in Unicode`(letter: String) {
        let name = "x-\(letter)"
        let headers = EdgeHeaders([(name: name, value: "1")])
        for other in ["K", "k", "\u{212A}", "\u{17F}", "s", "é", "É", "e\u{301}", "İ", "i\u{307}", "i"] {
            let isSame = name.asciiLowercased.utf8.elementsEqual("x-\(other)".asciiLowercased.utf8)
            #expect(headers.contains("x-\(other)".asciiLowercased) == isSame)
            #expect((headers == EdgeHeaders([(name: "x-\(other)", value: "1")])) == isSame)
            var left = headers
            left.remove("x-\(other)")
            #expect(left.fields.isEmpty == isSame)
            #expect(headers.all("x-\(other)".asciiLowercased).isEmpty == !isSame)
        }
    }

    @Test func `Header values differ by their bytes`() {
        #expect(EdgeHeaders.Field("a", "é") != EdgeHeaders.Field("a", "e\u{301}"))
        #expect(Set([EdgeHeaders.Field("a", "K"), EdgeHeaders.Field("a", "\u{212A}")]).count == 2)
    }

    @Test func `A cookie's name and value are bytes`() {
        func session(_ cookies: String...) -> String? {
            EdgeCookies.chunked("edgeK", in: EdgeHeaders(cookies.map { (name: "cookie", value: $0) }))
        }
        #expect(session("edgeK=\u{301}v") == "\u{301}v")
        #expect(session("a=b;\u{301}edgeK=v; edgeK=w") == "w", "the first one's name begins with a mark")
        #expect(session("edgeK\u{301}=v") == nil && session("edge\u{212A}=v") == nil && session("edgeK\u{37E}=v") == nil)
        #expect(session("a=\u{301}; edgeK=v") == "v" && session("\t edgeK=v=w") == "v=w" && session("edgeK") == nil)
        #expect(session("edgeK=é", "edgeK=e\u{301}") == "", "they differ")
        #expect(session("edgeK=K; edgeK=\u{212A}") == "" && session("edgeK=K; edgeK=K") == "K")
        #expect(session("edgeK_0=a; edgeK_1=b; edgeK_1\u{301}=c") == "ab")
        let names = EdgeCookies.names(in: ["cookie": "a=1;b\u{301}=2; c=3; \u{301}d=4;e"])
        #expect(names.elementsEqual(["a", "b\u{301}", "c", "\u{301}d"]) { $0.utf8.elementsEqual($1.utf8) })
        let cookie = SessionCookie(exactly: "edgeK", isSecure: false)
        #expect(
            cookie.fieldsDeleting(present: ["edge\u{212A}", "edgeK\u{301}", "edgeK_1\u{301}", "edgeK_7", "edgeKx"]).count == 2)
    }

    @Test func `What is cut by a query's marks is cut though others stand at them`() {
        #expect(QueryText.value(of: "a", in: "b=1&\u{301}&a=2") == "2")
        #expect(QueryText.value(of: "a", in: "a=\u{301}")?.utf8.elementsEqual("\u{301}".utf8) == true)
        #expect(QueryText.value(of: "K", in: "\u{212A}=1") == nil)
    }

    @Test(
        arguments: [
            ("/\u{301}/../secret", nil), ("/\u{301}", "/%CC%81"), ("/a/\u{301}../b", "/a/%CC%81../b"),
            ("/a/..\u{301}/b", "/a/..%CC%81/b"),
            ("/a/../\u{301}b", nil), ("/oauth2/\u{301}", nil), ("/oauth2\u{301}", "/oauth2%CC%81"), ("/oauth2?\u{301}", nil),
            ("/\u{301}/evil.example", "/%CC%81/evil.example"), ("/\\\u{301}evil.example", nil),
            ("https://app.example.com/\u{301}", "https://app.example.com/%CC%81"),
            ("https://app.example.com\u{301}/", nil), ("https:/\u{301}/app.example.com/", nil),
            ("https://app.example.com/oauth2/\u{301}", nil),
            ("https://app.example.com?\u{301}", "https://app.example.com?%CC%81"), ("https://\u{212A}.example.com/", nil),
            ("https://app.example.com:443\u{301}/", nil), ("https://app.example.com#\u{301}", "https://app.example.com#%CC%81"),
        ] as [(String, String?)]) func `Targets are taken apart at bytes`(text: String, expected: String?)
    {
        let hosts = ["app.example.com", "k.example.com"].compactMap(AllowedHost.init)
        #expect(RedirectTargets(allowedHosts: hosts, prefix: "/oauth2").valid(text) == expected)
    }

    @Test(arguments: [
        "a.example\u{301}", "\u{212A}.example", "*.\u{301}a.example", "a.example:\u{301}*", "[::1]\u{301}",
        "a.example:8443\u{301}",
        ".\u{301}", "*\u{301}.a", "[::1%eth0]", "a..b", "a.example:08443", "a.example:*:*", "a.example:1:*",
    ]) func `What is no host is no allowed host`(text: String) { #expect(AllowedHost(text) == nil) }

    @Test(arguments: [
        ("a.example:*", "a.example", false), ("*.A.example:8443", "a.example", true), (".a.example", "a.example", true),
        ("[2001:DB8::1]:8443", "[2001:db8::1]", false), ("a_b.example", "a_b.example", false),
    ]) func `Allowed hosts as before`(text: String, name: String, takesSubdomains: Bool) throws {
        let host = try #require(AllowedHost(text))
        #expect(host.name == name && host.takesSubdomains == takesSubdomains)
    }

    @Test func `Issuers, keys and places of tokens differ by bytes`() {
        let issuer = TrustedIssuer(issuer: "https://K.example", keys: .url("https://K.example/keys"), audiences: ["K"])
        func differs(_ change: (inout TrustedIssuer) -> Void) -> Bool {
            var other = issuer
            change(&other)
            return other != issuer
        }
        #expect(!differs { _ in } && issuer.hashValue == TrustedIssuer(issuer: "https://K.example", keys: issuer.keys).hashValue)
        #expect(differs { $0.issuer = "https://\u{212A}.example" })
        #expect(differs { $0.keys = .url("https://\u{212A}.example/keys") })
        #expect(differs { $0.keys = .inline("https://K.example/keys") })
        #expect(
            differs { $0.audiences = ["\u{212A}"] } && differs { $0.audiences = ["K", "K"] } && differs { $0.audiences = [] })
        #expect(differs { $0.locations = [.header("x-K", prefix: "")] } && differs { $0.locations = [] })
        #expect(
            differs { $0.emailClaim = "e" } && differs { $0.groupsClaim = "g" } && differs { $0.preferredUsernameClaim = "p" })
        #expect(
            differs { $0.takesUnverifiedEmail = true } && differs { $0.requiresSubject = false } && differs { $0.algorithms = [] }
        )
        #expect(differs { $0.cacheSeconds = 1 } && differs { $0.rootCAs = ["K"] } && differs { $0.spaceDelimitedClaims = [] })
        #expect(differs { $0.introspection = .init(url: nil, clientID: "a", clientSecret: "b") })
        let asked = TrustedIssuer.Introspection(url: "", clientID: "K", clientSecret: "K")
        #expect(asked != .init(url: nil, clientID: "K", clientSecret: "K"))
        #expect(asked != .init(url: "", clientID: "\u{212A}", clientSecret: "K"))
        #expect(asked != .init(url: "", clientID: "K", clientSecret: "\u{212A}"))
        #expect(asked != .init(url: "", clientID: "K", clientSecret: "K", cacheSeconds: 1))
        #expect(TrustedIssuer.Location.cookie("K") != .cookie("\u{212A}") && TrustedIssuer.Location.cookie("K") != .query("K"))
        #expect(TrustedIssuer.Location.header("a", prefix: "K") != .header("a", prefix: "\u{212A}"))
        var second = issuer
        second.keys = .url("https://\u{212A}.example/keys")
        #expect(IssuerKeys.Identity(issuer) != IssuerKeys.Identity(second))
        let places = TrustedIssuer.locations(
            of: [issuer, issuer].map {
                var issuer = $0
                issuer.locations = [.cookie("K"), .cookie("\u{212A}")]
                return issuer
            })
        #expect(places.count == 2)
    }

    @Test func `The claims of one issuer are not those of another`() {
        var kay = TrustedIssuer(issuer: "K", keys: .ours)
        kay.spaceDelimitedClaims = ["groups"]
        let claims = SpaceDelimitedClaims([kay])
        #expect(claims.claims(of: "K") == ["groups"] && claims.claims(of: "\u{212A}") == ["scope", "permission"])
    }

    @Test func `A claim's way is cut at dots though marks stand at them`() {
        let claims = TokenClaims(all: ["a": ["\u{301}b": 1]])
        #expect(claims.claim(at: "a.\u{301}b")?.integer == 1 && claims.claim(at: "a.b") == nil)
    }

    @Test(
        arguments: [("Bearer ", "Bearer t", "t"), ("Bearer ", "BEARER t", "t"), ("Token ", "To\u{212A}en t", nil)]
            as [(String, String, String?)])
    func `The prefix of a token has no case but ASCII's`(prefix: String, value: String, expected: String?) {
        let request = EdgeRequest(host: "a", headers: ["authorization": value])
        #expect(CredentialFinder.token(at: .header("authorization", prefix: prefix), in: request) == expected)
    }

    @Test func `A certificate's name is mapped by its bytes`() async {
        let trust = CertificateTrust(
            issuer: "mtls", names: [.subject],
            mappings: [.init(name: "CN=Kay", subject: "kay"), .init(name: "CN=\u{212A}ay", subject: "other")],
            requiresMapping: true)
        let authenticator = CertificateAuthenticator(trust, clock: FixedClock())
        #expect(authenticator.known(.certificate("Subject=\"CN=Kay\""))?.subject == "kay")
        #expect(authenticator.known(.certificate("Subject=\"CN=\u{212A}ay\""))?.subject == "other")
        #expect(authenticator.known(.certificate("Sub\u{301}ject=\"CN=Kay\"")) == nil)
    }

    @Test func `Who may not be led to a login is told by bytes`() {
        let rule = ChallengeRule(apiRoutes: ["/api/", "/K"])
        func challenge(_ path: String, _ headers: EdgeHeaders = ["accept": "text/html"]) -> ChallengeRule.Challenge {
            rule.challenge(EdgeRequest(host: "a", path: path, headers: headers))
        }
        #expect(
            challenge("/api/\u{301}x") == .unauthorized && challenge("/K") == .unauthorized && challenge("/\u{212A}") == .login)
        #expect(
            challenge("/", ["accept": "text/html,\u{301}"]) == .login
                && challenge("/", ["accept": "text/html;\u{301}q=1"]) == .login)
        #expect(challenge("/", ["accept": "application/xhtml+xml\t, */*"]) == .login)
        #expect(challenge("/", ["sec-fetch-mode": "NAVIGATE"]) == .login)
    }

    @Test func `One folding of header names for all`() {
        let same = [
            "x-auth-request-email", "X_Auth_Request.Email", "x.auth.request.email", "x~auth~request~email",
            "x auth:request;email",
        ]
        for name in same {
            #expect(FoldedName(name) == "x-auth-request-email" && FoldedName("x-auth-request-email").matches(name))
            #expect(FoldedNames(["X-Auth-Request-Email"]).contains(name))
        }
        for name in ["x-auth-request-emai", "x-auth-request-emaill", "xauth-request-email", "", "x-auth-request-emai1"] {
            #expect(FoldedName(name) != "x-auth-request-email" && !FoldedName("x-auth-request-email").matches(name))
            #expect(!FoldedNames(["X-Auth-Request-Email"]).contains(name))
        }
        // A byte beyond ASCII is a mark as well, each of its own.
        #expect(FoldedName("x\u{e9}a") == "x--a" && FoldedName("\u{212A}") == "---")
        #expect(!FoldedNames([String]()).contains("") && FoldedNames([""]).contains(""))
    }
}
