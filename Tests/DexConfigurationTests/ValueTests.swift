@testable import DexConfiguration
import Testing

@Suite("Values")
struct ValueTests {
    @Test(
        "durations are Go's",
        arguments: [
            ("0", .zero), ("0s", .zero), ("24h", .seconds(86400)), ("1h30m", .seconds(5400)), ("1.5h", .seconds(5400)),
            (".5s", .milliseconds(500)),
            ("300ms", .milliseconds(300)), ("2us", .microseconds(2)), ("2µs", .microseconds(2)), ("2μs", .microseconds(2)),
            ("7ns", .nanoseconds(7)),
            ("1.9ns", .nanoseconds(1)), ("+5m", .seconds(300)), ("1m1m", .seconds(120)), ("1.s", .seconds(1)),
            ("0.333333333333333333333h", .nanoseconds(1_199_999_999_999)), ("2562047h47m16.854775807s", .nanoseconds(Int64.max)),
        ] as [(String, Duration)])
    func duration(text: String, expected: Duration) throws {
        #expect(try GoDuration.parse(text) == expected)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "-5m", "+", "1", "1.5", "h", ".s", "1d", "1w", "1h 30m", " 1h", "1H", "1hour", "1e3s", "9999999h",
            "99999999999999999999s", "1hh", "2562047h47m16.854775808s",
        ])
    func noDuration(text: String) {
        #expect(throws: Mistake.self) { try GoDuration.parse(text) }
    }

    @Test(
        "addresses to listen on",
        arguments: [
            ("127.0.0.1:5556", "127.0.0.1", 5556), (":5556", "", 5556), ("[::1]:0", "::1", 0),
            ("localhost:65535", "localhost", 65535),
            ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ] as [(String, String, UInt16)])
    func address(text: String, host: String, port: UInt16) throws {
        let address = try #require(ListenAddress(text))
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(
        "what is no address to listen on is refused",
        arguments: [
            "", ":", "a", "a:", "a:b", "a:-1", "a:+1", "a:65536", "::1:80", "[::1]", "[::1:80", "[a]:1", "http://a:1", "a b:1",
            "a:１",
        ])
    func noAddress(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(
        "ranges hold their addresses and no others",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("192.168.1.128/25", "192.168.1.127", false),
            ("192.168.1.1/32", "192.168.1.1", true), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
            ("::/0", "fd00::1", true),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("10.0.0.0/8", "nonsense", false),
        ])
    func range(text: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(text)).contains(address) == isInside)
    }

    @Test(
        "what is no range is refused",
        arguments: [
            "", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/08", "fd00::/129", "a/8",
            "010.0.0.0/8", "1.1.1.1/8/8",
        ])
    func noRange(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "levels of the log count as Go's do",
        arguments: [
            ("debug", -4), ("INFO", 0), ("Warn", 4), ("error", 8), ("info+2", 2), ("DEBUG-2", -6), ("error+1", 9),
        ])
    func level(text: String, value: Int) throws {
        let configuration = try load(minimal + "logger: {level: \(text)}").configuration
        #expect(configuration.logger.level.value == value)
    }

    @Test(
        "the issuer's path and origin are what routes and cookies need",
        arguments: [
            ("https://sso.example.com", "", "https://sso.example.com"),
            ("https://SSO.example.com:443/dex", "/dex", "https://sso.example.com"),
            ("http://127.0.0.1:5556/a/b", "/a/b", "http://127.0.0.1:5556"),
            ("http://[::1]:5556/dex", "/dex", "http://[::1]:5556"),
        ])
    func issuer(text: String, path: String, origin: String) throws {
        let issuer = try Issuer(parsing: text)
        #expect(issuer.text == text)
        #expect(issuer.path == path)
        #expect(issuer.origin == origin)
        #expect(issuer.isSecure == text.hasPrefix("https"))
    }

    @Test(
        "redirect URIs of every honest kind are taken",
        arguments: [
            "https://app.example.com/cb?x=y", "http://localhost:5555/callback", "http://[::1]:1/cb", "com.example.app:/cb",
            "myapp://cb",
            "urn:ietf:wg:oauth:2.0:oob", "/device/callback", "/dex/device/callback",
        ])
    func redirectURI(text: String) throws {
        #expect(try RedirectURI.check(text) == text)
    }

    @Test(
        "bcrypt hashes of every kind are taken, others refused",
        arguments: [
            ("$2a$04$", true), ("$2b$16$", true), ("$2b$17$", false), ("$2a$20$", false), ("$2b$31$", false), ("$2y$10$", true),
            ("$2a$03$", false), ("$2a$32$", false), ("$2x$10$", false),
            ("$2a$1a$", false), ("$2a$10.", false), ("$5$rounds", false),
        ])
    func passwordHash(prefix: String, isValid: Bool) {
        let rest = "2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"
        #expect(((try? PasswordHash.parse(prefix + rest)) != nil) == isValid)
        #expect((try? PasswordHash.parse(prefix + rest + "x")) == nil)
        #expect((try? PasswordHash.parse(prefix + rest.dropLast() + "!")) == nil)
    }

    @Test(
        "a mistyped word is recognized, a different one is not",
        arguments: [
            ("isuer", "issuer"), ("ISSUERR", "issuer"), ("isseur", "issuer"), ("storge", "storage"), ("conectors", "connectors"),
            ("staticClient", "staticClients"), ("pass", nil), ("static", nil), ("telem", "telemetry"), ("x", nil), ("", nil),
            ("foobar", nil),
            (String(repeating: "a", count: 10_000), nil),
        ] as [(String, String?)])
    func suggestion(word: String, expected: String?) {
        let keys = ["issuer", "storage", "connectors", "staticClients", "staticPasswords", "telemetry", "passwords", "passing"]
        #expect(Suggestion.closest(to: word, among: keys) == expected)
    }

    @Test("a secret is never shown")
    func secret() {
        let secret = Secret("hidden")
        var dumped = ""
        dump(["a": secret], to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \([secret]) \(dumped)".contains("hidden"))
    }
}
