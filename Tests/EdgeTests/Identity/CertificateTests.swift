import FoundationEssentials
import JOSE
import Testing

@testable import Edge

/// Client certificates in Envoy's `x-forwarded-client-cert`.
@Suite struct CertificateTests {
    private let clock = FakeClock()

    private func identity(_ header: String, _ change: (inout CertificateTrust) -> Void = { _ in }) -> EdgeIdentity? {
        var trust = CertificateTrust(issuer: "mesh")
        change(&trust)
        return CertificateAuthenticator(trust, clock: clock).known(.certificate(header))
    }

    @Test func `Envoy's header is read`() throws {
        let certificate = try #require(
            ForwardedCertificate(
                lastOf: #"By=http://frontend.lyft.com;Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;"#
                    + #"Subject="/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client";URI=http://testclient.lyft.com;"#
                    + #"DNS=lyft.com;DNS=www.lyft.com"#))
        #expect(certificate.by == ["http://frontend.lyft.com"])
        #expect(certificate.hash == "468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688")
        #expect(certificate.subject == "/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client")
        #expect(certificate.uris == ["http://testclient.lyft.com"])
        #expect(certificate.hostNames == ["lyft.com", "www.lyft.com"])
    }

    @Test(arguments: [
        // Only what the proxy next to us added counts, whatever a client sent before.
        ("URI=spiffe://evil,By=a;URI=spiffe://good", "spiffe://good"),
        (#"Subject="x,URI=spiffe://evil",URI=spiffe://good"#, "spiffe://good"),
        // Quotes hold separators, and an escaped quote does not end them.
        (#"URI=spiffe://good;Subject="CN=a\",URI=spiffe://evil;CN=\"""#, "spiffe://good"),
        (#"URI="spiffe://good";Subject="CN=a\\""#, "spiffe://good"),
        (#"uri=spiffe://good;HASH=x"#, "spiffe://good"),
        ("URI=spiffe://a?b=c", "spiffe://a?b=c"),
        ("Hash=x;URI=;DNS=a.example", "a.example"),
        (#"Hash=x;Subject="CN=a\,b";URI="#, #"CN=a\,b"#),
        ("URI=a;URI=b", nil), ("Hash=x", nil), ("Hash=a;Hash=b;URI=c", nil),
    ])
    func `The last element names the holder`(header: String, subject: String?) {
        #expect(identity(header)?.subject == subject)
    }

    @Test(arguments: [
        "", ",", ";", "=", "URI", "=x", "URI=a,", "URI=a;", ",URI=a", "URI=a,,URI=b", #"URI="a"#, #"URI="a"b"#, #"URI=a"b""#,
        #"Subject="a\"#, #"Subject=a",URI=b"#, "U RI=a", "URI=a\u{1}", "URI=a\nb", "URI=a;By",
    ])
    func `A malformed header names nobody`(header: String) {
        #expect(ForwardedCertificate(lastOf: header) == nil)
    }

    @Test func `A certificate is an identity of the configured issuer`() throws {
        let identity = try #require(self.identity("Hash=ab;URI=spiffe://cluster.local/ns/a/sa/b;DNS=b.a"))
        #expect(identity.evidence == .certificate)
        #expect(identity.principal == "mesh/spiffe://cluster.local/ns/a/sa/b")
        #expect(identity.claims["uri"]?.string == "spiffe://cluster.local/ns/a/sa/b")
        #expect(identity.claims["dns"]?.array == ["b.a"])
        #expect(identity.claims["hash"]?.string == "ab")
        #expect(identity.email == nil && identity.groups.isEmpty && identity.token == nil)
    }

    @Test func `A mapping gives names and groups`() async throws {
        let change = { (trust: inout CertificateTrust) in
            trust.mappings = [
                .init(name: "spiffe://a/robot", subject: "robot", email: "robot@example.com", groups: ["robots"])
            ]
            trust.requiresMapping = true
        }
        let robot = try #require(identity("URI=spiffe://a/robot", change))
        #expect(robot.subject == "robot" && robot.email == "robot@example.com" && robot.groups == ["robots"])
        #expect(identity("URI=spiffe://a/robot2", change) == nil)
        var trust = CertificateTrust(issuer: "mesh")
        change(&trust)
        let answer = await CertificateAuthenticator(trust, clock: clock).authenticate(
            .certificate("URI=spiffe://a/x"), for: EdgeRequest(host: "a"))
        guard case .invalid(let reason) = answer else { throw Unexpected() }
        #expect(reason == "the client certificate's holder is not known here")
    }

    struct Unexpected: Error {}

    @Test func `The part that names the holder can be chosen`() {
        let header = #"Hash=AB;Subject="CN=x";URI=spiffe://a;DNS=b.a"#
        #expect(identity(header) { $0.names = [.hash] }?.subject == "ab")
        #expect(identity(header) { $0.names = [.subject, .uri] }?.subject == "CN=x")
        #expect(identity("Hash=AB") { $0.names = [.dns] } == nil)
    }

    /// Whatever a client puts in front, the element that the proxy appends is the one that is read, or nothing is.
    @Test func `Random headers before the proxy's element never change it`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array(#"ab=;,"\ URISubjectHashBy:/"#)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...24, using: &random)
            let before = String((0..<length).compactMap { _ in alphabet.randomElement(using: &random) })
            guard let certificate = ForwardedCertificate(lastOf: before + ",Hash=1;URI=spiffe://good") else { continue }
            #expect(certificate.uris == ["spiffe://good"] && certificate.hash == "1", "\(before)")
        }
    }

    @Test func `Random bytes are read or refused, never trusted half`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
            let text = String(decoding: bytes, as: UTF8.self)
            if let certificate = ForwardedCertificate(lastOf: text) {
                #expect(text.contains("="))
                #expect(certificate.uris.allSatisfy { text.contains($0) })
            }
        }
    }

    @Test func `Who looks at a credential depends on its kind`() async throws {
        let certificates = CertificateAuthenticator(CertificateTrust(issuer: "mesh"), clock: clock)
        let all = Authenticators(certificates: certificates)
        #expect(all.known(.certificate("URI=a")) != nil)
        #expect(all.known(.session("URI=a")) == nil && all.known(.bearer("URI=a")) == nil)
        guard case .invalid = await all.authenticate(.session("x"), for: EdgeRequest(host: "a")) else { throw Unexpected() }
    }
}
