import Directory
import Foundation
import JOSE
import OpenIDConnect
import Testing

@testable import Connectors

@Suite("People of a directory") struct LDAPConnectorTests {
    private let directory = FakeDirectory()
    private static let dn = "uid=jane,ou=people,dc=example,dc=org"
    private static let attributes = ["uid": ["jane"], "cn": ["Jane Doe"], "mail": ["jane@example.org"]]

    private func connector(_ change: (inout LDAPSettings) -> Void = { _ in }) -> LDAPConnector {
        var search = LDAPSettings.UserSearch(
            baseDN: "ou=people,dc=example,dc=org", usernameAttributes: ["uid"], idAttribute: "uid")
        search.emailAttribute = "mail"
        search.nameAttribute = "cn"
        var settings = LDAPSettings(userSearch: search)
        change(&settings)
        return LDAPConnector(settings, directory: directory, clock: SystemClock(), random: SystemRandom()) { _ in }
    }

    private func jane(_ more: [String: [String]] = [:], dn: String = dn) {
        directory.answer("(uid=jane)", entry(dn, Self.attributes.merging(more) { $1 }))
        directory.accept(Self.dn, "right")
    }

    private func logIn(
        _ connector: LDAPConnector, _ name: String = "jane", _ password: String = "right", _ scopes: [String] = []
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        try await connector.authenticate(username: name, password: password, scopes: scopes)
    }

    @Test("are who their attributes say, their address being verified as in Dex")
    func identity() async throws {
        jane()
        let found = try #require(try await logIn(connector()))
        #expect(found.identity == Identity(userID: "jane", username: "Jane Doe", email: "jane@example.org", emailVerified: true))
        #expect(found.methods == ["pwd"])
        #expect(found.connectorData == nil)
    }

    @Test("do not come in with an empty name or password, and the directory is not even asked")
    func empty() async throws {
        jane()
        #expect(try await logIn(connector(), "jane", "") == nil)
        #expect(try await logIn(connector(), "", "right") == nil)
        #expect(directory.filters.isEmpty && directory.names.isEmpty)
    }

    @Test("who are unknown cause the same questions as a wrong password, as somebody who cannot exist")
    func unknown() async throws {
        jane()
        #expect(try await logIn(connector(), "jane", "wrong") == nil)
        #expect(try await logIn(connector(), "nobody", "right") == nil)
        #expect(directory.filters.count == 2)
        #expect(directory.names.count == 2)
        #expect(directory.names[1].hasPrefix("cn=") && directory.names[1].hasSuffix(",ou=people,dc=example,dc=org"))
        #expect(try await logIn(connector(), "nobody", "right") == nil)
        #expect(directory.names[1] != directory.names[2])
    }

    @Test("cannot come in as nobody, even where the directory lets everybody in")
    func nobody() async throws {
        let everything = AcceptingDirectory()
        var search = LDAPSettings.UserSearch(baseDN: "dc=org", usernameAttributes: ["uid"], idAttribute: "uid")
        search.emailAttribute = "mail"
        let connector = LDAPConnector(
            LDAPSettings(userSearch: search), directory: everything, clock: SystemClock(), random: SystemRandom()
        ) { _ in }
        #expect(try await connector.authenticate(username: "a", password: "b", scopes: []) == nil)
    }

    @Test("are searched for by what they type, escaped once")
    func filters() async throws {
        let connector = connector {
            $0.userSearch.filter = "(objectClass=person)"
            $0.userSearch.usernameAttributes = ["uid", "mail"]
        }
        _ = try await logIn(connector, "*)(uid=*")
        #expect(directory.filters == [#"(&(objectClass=person)(|(uid=\2A\29\28uid=\2A)(mail=\2A\29\28uid=\2A)))"#])
    }

    @Test("who share a name are an error for the operator, not one of them")
    func ambiguous() async throws {
        directory.answer("(uid=jane)", entry("uid=a"), entry("uid=b"))
        await #expect(throws: ConnectorError.self) { try await logIn(connector()) }
        #expect(directory.names.isEmpty)
    }

