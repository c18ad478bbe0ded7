import Bytes
@testable import DexConfiguration
import Testing

private func issuer(_ keys: String) -> String { "edge: {issuers: [{\(keys)}]}\n" }

private func read(_ keys: String, environment: [ExactText: String] = [:]) throws -> Configuration.Edge.Issuer? {
    try load(
        minimal + issuer(keys), environment: environment,
        files: ["keys.json": set, "secret": "from file\n", "ca.pem": pem]
    ).configuration.edge?.issuers.first
}

private let pem = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"
private let set = #"{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"}]}"#
private let least = "issuer: 'https://idp.example.com', audiences: [us]"

@Suite struct EdgeIssuerTests {
    @Test func `The least is an issuer and an audience`() throws {
        let found = try #require(try read(least))
        #expect(found.issuer == "https://idp.example.com" && found.keys == .discovery && found.audiences == ["us"])
        #expect(found.algorithms.count == 10 && found.claims.email == "email" && !found.allowUnverifiedEmail)
        #expect(found.fromHeaders.isEmpty && found.fromParams.isEmpty && found.fromCookies.isEmpty && !found.fromBasicAuth)
        #expect(found.cacheFor == .seconds(300) && found.introspection == nil)
    }

    @Test func `This provider is called self`() throws {
        let found = try #require(try read("issuer: self, audiences: ['*']"))
        #expect(found.keys == .ours && found.issuer.isEmpty && found.audiences.isEmpty)
    }

    @Test func `Every key is read`() throws {
        let found = try #require(
            try read(
                """
                \(least), jwksURL: 'https://keys.example.com/k?v=1', algorithms: [RS256, ES256], rootCAs: [ca.pem],
                  fromHeaders: [{name: X-Token}, {name: Authorization, prefix: 'JWT '}], fromParams: [token], fromCookies: [t],
                  fromBasicAuth: true, claims: {email: upn, groups: realm_access.roles, preferredUsername: login},
                  allowUnverifiedEmail: true, spaceDelimitedClaims: [scp], cacheFor: 10s,
                  introspection: {url: 'https://idp.example.com/i', clientID: edge, clientSecretFile: secret, cacheFor: 5s}
                """))
        #expect(found.keys == .url("https://keys.example.com/k?v=1") && found.algorithms == [.RS256, .ES256])
        #expect(found.rootCAs == [pem])
        #expect(found.fromHeaders == [.init(name: "x-token", prefix: ""), .init(name: "authorization", prefix: "JWT ")])
        #expect(found.fromParams == ["token"] && found.fromCookies == ["t"] && found.fromBasicAuth)
        #expect(found.claims == .init(email: "upn", groups: "realm_access.roles", preferredUsername: "login"))
        #expect(found.allowUnverifiedEmail && found.spaceDelimitedClaims == ["scp"] && found.cacheFor == .seconds(10))
        let introspection = try #require(found.introspection)
        #expect(introspection.url == "https://idp.example.com/i" && introspection.clientID == "edge")
        #expect(introspection.clientSecret.text == "from file" && introspection.cacheFor == .seconds(5))
    }

    @Test func `Keys may stand in the configuration or in a file`() throws {
        #expect(try read("issuer: anything, audiences: [us], jwksFile: keys.json")?.keys == .inline(set))
        #expect(try read("issuer: anything, audiences: [us], jwks: '\(set)'")?.keys == .inline(set))
    }

    static let mistakes: [Case] = [
        .added("edge: {issuers: [{issuer: self}]}\n", "audiences: missing"),
        .added("edge: {issuers: [{audiences: [us]}]}\n", "issuer: missing"),
        .added(issuer("issuer: self, audiences: []"), "empty"),
        .added(issuer("issuer: self, audiences: [us, '*']"), "\"*\" stands for all and cannot be one of several"),
        .added(issuer("issuer: self, audiences: [us], jwks: '\(set)'"), "the keys of this provider are known"),
        .added(issuer("issuer: self, audiences: [us], rootCAs: ['\(pem.replacing("\n", with: "\\n"))']"), "rootCAs"),
        .added(
            issuer("issuer: self, audiences: [us], introspection: {url: 'https://a/b', clientID: a, clientSecret: b}"),
            "the issuer is this provider"),
        .added(issuer("\(least), jwksURL: 'https://a', jwks: '\(set)'"), "given twice"),
        .added(issuer("\(least), jwksURL: 'ftp://a'"), "must be an http or https URL"),
        .added(issuer("issuer: accounts.example.com, audiences: [us]"), "http"),
        .added(issuer("\(least), algorithms: [HS256]"), "unknown signature algorithm \"HS256\""),
        .added(issuer("\(least), algorithms: [none]"), "unknown signature algorithm \"none\""),
        .added(issuer("\(least), cacheFor: 2h"), "what is remembered so long is revoked too late"),
        .added(issuer("\(least), audience: us"), "unknown key"),
        .added(issuer("\(least), fromHeaders: [{prefix: x}]"), "name: missing"),
        .added(issuer("\(least), introspection: {clientID: a}"), "no secret"),
        .added(
            issuer("\(least), jwksURL: 'https://a', introspection: {clientID: a, clientSecret: b}"),
            "where to ask is not known"),
        .added(issuer(#"\#(least), jwks: '{"keys":[{"kty":"oct","k":"x"}]}'"#), "private or secret key"),
        .added("edge: {certificates: {}}\n", "issuer: missing"),
        .added("edge: {certificates: {issuer: m, names: []}}\n", "nobody would be known"),
        .added("edge: {certificates: {issuer: m, requireMapping: true}}\n", "nobody would be known"),
        .added("edge: {certificates: {issuer: m, names: [cn]}}\n", "unknown part of a certificate"),
        .added("edge: {certificates: {issuer: m, mappings: [{name: a}, {name: a}]}}\n", "\"a\" is mapped twice"),
    ]

    @Test(arguments: mistakes)
    func `What is wrong is said`(mistake: Case) {
        let found = problems(mistake.yaml)
        #expect(found.count == 1 && found[0].contains(mistake.lines[0]), "\(found)")
    }

    @Test(arguments: [
        (issuer("issuer: self, audiences: ['*']"), "issued for other clients"),
        (issuer("issuer: 'http://idp.example.com', audiences: [us]"), "keys come from there unprotected"),
        (issuer("\(least), jwksURL: 'http://idp.example.com/k'"), "keys come from there unprotected"),
        (issuer("\(least), fromParams: [token]"), "end up in logs"),
        (issuer("\(least), allowUnverifiedEmail: true"), "policies on e-mail"),
    ])
    func `What is dangerous is said`(yaml: String, warning: String) throws {
        let warnings = try load(minimal + yaml).warnings.map(\.description)
        #expect(warnings.contains { $0.contains(warning) }, "\(warnings)")
    }

    @Test func `Certificates are read`() throws {
        let yaml = """
            edge:
              certificates:
                issuer: mesh
                names: [uri, hash]
                requireMapping: true
                mappings: [{name: 'spiffe://a/b', subject: b, email: b@example.com, groups: [robots]}]

            """
        let found = try #require(try load(minimal + yaml).configuration.edge?.certificates)
        #expect(found.issuer == "mesh" && found.names == [.uri, .hash] && found.requireMapping)
        #expect(found.mappings == [.init(name: "spiffe://a/b", subject: "b", email: "b@example.com", groups: ["robots"])])
    }
}
