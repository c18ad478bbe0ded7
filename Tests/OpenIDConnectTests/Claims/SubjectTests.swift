import Testing

@testable import OpenIDConnect

@Suite("The subject") struct SubjectTests {
    @Test(
        "is byte for byte what Dex makes of user and connector",
        arguments: [
            ("08a8684b-db88-4b73-90a9-3cd1661f5466", "local", "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"),
            ("0-385-28089-0", "mock", "Cg0wLTM4NS0yODA4OS0wEgRtb2Nr"),
            ("cn=jane,ou=People,dc=example,dc=org", "ldap", "CiNjbj1qYW5lLG91PVBlb3BsZSxkYz1leGFtcGxlLGRjPW9yZxIEbGRhcA"),
            ("example-app", "", "CgtleGFtcGxlLWFwcA"),
            ("", "", ""),
        ])
    func dex(userID: String, connectorID: String, subject: String) {
        #expect(Subject.make(userID: userID, connectorID: connectorID) == subject)
    }

    @Test("of a long id has its length in two bytes")
    func longID() {
        let subject = Subject.make(userID: String(repeating: "x", count: 200), connectorID: "ldap")
        #expect(subject.hasPrefix("CsgB"))
    }
}
