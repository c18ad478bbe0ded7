import Testing

@testable import Kerberos

@Suite("A name of Kerberos") struct PrincipalTests {
    @Test func `It has a name and a realm`() {
        #expect(Principal("jane@EXAMPLE.ORG") == Principal(name: "jane", realm: "EXAMPLE.ORG"))
        #expect(Principal("HTTP/id.example.org@EXAMPLE.ORG")?.name == "HTTP/id.example.org")
    }

    @Test(arguments: [
        "", "jane", "@EXAMPLE.ORG", "jane@", #"jane\@OTHER@EXAMPLE.ORG"#, "jane@OTHER@EXAMPLE.ORG", #"a\/b@X"#, "a\0b@X",
    ])
    func `What could be taken for another name is none`(_ text: String) {
        #expect(Principal(text) == nil)
    }

    @Test func `It is compared byte by byte`() {
        #expect(Principal("kim@KRB.ORG") == Principal(name: "kim", realm: "KRB.ORG"))
        for other in ["\u{212A}im@KRB.ORG", "kim@\u{212A}RB.ORG", "Kim@KRB.ORG", "kim@krb.org"] {
            #expect(Principal("kim@KRB.ORG") != Principal(other) && Principal(other) != nil)
        }
        #expect(Principal("ann@X@\u{301}") == nil && Principal("ann\\\u{301}@X") == nil)
    }

    @Test func `A keytab that is not there is said so, with its path`() {
        let error = #expect(throws: KerberosError.self) { try Acceptor(keytab: "/nowhere/keytab", principal: nil) }
        #expect(error?.kind == .unusableKeys && error?.description.contains("/nowhere/keytab") == true)
    }
}
