import Connectors
import OpenIDConnect
import Testing

@Suite("A proxy that has authenticated the person") struct AuthProxyConnectorTests {
    private let connector = AuthProxyConnector(
        id: "my proxy",
        headers: .init(
            userID: "X-Remote-User-Id", user: "X-Remote-User", userName: "X-Remote-User-Name", email: "X-Remote-User-Email",
            groups: "X-Remote-Group", groupSeparator: ","),
        staticGroups: ["all"], isTrusted: { $0 == "10.0.0.1" })

    private func identity(
        _ headers: [(name: String, value: String)], from address: String? = "10.0.0.1"
    ) async throws(ConnectorError) -> Identity {
        try await connector.identity(
            from: ConnectorAnswer(
                parameters: RequestParameters([]), callbackURL: "https://a/callback", scopes: [],
                sender: address.map { ConnectorAnswer.Sender(address: $0, headers: headers) })
        ).identity
    }

    @Test("names them in headers, whatever their case")
    func headers() async throws {
        let found = try await identity([
            ("x-remote-user", "jane"), ("X-REMOTE-USER-ID", "42"), ("X-Remote-User-Name", "jd"),
            ("X-Remote-User-Email", "jane@example.com"), ("X-Remote-Group", "a, b,,c "),
        ])
        #expect(
            found
                == Identity(
                    userID: "42", username: "jane", preferredUsername: "jd", email: "jane@example.com", emailVerified: true,
                    groups: ["a", "b", "c", "all"]))
    }

    @Test("may name them by one header only")
    func one() async throws {
        let found = try await identity([("X-Remote-User", "jane")])
        #expect([found.userID, found.username, found.preferredUsername, found.email] == Array(repeating: "jane", count: 4))
        #expect(found.groups == ["all"])
    }

    @Test("is the only one that is believed", arguments: ["10.0.0.2", "", "::1"])
    func strangers(address: String) async {
        await #expect(throws: ConnectorError.self) { try await identity([("X-Remote-User", "jane")], from: address) }
    }

    @Test("is not believed at an address that it does not guard")
    func otherAddress() async {
        await #expect(throws: ConnectorError.self) { try await identity([("X-Remote-User", "jane")], from: nil) }
    }

    @Test(
        "must say who it is, once",
        arguments: [
            [], [("X-Remote-User", "")], [("X-Remote-User", "jane"), ("x-remote-user", "root")],
            [("X-Remote-User", "jane"), ("X-Remote-Group", "a"), ("X-Remote-Group", "admins")],
        ] as [[(name: String, value: String)]])
    func unclear(headers: [(name: String, value: String)]) async {
        await #expect(throws: ConnectorError.self) { try await identity(headers) }
    }

    @Test("guards the connector's own address")
    func address() async throws {
        let destination = try await connector.destination(
            for: ConnectorVisit(callbackURL: "https://a/callback", scopes: []) { _ in "sealed" })
        #expect(destination == .address("https://a/callback/my%20proxy?state=sealed"))
    }
}