    @Test("may be called by their DN, and by what Active Directory keeps in bytes")
    func ids() async throws {
        jane()
        #expect(try await logIn(connector { $0.userSearch.idAttribute = "DN" })?.identity.userID == Self.dn)
        let guid: [UInt8] = Array(0..<16)
        directory.answer(
            "(uid=jane)",
            Entry(
                dn: Self.dn,
                attributes: [
                    .init(name: "objectGUID", values: [guid]), .init(name: "cn", values: [Array("J".utf8)]),
                    .init(name: "mail", values: [Array("j@x".utf8)]),
                ]))
        #expect(
            try await logIn(connector { $0.userSearch.idAttribute = "objectGUID" })?.identity.userID
                == "03020100-0504-0706-0809-0a0b0c0d0e0f")
        let hex = connector {
            $0.userSearch.idAttribute = "objectGUID"
            $0.userSearch.idFormat = .hex
        }
        #expect(try await logIn(hex)?.identity.userID == "000102030405060708090a0b0c0d0e0f")
    }

    @Test("whose id is no text are refused instead of getting half an id")
    func binary() async throws {
        directory.answer(
            "(uid=jane)",
            Entry(
                dn: Self.dn,
                attributes: [
                    .init(name: "uid", values: [[0xFF, 0xFE]]), .init(name: "cn", values: [[0x4A]]),
                    .init(name: "mail", values: [[0x4A]]),
                ]))
        directory.accept(Self.dn, "right")
        await #expect(throws: ConnectorError.self) { try await logIn(connector()) }
    }

    @Test("who lack what the configuration names are told so after the right password, and not before")
    func incomplete() async throws {
        jane(["mail": []])
        #expect(try await logIn(connector(), "jane", "wrong") == nil)
        do throws(ConnectorError) {
            _ = try await logIn(connector())
            Issue.record("somebody without an address came in")
        } catch {
            guard case .denied(.incompleteProfile, let text) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(text.contains("mail"))
        }
        let suffixed = connector { $0.userSearch.emailSuffix = "example.com" }
        #expect(try await logIn(suffixed)?.identity.email == "Jane Doe@example.com")
    }

    @Test(
        "are told why they may not come in only when the password is right",
        arguments: [
            (BindResult.denied(.accountDisabled, ""), LoginDenial.accountDisabled),
            (.denied(.accountExpired, ""), .accountExpired), (.denied(.outsideLogonHours, ""), .outsideLogonHours),
            (.denied(.passwordExpired, ""), .passwordExpired), (.mustChangePassword(""), .passwordExpired),
        ])
    func denials(_ result: BindResult, _ denial: LoginDenial) async throws {
        jane()
        directory.accept(Self.dn, "right", result)
        #expect(try await logIn(connector(), "jane", "wrong") == nil)
        await #expect(throws: ConnectorError.denied(denial, "\(Self.dn): ")) { try await logIn(connector()) }
    }

    @Test(
        "who are disabled by an attribute do not come in, nor stay in",
        arguments: [
            ("userAccountControl", "514", LoginDenial.accountDisabled), ("nsAccountLock", "TRUE", .accountDisabled),
            ("pwdAccountLockedTime", "000001010000Z", .accountLocked), ("accountExpires", "132223104000000000", .accountExpired),
        ])
    func states(_ attribute: String, _ value: String, _ denial: LoginDenial) async throws {
        jane()
        let connector = connector()
        let before = try #require(try await logIn(connector, "jane", "right", ["offline_access"]))
        jane([attribute: [value]])
        await #expect(throws: ConnectorError.denied(denial, "\(Self.dn): by its attributes")) { try await logIn(connector) }
        do throws(ConnectorError) {
            _ = try await connector.refresh(before.identity, connectorData: before.connectorData, scopes: [])
            Issue.record("somebody disabled stayed in")
        } catch {
            guard case .gone = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try await logIn(self.connector { $0.userSearch.checksAccountState = false }) != nil)
    }

    @Test(
        "who are not disabled come in",
        arguments: [
            ("userAccountControl", "512"), ("nsAccountLock", "FALSE"), ("pwdAccountLockedTime", "20260101000000Z"),
            ("accountExpires", "0"), ("accountExpires", "9223372036854775807"), ("accountExpires", "150000000000000000"),
        ])
    func goodStates(_ attribute: String, _ value: String) async throws {
        jane([attribute: [value]])
        #expect(try await logIn(connector()) != nil)
    }

    @Test("are asked for again at a refresh, by the name they typed")
    func refresh() async throws {
        jane()
        let connector = connector()
        let found = try #require(try await logIn(connector, "jane", "right", ["offline_access"]))
        jane(["cn": ["Jane Roe"]])
        let again = try await connector.refresh(found.identity, connectorData: found.connectorData, scopes: ["offline_access"])
        #expect(again.identity.username == "Jane Roe")
        #expect(again.connectorData == found.connectorData)
        #expect(directory.names.count == 1)
    }

    @Test("who are gone, moved or somebody else are gone at a refresh; a directory that is down says nothing about them")
    func gone() async throws {
        jane()
        let connector = connector()
        let found = try #require(try await logIn(connector, "jane", "right", ["offline_access"]))
        func refreshed() async -> ConnectorError? {
            do throws(ConnectorError) {
                _ = try await connector.refresh(found.identity, connectorData: found.connectorData, scopes: [])
                return nil
            } catch {
                return error
            }
        }
        #expect(await refreshed() == nil)
        // Only spelled differently.
        jane(dn: "UID=jane, OU=people, DC=example, DC=org")
        #expect(await refreshed() == nil)
        for change in [
            { jane(dn: "uid=jane,ou=left,dc=example,dc=org") }, { jane(["uid": ["other"]]) }, { directory.answer("(uid=jane)") },
        ] {
            change()
            guard case .gone = await refreshed() else {
                Issue.record("somebody else stayed in")
                return
            }
        }
        directory.fail(.failed(DirectoryError(.unreachable, action: "connect")))
        guard case .unavailable = await refreshed() else {
            Issue.record("a directory that is down logged somebody out")
            return
        }
        directory.fail(.overloaded)
        #expect(await refreshed() == .overloaded)
    }

    @Test("are remembered as Dex remembers them", arguments: ["jane", "DOMAIN\\jane", "a*b(c)", "müller"])
    func memory(_ name: String) throws {
        let data = LDAPConnectorData(username: name, dn: Self.dn)
        #expect(LDAPConnectorData(json: data.json) == data)
        let dex =
            #"{"username":"DOMAIN\\5cjane","entry":{"DN":"uid=jane","Attributes":[{"Name":"uid","Values":["jane"],"ByteValues":["amFuZQ=="]}]}}"#
        #expect(LDAPConnectorData(json: Array(dex.utf8)) == LDAPConnectorData(username: "DOMAIN\\jane", dn: "uid=jane"))
        for wrong in ["", "{}", "[]", #"{"username":"a"}"#] { #expect(LDAPConnectorData(json: Array(wrong.utf8)) == nil) }
    }
}

/// Finds nobody and lets everybody in.
private struct AcceptingDirectory: DirectoryClient {
    func search(_ request: SearchRequest) async throws(DirectoryFailure) -> [Entry] { [] }
    func bind(dn: String, password: [UInt8]) async throws(DirectoryFailure) -> BindResult { .accepted }
    func passwordChangeMethod() async throws(DirectoryFailure) -> PasswordChangeMethod? { .passwordModify }
    func changePassword(_ exchange: PasswordExchange) async throws(DirectoryFailure) -> PasswordChangeResult { .changed }
}
