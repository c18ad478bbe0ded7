import Testing

@testable import Directory

@Suite("Entries") struct EntryTests {
    @Test("know their attributes in any case")
    func names() {
        let entry = Entry(
            dn: "cn=a", attributes: [.init(name: "objectGUID", values: [[1]]), .init(name: "mail", values: [[2], [3]])])
        #expect(entry["objectguid"] == [[1]])
        #expect(entry["MAIL"] == [[2], [3]])
        #expect(entry["cn"].isEmpty)
    }

    @Test("know their attributes by ASCII's cases alone")
    func otherNames() {
        let entry = Entry(
            dn: "cn=a", attributes: [.init(name: "\u{212A}ind", values: [[1]]), .init(name: "kind", values: [[2]])])
        #expect(entry["Kind"] == [[2]])
        #expect(entry.adding(Entry(dn: "cn=a", attributes: [.init(name: "KIND", values: [[3]])]))["kind"] == [[2], [3]])
        #expect(Entry(dn: "cn=a", attributes: [.init(name: "\u{212A}ind", values: [[1]])])["kind"].isEmpty)
    }

    @Test("are put together again where a server gives values in parts")
    func ranges() {
        let first = Entry(dn: "cn=a", attributes: [.init(name: "memberOf;range=0-1", values: [[1], [2]])])
        #expect(first.incomplete.map(\.name) == ["memberOf"])
        #expect(first.incomplete.map(\.next) == [2])
        let middle = first.adding(Entry(dn: "cn=a", attributes: [.init(name: "memberOf;range=2-*", values: [[3]])]))
        #expect(middle["memberOf"] == [[1], [2], [3]])
        #expect(middle.incomplete.isEmpty)
        let shouted = Entry(dn: "cn=a", attributes: [.init(name: "member;Range=0-1499", values: [[1]])])
        #expect(shouted.incomplete.map(\.next) == [1500])
        let marked = Entry(dn: "cn=a", attributes: [.init(name: "member;\u{301}range=0-1499", values: [[1]])])
        #expect(marked.incomplete.isEmpty)
    }

    @Test("with other options are whole", arguments: ["cn;lang-de", "cn;range", "cn;range=", "cn;range=a-b"])
    func options(_ name: String) {
        #expect(Entry(dn: "cn=a", attributes: [.init(name: name, values: [[1]])]).incomplete.isEmpty)
    }

    @Test("come from servers whose names a domain's DNS gives")
    func servers() {
        #expect(
            ServiceRecords.parse("a.example.com:389 b.example.com.:636")
                == [Endpoint(host: "a.example.com", port: 389), Endpoint(host: "b.example.com", port: 636)])
        #expect(ServiceRecords.parse("").isEmpty)
        #expect(ServiceRecords.parse("a b:x :1 c:0").isEmpty)
    }

    @Test("come from addresses that are written with brackets where they need them")
    func endpoints() {
        #expect(Endpoint(host: "2001:db8::1", port: 636).description == "[2001:db8::1]:636")
        #expect(Endpoint(host: "ldap.example.com", port: 389).description == "ldap.example.com:389")
    }
}
