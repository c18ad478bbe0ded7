import Foundation
import JOSE
import Testing

@testable import OpenIDConnect

@Suite("A client that does not prove who it is") struct ClientAuthenticationEventTests {
    private static let keyed = Client(
        id: "keyed", secret: nil, name: "", authenticationMethod: .privateKeyJWT, keys: #"{"keys":[]}"#)
    private static let open = Client(id: "open", secret: nil, name: "", isPublic: true)
    private static let assertionType = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")

    private static func unsigned(_ issuer: String) -> String {
        let payload = Base64URL.encode(JSON.object(["iss": .string(issuer)]).serialized())
        return Base64URL.encode(Array(#"{"alg":"ES256"}"#.utf8)) + "." + payload + ".AAAA"
    }

    private static let cases: [(parameters: [(name: String, value: String)], id: String, reason: ClientAuthenticationFailure)] = [
        ([("client_id", "nobody"), ("client_secret", "guess")], "nobody", .unknownClient),
        ([("client_id", "app"), ("client_secret", "guess")], "app", .wrongSecret),
        ([("client_id", "app")], "app", .wrongMethod),
        ([("client_id", "open"), ("client_secret", "guess")], "open", .wrongSecret),
        ([("client_id", "keyed"), ("client_secret", "")], "keyed", .wrongMethod),
        ([("client_assertion", unsigned("keyed")), assertionType], "keyed", .wrongMethod),
        ([("client_assertion", unsigned("nobody")), assertionType], "nobody", .unknownClient),
        ([("client_assertion", unsigned("keyed")), ("client_id", "app"), assertionType], "app", .wrongAssertion),
        ([("client_assertion", unsigned("keyed"))], "keyed", .malformed),
        ([("client_assertion", unsigned("keyed")), ("client_secret", "guess")], "keyed", .malformed),
        ([], "", .malformed),
        (
            [("client_id", String(repeating: "\u{E9}", count: 4000)), ("client_secret", "guess")],
            String(repeating: "\u{E9}", count: 128), .unknownClient
        ),
    ]

    @Test("is told to the operator, once, at every endpoint, and without what was presented", arguments: cases.indices)
    func told(index: Int) async throws {
        let (parameters, id, reason) = Self.cases[index]
        let provider = try await TestProvider(clients: [TestProvider.app, Self.keyed, Self.open])
        let request = TokenRequest(
            parameters: RequestParameters(parameters + [("grant_type", "refresh_token"), ("token", "x")]), authorization: nil)
        let endpoints: [@Sendable () async throws -> Void] = [
            { _ = try await TokenEndpoint(provider.parts).answer(request) },
            { _ = try await Introspection(provider.parts).answer(request) },
            { try await TokenRevocation(provider.parts).revoke(request) },
        ]
        let before = provider.log.events.count
        for (number, ask) in endpoints.enumerated() {
            await #expect(throws: OAuthError.self) { try await ask() }
            #expect(provider.log.events.count == before + number + 1)
            guard case .clientAuthenticationFailed(let told, let why)? = provider.log.events.last else {
                Issue.record("\(provider.log.events)")
                return
            }
            #expect(told.isExactly(id))
            #expect(why == reason)
            #expect(!"\(provider.log.events)".contains("guess"))
        }
    }

    @Test("by Basic is told by the name that it gave")
    func basic() async throws {
        let provider = try await TestProvider()
        for (header, id, reason) in [
            ("app:guess", "app", ClientAuthenticationFailure.wrongSecret), ("no%20body:guess", "no body", .unknownClient),
            ("no colon", "", .malformed),
        ] {
            await #expect(throws: OAuthError.self) {
                try await provider.parts.clientAuthentication.authenticate(
                    authorization: "Basic " + Base64.encode(Array(header.utf8)), parameters: RequestParameters([]))
            }
            guard case .clientAuthenticationFailed(id, reason)? = provider.log.events.last else {
                Issue.record("\(provider.log.events)")
                return
            }
        }
    }

    @Test("is not one that has, or that the store could not be asked about")
    func others() async throws {
        let provider = try await TestProvider(clients: [])
        provider.faults.set(failing: [.readClients])
        await #expect(throws: OAuthError.self) { try await provider.tokens() }
        provider.faults.set(failing: [])
        provider.clients.replaceStatic([TestProvider.app])
        _ = try await provider.tokens()
        let failures = provider.log.events.filter { if case .clientAuthenticationFailed = $0 { true } else { false } }
        #expect(failures.isEmpty)
    }

    @Test("and a public one that asks about tokens, are told")
    func introspection() async throws {
        let provider = try await TestProvider(clients: [Self.open])
        await #expect(throws: OAuthError.self) {
            try await Introspection(provider.parts).answer(
                TokenRequest(parameters: RequestParameters([("client_id", "open"), ("token", "x")]), authorization: nil))
        }
        guard case .clientAuthenticationFailed("open", .notAllowed)? = provider.log.events.last else {
            Issue.record("\(provider.log.events)")
            return
        }
    }
}
