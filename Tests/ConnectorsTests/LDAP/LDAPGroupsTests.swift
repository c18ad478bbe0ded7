import Directory
import OpenIDConnect
import Testing

@testable import Connectors

@Suite("Groups of a directory") struct LDAPGroupsTests {
    private let directory = FakeDirectory()
    private let jane = entry("uid=jane", ["uid": ["jane"], "memberOf": ["cn=a", "cn=b"]])

    private func names(
        _ matchers: LDAPSettings.Matcher..., filter: String = "", limit: Int = 100
    ) async throws(ConnectorError) -> [String] {
        var settings = LDAPSettings.GroupSearch(baseDN: "ou=groups", matchers: matchers, nameAttribute: "cn")
        settings.filter = filter
        settings.limit = limit
        return try await LDAPGroups(settings: settings, directory: directory).names(of: jane)
    }

    private func group(_ name: String) -> Entry { entry("cn=\(name)", ["cn": [name]]) }

    private let member = LDAPSettings.Matcher(userAttribute: "DN", groupAttribute: "member")
    private let nested = LDAPSettings.Matcher(userAttribute: "DN", groupAttribute: "member", recursionAttribute: "member")

    @Test("keep their order, and are named once")
    func order() async throws {
        directory.answer("(&(a=b)(member=uid=jane))", group("z"), group("a"), group("z"))
        directory.answer("(&(a=b)(memberUid=jane))", group("a"), group("m"))
        let uid = LDAPSettings.Matcher(userAttribute: "uid", groupAttribute: "memberUid")
        #expect(try await names(member, uid, filter: "(a=b)") == ["z", "a", "m"])
    }

    @Test("are asked for by many values in one search")
    func values() async throws {
        directory.answer("(|(entryDN=cn=a)(entryDN=cn=b))", group("a"), group("b"))
        #expect(try await names(LDAPSettings.Matcher(userAttribute: "memberOf", groupAttribute: "entryDN")) == ["a", "b"])
        #expect(directory.filters.count == 1)
        #expect(try await names(LDAPSettings.Matcher(userAttribute: "nothing", groupAttribute: "member")).isEmpty)
        #expect(directory.filters.count == 1)
    }

    @Test("in groups in groups are found, and a circle comes to its end")
    func circle() async throws {
        directory.answer("(member=uid=jane)", group("team"))
        directory.answer("(member=cn=team)", group("department"))
        directory.answer("(member=cn=department)", group("company"))
        directory.answer("(member=cn=company)", group("team"), group("company"))
        #expect(try await names(nested) == ["team", "department", "company"])
        #expect(directory.filters.count == 4)
        #expect(try await names(member) == ["team"])
    }

    @Test("of one name in two places both lead on")
    func sameName() async throws {
        directory.answer("(member=uid=jane)", entry("cn=x,ou=1", ["cn": ["x"]]), entry("cn=x,ou=2", ["cn": ["x"]]))
        directory.answer("(|(member=cn=x,ou=1)(member=cn=x,ou=2))", group("above"))
        #expect(try await names(nested) == ["x", "above"])
    }

    @Test("are left to Active Directory where that is wanted")
    func inChain() async throws {
        directory.answer("(member:1.2.840.113556.1.4.1941:=uid=jane)", group("a"))
        #expect(
            try await names(LDAPSettings.Matcher(userAttribute: "DN", groupAttribute: "member", inChain: true)) == ["a"])
    }

    @Test("without a name are an error for the operator")
    func nameless() async throws {
        directory.answer("(member=uid=jane)", entry("cn=a"))
        await #expect(throws: ConnectorError.self) { try await names(member) }
    }

    @Test("are none where there is no place for groups, and an error where the directory fails")
    func failures() async throws {
        directory.fail(.failed(DirectoryError(.noSuchObject, action: "search")))
        #expect(try await names(member).isEmpty)
        directory.fail(.failed(DirectoryError(.other, action: "search")))
        await #expect(throws: ConnectorError.self) { try await names(member) }
    }

    @Test("have a limit")
    func limit() async throws {
        directory.answer("(member=uid=jane)", group("a"))
        directory.answer("(member=cn=a)", group("b"))
        directory.answer("(member=cn=b)", group("c"))
        #expect(try await names(nested, limit: 3).count == 3)
        await #expect(throws: ConnectorError.self) { try await names(nested, limit: 2) }
    }
}
