import FoundationEssentials
import OpenIDConnect
import Synchronization
import Testing

@testable import Connectors

/// What is read, and what the clock says.
private final class World: Sendable {
    struct State {
        var now = Date(timeIntervalSince1970: 1_795_541_929)
        var result: Result<(url: String, life: Double, end: Double?), ConnectorError> = .failure(.unavailable("not yet"))
        var reads = 0
    }

    let state = Mutex(State())

    func answer(_ url: String, life: Double = 60, end: Double? = nil) {
        state.withLock { $0.result = .success((url, life, end)) }
    }

    func fail(_ error: ConnectorError) { state.withLock { $0.result = .failure(error) } }

    func advance(_ seconds: Double) { state.withLock { $0.now += seconds } }

    var reads: Int { state.withLock { $0.reads } }

    var settings: RenewedSAMLSettings {
        RenewedSAMLSettings(now: { self.state.withLock { $0.now } }) { _ throws(ConnectorError) in
            let (result, now) = self.state.withLock { state in
                state.reads += 1
                return (state.result, state.now)
            }
            let (url, life, end) = try result.get()
            return .init(
                settings: SAMLSettings(
                    ssoURL: url, redirectURI: "https://a.example/callback", certificates: [], usernameAttribute: "n",
                    emailAttribute: "e"), refreshAt: now + life, endsAt: end.map { now + $0 })
        }
    }
}

private func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<12_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited for a minute")
}

@Suite("Settings of SAML that are renewed") struct SAMLSettingsTests {
    @Test func `What cannot be read yet is tried again by the next who needs it`() async throws {
        let world = World()
        let settings = world.settings
        await #expect(throws: ConnectorError.unavailable("not yet")) { try await settings.current() }
        world.fail(.overloaded)
        await #expect(throws: ConnectorError.overloaded) { try await settings.current() }
        world.answer("one")
        #expect(try await settings.current().ssoURL == "one")
        #expect(settings.concern == nil)
    }

    @Test func `They are read again in the background, and nobody waits`() async throws {
        let world = World()
        let settings = world.settings
        world.answer("one", life: 100)
        _ = try await settings.current()
        world.answer("two")
        world.advance(99)
        #expect(try await settings.current().ssoURL == "one")
        #expect(world.reads == 1)
        world.advance(1)
        #expect(try await settings.current().ssoURL == "one", "nobody waits")
        try await eventually { try await settings.current().ssoURL == "two" }
        #expect(world.reads == 2)
    }

    @Test func `What cannot be renewed is used until its end, and no longer`() async throws {
        let world = World()
        let settings = world.settings
        world.answer("one", life: 100, end: 200)
        _ = try await settings.current()
        world.fail(.unavailable("down"))
        world.advance(150)
        #expect(try await settings.current().ssoURL == "one")
        try await eventually { settings.concern == "down" }
        world.advance(49)
        #expect(try await settings.current().ssoURL == "one")
        world.advance(1)
        await #expect(throws: ConnectorError.unavailable("down")) { try await settings.current() }
        world.answer("two")
        #expect(try await settings.current().ssoURL == "two")
        #expect(settings.concern == nil)
    }

    @Test func `Without an end they are used for as long as it takes`() async throws {
        let world = World()
        let settings = world.settings
        world.answer("one", life: 100)
        _ = try await settings.current()
        world.fail(.unavailable("down"))
        world.advance(86_400 * 365)
        #expect(try await settings.current().ssoURL == "one")
    }

    @Test func `What concerns ourselves can be told while nothing else is known`() async throws {
        let world = World()
        let settings = world.settings
        world.answer("own")
        #expect(try await settings.own().ssoURL == "own")
        world.fail(.unavailable("down"))
        await #expect(throws: ConnectorError.unavailable("down")) { try await settings.own() }
    }

    // MARK: Metadata

    private static let life = [
        ("", "", nil, nil), (#"validUntil="2026-11-24T17:38:49Z""#, "", 1_795_541_929.0, nil),
        (#"cacheDuration="PT15M""#, "", nil, 900.0),
        // The shortest of all around it counts.
        (
            #"validUntil="2026-11-24T17:38:49Z" cacheDuration="P1D""#, #"validUntil="2026-11-24T17:38:48Z" cacheDuration="PT2H""#,
            1_795_541_928.0, 7200.0
        ),
        (
            #"validUntil="2026-11-24T17:38:48Z" cacheDuration="PT1H""#,
            #"validUntil="2026-11-24T17:38:49Z" cacheDuration="PT2H""#,
            1_795_541_928.0, 3600.0
        ),
    ]

    private func metadata(_ outer: String, _ inner: String) throws(IdentityProviderMetadata.Failure) -> IdentityProviderMetadata {
        let text = """
            <m:EntitiesDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata" \(outer)>
            <m:EntityDescriptor entityID="other" validUntil="2000-01-01T00:00:00Z"/>
            <m:EntityDescriptor entityID="a"><m:IDPSSODescriptor \(inner)/></m:EntityDescriptor></m:EntitiesDescriptor>
            """
        return try IdentityProviderMetadata(parsing: Array(text.utf8))
    }

    @Test("metadata says how long it is good", arguments: life)
    func metadataLife(outer: String, inner: String, end: Double?, duration: Double?) throws {
        let found = try metadata(outer, inner)
        #expect(found.validUntil?.timeIntervalSince1970 == end && found.cacheDuration == duration)
    }

    @Test("metadata that does not say it properly is refused", arguments: [#"validUntil="tomorrow""#, #"cacheDuration="1h""#])
    func wrongLife(attribute: String) {
        #expect(throws: IdentityProviderMetadata.Failure.self) { try metadata(attribute, "") }
        #expect(throws: IdentityProviderMetadata.Failure.self) { try metadata("", attribute) }
    }

    @Test(
        "durations are those of XML Schema",
        arguments: [
            ("PT0S", 0.0), ("PT1.5S", 1.5), ("P1DT2H3M4S", 93_784.0), ("P1Y2M3D", 36_979_200.0), ("PT36H", 129_600.0),
        ])
    func duration(text: String, seconds: Double) {
        #expect(SAMLTime.parseDuration(text) == seconds)
    }

    @Test(
        "everything else is no duration",
        arguments: ["", "P", "PT", "1D", "-P1D", "P-1D", "P1", "PT1M1H", "P1DT", "P1H", "PT1D", "P1.5D", "PT1e3S", "P1D "])
    func noDuration(text: String) {
        #expect(SAMLTime.parseDuration(text) == nil)
    }
}
