import Bytes
import DexConfiguration
import Testing

@Suite("Loading")
struct LoadTests {
    @Test("what is absent has its default")
    func defaults() throws {
        let result = try load(minimal)
        #expect(result.warnings.isEmpty)
        let configuration = result.configuration
        #expect(configuration.oauth2.grantTypes == [.authorizationCode, .refreshToken, .implicit, .password])
        #expect(configuration.oauth2.responseTypes == [.code])
        #expect(configuration.oauth2.pkce.codeChallengeMethods == [.S256])
        #expect(configuration.oauth2.pkce.enforce == nil)
        #expect(configuration.oauth2.passwordConnector == nil)
        #expect(configuration.expiry.idTokens == .seconds(86400))
        #expect(configuration.expiry.authorizationCodes == .seconds(60))
        #expect(configuration.expiry.refreshTokens.validIfNotUsedFor == nil)
        #expect(configuration.frontend.theme == "auto")
        #expect(configuration.logger.level == LogLevel(.info))
        #expect(configuration.web.allowedHeaders == ["Authorization"])
        #expect(configuration.web.tls == nil)
        #expect(configuration.passwords.bcryptCost == nil)
        guard case .local(let signer) = configuration.signer else {
            Issue.record("not a local signer")
            return
        }
        #expect(signer.rotationPeriod == .seconds(6 * 3600))
        #expect(signer.algorithm == .RS256)
    }

    @Test("the old name of the rotation period holds unless the new one is there")
    func rotationPeriod() throws {
        func period(_ yaml: String) throws -> (Duration?, [String]) {
            let result = try load(minimal + yaml)
            guard case .local(let signer) = result.configuration.signer else { return (nil, []) }
            return (signer.rotationPeriod, result.warnings.map(\.description))
        }
        #expect(try period("expiry: {signingKeys: 1h}") == (.seconds(3600), []))
        #expect(try period("expiry: {signingKeys: 1h}\nsigner: {type: local}") == (.seconds(3600), []))
        #expect(
            try period("expiry: {signingKeys: 1h}\nsigner: {type: local, config: {keysRotationPeriod: 2h}}") == (
                .seconds(7200), ["c.yaml:5:23: expiry.signingKeys: not used, because signer.config.keysRotationPeriod is set"]
            ))
    }

    @Test("leniency makes warnings of unknown keys, and of nothing else")
    func lenient() throws {
        let options = LoadOptions(lenient: true)
        let result = try load(minimal + "isuer: x\nweb2: {a: 1}\n", options: options)
        #expect(
            result.warnings.map(\.description) == [
                "c.yaml:5:1: isuer: unknown key, ignored; did you mean issuer?",
                "c.yaml:6:1: web2: unknown key, ignored; did you mean web?",
            ])
        #expect(problems(minimal + "grpc: {}\nfrontend: {issuer: 1}\n", options: options).count == 2)
    }

    @Test("addresses of the command line win, and can stand in for those of the file")
    func overrides() throws {
        let address = ListenAddress(host: "", port: 9)
        let options = LoadOptions(webHTTP: address, telemetryHTTP: address)
        #expect(try load(minimal, options: options).configuration.web.http == address)
        #expect(try load(minimal, options: options).configuration.telemetry.http == address)
        let yaml =
            "issuer: https://a\nstorage: {type: memory}\nweb: {headers: {}}\ntelemetry: {http: ':1'}\nenablePasswordDB: true\n"
        #expect(problems(yaml).count == 1)
        #expect(try load(yaml, options: options).configuration.telemetry.http == address)
        #expect(problems(yaml, options: LoadOptions(webHTTPS: address)) == ["c.yaml:3:6: web: https needs tlsCert and tlsKey"])
    }

    @Test(
        "what is odd but usable is a warning",
        arguments: [
            ("web: {http: ':1', tlsCert: a, tlsKey: b}", "web.tlsCert: not used, because https is not set"),
            (
                "web: {http: ':1', clientRemoteIP: {header: X-Forwarded-For}}",
                "web.clientRemoteIP.header: not used, because trustedProxies names nobody who may set it"
            ),
            (
                "web: {http: ':1', allowedOrigins: ['*', 'https://a.example.com', https://b.example.com/]}",
                "web.allowedOrigins[2]: \"https://b.example.com/\" is never the origin of a page; write scheme, host and port only, such as https://app.example.com"
            ),
        ])
    func warnings(web: String, expected: String) throws {
        let yaml = "issuer: https://a\nstorage: {type: memory}\n\(web)\nenablePasswordDB: true\n"
        #expect(try load(yaml).warnings.map { "\($0.path): \($0.message)" + ($0.hint.map { "; \($0)" } ?? "") } == [expected])
    }

    @Test("a client's odd but usable values are warnings")
    func clientWarnings() throws {
        let warnings = try load(
            minimal
                + "staticClients: [{id: a, name: a, secret: b, redirectURIs: ['https://*.example.com'], allowedConnectors: [local, x]}]"
        ).warnings
        #expect(warnings.map(\.path) == ["staticClients[0].redirectURIs[0]", "staticClients[0].allowedConnectors[1]"])
    }

    @Test("no message holds a secret")
    func secrets() {
        let all = problems(
            minimal + """
                staticClients:
                - {id: a, name: a, secret: 731731}
                - {id: b, name: b, secret: [s3cret]}
                - {id: c, name: c, secretEnv: S, secretFile: f, scret: s3cret}
                staticPasswords:
                - {email: a@b, hash: s3cret}
                connectors:
                - {type: mockPassword, id: m, name: m, config: {username: 1, password: {s3cret: s3cret2}}}
                """, environment: ["S": "s3cret"], files: ["f": "s3cret"]
        ).joined(separator: "\n")
        #expect(all.split(separator: "\n").count == 7)
        #expect(!all.contains("s3cret"))
        #expect(!all.contains("731731"))
    }

    @Test("all problems come at once, in the order of the file")
    func order() {
        let lines = problems(
            """
            web: {http: x}
            issuer: y
            oauth2: {responseTypes: [z]}
            storage: {type: w}
            """)
        #expect(lines.map { $0.prefix(9) } == ["c.yaml:1:", "c.yaml:1:", "c.yaml:2:", "c.yaml:3:", "c.yaml:4:"])
    }
}

