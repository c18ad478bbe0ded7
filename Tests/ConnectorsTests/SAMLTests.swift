import Foundation
import JOSE
import OpenIDConnect
import Persistence
import Testing
import Workers

@testable import Connectors
@testable import XMLSecurity

@Suite("SAML") struct SAMLTests {
    @Test(
        "times are those of UTC, with a Z at the end",
        arguments: [
            ("1970-01-01T00:00:00Z", 0.0), ("2026-11-24T17:38:49Z", 1_795_541_929.0), ("2000-02-29T23:59:59Z", 951_868_799.0),
            ("2000-03-01T00:00:00Z", 951_868_800.0), ("2026-11-24T17:38:49.250Z", 1_795_541_929.25),
            ("2026-11-24T17:38:49.123456789Z", 1_795_541_929.123456789),
        ])
    func time(text: String, seconds: Double) {
        #expect(SAMLTime.parse(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(
        "everything else is no time",
        arguments: [
            "", "Z", "2026-11-24T17:38:49", "2026-11-24T17:38:49+01:00", "2026-11-24 17:38:49Z", "2026-13-24T17:38:49Z",
            "2026-11-32T17:38:49Z", "2026-11-24T24:38:49Z", "2026-11-24T17:38:49.Z", "2026-11-24T17:38:49.1e5Z",
            "-026-11-24T17:38:49Z", "2026-11-24T17:38:49ZZ", "99999-11-24T17:38:49Z",
        ])
    func noTime(text: String) {
        #expect(SAMLTime.parse(text) == nil)
    }

    @Test func `Stored DEFLATE has its lengths in front`() {
        #expect(Deflate.stored([]) == [1, 0, 0, 0xFF, 0xFF])
        #expect(Deflate.stored([7, 8]) == [1, 2, 0, 0xFD, 0xFF, 7, 8])
        let long = Deflate.stored([UInt8](repeating: 1, count: 65_536))
        #expect(long.count == 65_536 + 10 && long[0] == 0 && long[65_540] == 1)
    }

    private func connector(_ change: (inout SAMLSettings) -> Void = { _ in }) throws -> SAMLConnector {
        var settings = SAMLSettings(
            ssoURL: "https://idp.example/sso?tenant=1", redirectURI: "https://issuer.example/callback", certificates: [],
            usernameAttribute: "name", emailAttribute: "email")
        change(&settings)
        return SAMLConnector(
            settings, assertions: try SQLiteStore(location: .memory),
            pool: WorkerPool(name: "saml", threads: 1, queueLimit: 8), clock: SystemClock(), random: SystemRandom(),
            log: Silence())
    }

    private let visit = ConnectorVisit(callbackURL: "https://issuer.example/callback", scopes: []) { memory in
        Base64URL.encode(memory)
    }

    @Test func `A request is remembered by its ID, which is new each time`() async throws {
        var ids: Set<String> = []
        for _ in 0..<3 {
            guard case .form(let action, let fields) = try await connector().destination(for: visit) else { return }
            #expect(action == "https://idp.example/sso?tenant=1")
            let root = try XMLDocument(try Base64.decode(fields[0].value)).unverifiedRoot
            #expect(fields.map(\.name) == ["SAMLRequest", "RelayState"])
            let id = try #require(root["ID"])
            #expect(fields[1].value == Base64URL.encode(Array(id.utf8)))
            #expect(id.utf8.count == 33)
            ids.insert(id)
        }
        #expect(ids.count == 3)
    }

    @Test func `A redirect keeps the query of the address`() async throws {
        guard case .address(let address) = try await connector({ $0.binding = .redirect }).destination(for: visit) else {
            Issue.record("no address")
            return
        }
        #expect(address.hasPrefix("https://idp.example/sso?tenant=1&SAMLRequest="))
        #expect(!address.contains("Signature="))
    }

    @Test func `What is configured stands in the metadata, escaped`() async throws {
        let metadata = try await connector { $0.entityIssuer = "urn:a&\"<b>" }.metadata()
        let root = try XMLDocument(metadata.bytes).unverifiedRoot
        #expect(root["entityID"] == "urn:a&\"<b>")
    }

    @Test func `A full pool answers that too many log in`() async throws {
        let pool = WorkerPool(name: "saml", threads: 1, queueLimit: 0)
        let connector = SAMLConnector(
            SAMLSettings(
                ssoURL: "https://idp.example/sso", redirectURI: "https://a.example", certificates: [], usernameAttribute: "n",
                emailAttribute: "e"), assertions: try SQLiteStore(location: .memory), pool: pool, clock: SystemClock(),
            random: SystemRandom(), log: Silence())
        let (started, begun) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        async let busy: Void = pool.run {
            begun.yield()
            gate.wait()
        }
        for await _ in started { break }
        await #expect(throws: ConnectorError.overloaded) { try await connector.destination(for: visit) }
        gate.signal()
        try await busy
    }
}

private struct Silence: EventLog {
    func record(_ event: ProviderEvent) {}
}
