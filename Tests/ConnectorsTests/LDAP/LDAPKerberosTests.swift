import Directory
import JOSE
import Kerberos
import OpenIDConnect
import Testing

@testable import Connectors

/// Every token is this ticket, or fails.
private struct FakeAcceptor: TicketAcceptor {
    var result: Result<Ticket, TicketFailure>

    func accept(_ token: [UInt8]) async throws(TicketFailure) -> Ticket { try result.get() }
}

@Suite("A ticket of Kerberos") struct LDAPKerberosTests {
    private let directory = FakeDirectory()
    private static let dn = "uid=jane,ou=people,dc=example,dc=org"
    private static let service = Principal(name: "HTTP/id.example.org", realm: "EXAMPLE.ORG")

    private func ticket(_ name: String = "jane", _ realm: String = "EXAMPLE.ORG") -> Ticket {
        Ticket(client: Principal(name: name, realm: realm), service: Self.service, reply: [1])
    }

    private func kerberos(
        _ result: Result<Ticket, TicketFailure>? = nil, realm: String? = nil, username: LDAPKerberos.Username = .localPart,
        fallsBack: Bool = false
    ) -> LDAPKerberos {
        LDAPKerberos(
            acceptor: FakeAcceptor(result: result ?? .success(ticket())), realm: realm, username: username, fallsBack: fallsBack)
    }

    private func connector(_ kerberos: LDAPKerberos?) -> LDAPConnector {
        var search = LDAPSettings.UserSearch(baseDN: "dc=example,dc=org", usernameAttributes: ["uid"], idAttribute: "uid")
        search.emailSuffix = "example.org"
        search.nameAttribute = "uid"
        return LDAPConnector(
            LDAPSettings(userSearch: search), directory: directory, kerberos: kerberos, clock: SystemClock(),
            random: SystemRandom()
        ) { _ in }
    }

    @Test(
        arguments: [
            // Of our own key's realm, if nothing else is said.
            ("jane", "EXAMPLE.ORG", nil, LDAPKerberos.Username.localPart, "jane"),
            ("jane", "ELSEWHERE.ORG", nil, .localPart, nil),
            ("jane", "ELSEWHERE.ORG", "elsewhere.org", .localPart, "jane"),
            ("jane", "EXAMPLE.ORG", "ELSEWHERE.ORG", .localPart, nil),
            // The realm is part of the name.
            ("jane", "ELSEWHERE.ORG", nil, .principal, "jane@ELSEWHERE.ORG"),
            ("jane", "ELSEWHERE.ORG", "EXAMPLE.ORG", .principal, nil),
        ] as [(String, String, String?, LDAPKerberos.Username, String?)])
    func `It is looked up by its name, in the realm that is expected`(
        _ name: String, _ realm: String, _ expected: String?, _ username: LDAPKerberos.Username, _ result: String?
    ) {
        #expect(kerberos(realm: expected, username: username).name(of: ticket(name, realm)) == result)
    }

    @Test func `It is the person whom the directory has under that name, and no password is asked for`() async throws {
        directory.answer("(uid=jane)", entry(Self.dn, ["uid": ["jane"]]))
        let answer = try await connector(kerberos()).identity(negotiating: [0], scopes: ["offline_access"])
        #expect(answer.found.identity.userID == "jane" && answer.found.methods == ["wia"] && answer.reply == [1])
        #expect(answer.found.connectorData == LDAPConnectorData(username: "jane", dn: Self.dn).json)
        #expect(directory.names.isEmpty)
    }

    @Test func `It does not open an account that is disabled`() async {
        directory.answer("(uid=jane)", entry(Self.dn, ["uid": ["jane"], "nsAccountLock": ["TRUE"]]))
        await #expect(throws: ConnectorError.denied(.accountDisabled, "\(Self.dn): by its attributes")) {
            try await connector(kerberos()).identity(negotiating: [0], scopes: [])
        }
    }

    @Test(
        arguments: [
            (TicketFailure.overloaded, ConnectorError.overloaded),
            (.failed(KerberosError(.unusableKeys, "keys")), .unavailable("keys")),
            (.failed(KerberosError(.rejected, "a replay")), .refused("the ticket: a replay")),
        ])
    func `It is refused with what is wrong`(_ failure: TicketFailure, _ error: ConnectorError) async {
        await #expect(throws: error) {
            try await connector(kerberos(.failure(failure))).identity(negotiating: [0], scopes: [])
        }
    }

    @Test func `It is asked for only where that is switched on`() async {
        #expect(connector(nil).negotiation == .off)
        #expect(connector(kerberos()).negotiation == .only)
        #expect(connector(kerberos(fallsBack: true)).negotiation == .beforePassword)
        await #expect(throws: ConnectorError.self) { try await connector(nil).identity(negotiating: [0], scopes: []) }
    }
}
