import Directory
import JOSE
import OpenIDConnect
import Synchronization
import Testing

@testable import Connectors

@Suite("An expired password of a directory") struct LDAPPasswordChangeTests {
    private typealias Rule = LDAPSettings.PasswordChangeRule
    private let directory = FakeDirectory()
    private static let dn = "uid=jane,ou=people,dc=example,dc=org"

    private func connector(_ rule: LDAPSettings.PasswordChangeRule = .person) -> LDAPConnector {
        var search = LDAPSettings.UserSearch(baseDN: "dc=example,dc=org", usernameAttributes: ["uid"], idAttribute: "uid")
        search.emailSuffix = "example.org"
        search.nameAttribute = "uid"
        var settings = LDAPSettings(userSearch: search)
        settings.passwordChange = rule
        return LDAPConnector(settings, directory: directory, clock: SystemClock(), random: SystemRandom()) { _ in }
    }

    private func jane(_ result: BindResult, _ more: [String: [String]] = [:], method: PasswordChangeMethod? = .passwordModify) {
        directory.answer("(uid=jane)", entry(Self.dn, ["uid": ["jane"]].merging(more) { $1 }))
        directory.accept(Self.dn, "right", result)
        directory.state.withLock { $0.method = method }
    }

    private func denial(_ connector: LDAPConnector, _ password: String = "right") async -> LoginDenial? {
        do throws(ConnectorError) {
            _ = try await connector.authenticate(username: "jane", password: password, scopes: [])
            return nil
        } catch {
            guard case .denied(let denial, _) = error else {
                Issue.record("\(error)")
                return nil
            }
            return denial
        }
    }

    @Test(
        arguments: [
            // The person can come in and change it.
            (BindResult.mustChangePassword(""), PasswordChangeMethod.passwordModify, Rule.person, LoginDenial.mustChangePassword),
            (.acceptedByGrace(left: 1), .passwordModify, .person, .mustChangePassword),
            // Nobody can any more, but for a service account that may write passwords.
            (.denied(.passwordExpired, ""), .passwordModify, .person, .passwordExpired),
            (.denied(.passwordExpired, ""), .passwordModify, .service, .mustChangePassword),
            (.acceptedByGrace(left: 0), .passwordModify, .person, nil),
            (.acceptedByGrace(left: 0), .passwordModify, .service, .mustChangePassword),
            // Active Directory takes the old password for a proof.
            (.denied(.passwordExpired, ""), .activeDirectory, .person, .mustChangePassword),
            // No way is announced, or none is wanted.
            (.mustChangePassword(""), nil, .person, .passwordExpired),
            (.acceptedByGrace(left: 1), nil, .person, nil),
            (.mustChangePassword(""), .passwordModify, .never, .passwordExpired),
            (.denied(.passwordExpired, ""), .activeDirectory, .never, .passwordExpired),
            (.acceptedByGrace(left: 3), .passwordModify, .never, nil),
            // Another password does not help these.
            (.denied(.accountDisabled, ""), .passwordModify, .service, .accountDisabled),
        ] as [(BindResult, PasswordChangeMethod?, LDAPSettings.PasswordChangeRule, LoginDenial?)])
    func `It can be changed where the directory has a way that the configuration wants`(
        _ result: BindResult, _ method: PasswordChangeMethod?, _ rule: LDAPSettings.PasswordChangeRule, _ expected: LoginDenial?
    ) async {
        jane(result, method: method)
        #expect(await denial(connector(rule)) == expected)
        #expect(await denial(connector(rule), "wrong") == nil)
    }

    @Test func `Of an account that is disabled it cannot be changed`() async {
        jane(.mustChangePassword(""), ["nsAccountLock": ["TRUE"]])
        #expect(await denial(connector()) == .accountDisabled)
    }

    @Test(arguments: [(LDAPSettings.PasswordChangeRule.person, false), (.service, true)])
    func `It is changed for the entry of that name, by the service account only where that is wanted`(
        _ rule: LDAPSettings.PasswordChangeRule, _ asService: Bool
    ) async throws {
        jane(.mustChangePassword(""))
        #expect(try await connector(rule).changePassword(username: "jane", from: "right", to: "new") == .changed)
        let exchange = try #require(directory.state.withLock { $0.exchanges }.first)
        #expect(exchange.dn == Self.dn && exchange.old == Array("right".utf8) && exchange.new == Array("new".utf8))
        #expect(exchange.asService == asService)
    }

    @Test func `Of nobody, and with no old one, nothing is changed`() async throws {
        jane(.mustChangePassword(""))
        #expect(try await connector().changePassword(username: "nobody", from: "right", to: "new") == .wrongPassword)
        #expect(try await connector().changePassword(username: "jane", from: "", to: "new") == .wrongPassword)
        directory.answer("(uid=)", entry(Self.dn, ["uid": ["jane"]]))
        #expect(try await connector().changePassword(username: "", from: "right", to: "new") == .wrongPassword)
        #expect(directory.state.withLock { $0.exchanges }.isEmpty)
    }

    @Test(
        arguments: zip(
            PasswordObjection.allCases, [PasswordRefusal.tooShort, .tooSimple, .usedBefore, .tooSoon, .notAllowed, .other]))
    func `What the directory has against the new one is passed on`(
        _ objection: PasswordObjection, _ refusal: PasswordRefusal
    ) async throws {
        jane(.mustChangePassword(""))
        directory.state.withLock { $0.change = .refused(objection, "words") }
        #expect(
            try await connector().changePassword(username: "jane", from: "right", to: "new") == .refused(refusal, "words"))
    }

    @Test func `A directory that is down is no wrong password`() async {
        jane(.mustChangePassword(""))
        directory.fail(.failed(DirectoryError(.unreachable, action: "connect")))
        await #expect(throws: ConnectorError.self) {
            try await connector().changePassword(username: "jane", from: "right", to: "new")
        }
    }
}