@Suite("Random input")
struct RandomInputTests {
    /// A generator that gives the same sequence on every run.
    private struct Sequence64: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let pieces = [
        "issuer", "storage", "type", "sqlite3", "memory", "config", "web", "http", "staticClients", "id", "name", "secret",
        "redirectURIs",
        "connectors", "mockCallback", "oauth2", "expiry", "24h", "$A", "${", "true", "12", "1.5", "~", "''", "\"", "'", ": ",
        ":\n  ", "\n", "\n- ",
        "\n  - ", "- ", "{", "}", "[", "]", ", ", "&a ", "*a", "<<: ", "!!str ", "!x ", "|\n", ">-\n", "# c", "---\n", "...\n",
        "%YAML 1.1\n", "\t", "\u{0}",
        "\u{FEFF}", "é", "\u{E000}", "\u{85}", "\\u0041", "? ", "@", "`", "$2a$10$", "https://a", "/", " ", "    ", "\r", "🎉",
    ]

    @Test("never crashes, and whatever is refused is refused with a place", arguments: 0..<40)
    func pieces(seed: UInt64) {
        var random = Sequence64(state: seed)
        for _ in 0..<100 {
            let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }
                .joined()
            expectSound(text)
        }
    }

    @Test("a good file with random damage never crashes", arguments: 0..<20)
    func damage(seed: UInt64) {
        var random = Sequence64(state: seed &+ 1000)
        let good = Array(
            (minimal
                + "staticClients:\n- &c {id: a, name: b, secret: c, redirectURIs: [https://a/b]}\n- <<: *c\n  id: d\nexpiry: {idTokens: 1h}\n")
                .unicodeScalars)
        for _ in 0..<100 {
            var scalars = good
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let index = Int.random(in: scalars.indices, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: scalars.remove(at: index)
                case 1: scalars.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").unicodeScalars, at: index)
                default: scalars[index] = good.randomElement(using: &random) ?? " "
                }
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            expectSound(text)
        }
    }

    private func expectSound(_ text: String) {
        do throws(InvalidConfiguration) {
            _ = try load(text)
        } catch {
            #expect(!error.problems.isEmpty)
            #expect(error.problems.allSatisfy { $0.line > 0 && $0.column > 0 }, "\(text.debugDescription)")
        }
    }
}
