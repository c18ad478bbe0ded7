import Testing

@testable import XMLSecurity

@Suite("A document's bounds") struct XMLBoundsTests {
    private static func check(_ text: String) throws { try XMLBounds.check(Array(text.utf8)) }

    private static func attributes(_ count: Int, _ name: String = "a") -> String {
        (0..<count).map { "\(name)\($0)='v'" }.joined(separator: " ")
    }

    private static let tags = String(repeating: "<a/>", count: XMLBounds.maximumElements - 1)

    @Test func `Elements, attributes, namespaces and depth are counted before they are read`() throws {
        try Self.check("<r>\(Self.tags)</r>")
        #expect(throws: XMLSecurityError.self) { try Self.check("<r>\(Self.tags)<a/></r>") }
        try Self.check("<r \(Self.attributes(128))/>")
        #expect(throws: XMLSecurityError.self) { try Self.check("<r \(Self.attributes(129))/>") }
        let element = "<e \(Self.attributes(128))/>"
        try Self.check("<r>\(String(repeating: element, count: 64))</r>")
        #expect(throws: XMLSecurityError.self) { try Self.check("<r>\(String(repeating: element, count: 65))</r>") }
        let declaring = "<e \(Self.attributes(64, "xmlns:a"))/>"
        try Self.check("<r>\(String(repeating: declaring, count: 16))</r>")
        #expect(throws: XMLSecurityError.self) { try Self.check("<r>\(String(repeating: declaring, count: 17))</r>") }
        try Self.check(String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64))
        #expect(throws: XMLSecurityError.self) { try Self.check(String(repeating: "<a>", count: 65)) }
    }

    @Test(
        "are not evaded",
        arguments: [
            "<r \(attributes(200))/>", "<r\n\(attributes(200).replacing("='", with: " = \t'"))\n/>",
            "<r x='>' \(attributes(200))/>", "<r x=\"'\" \(attributes(200))/>", "<!-- ' --><r \(attributes(200))/>",
            "<?p ' ?><r \(attributes(200))/>", "<r><![CDATA[<' \"]]><s \(attributes(200))/></r>",
            "<r><!x <s \(attributes(200))/></r>", "<!DOCTYPE r [<!ENTITY a '<x>'>]><r \(attributes(200))/>",
            "<r><</a>/></</ <s \(attributes(200))/></r>", "<r x='<s \(attributes(200))/>'/>",
        ])
    func evasion(text: String) {
        #expect(throws: XMLSecurityError.self) { try Self.check(text) }
    }

    @Test(
        "are not asked where a parser could see the end of a comment, an instruction or CDATA elsewhere",
        arguments: [
            "<r><!-- -- <s/> --></r>", "<r><!-- \u{1} <s/> --></r>", "<r><?1 <s/> ?></r>", "<r><?p \u{1} <s/> ?></r>",
            "<r><?p \u{FFFE} <s/> ?></r>", "<r><![CDATA[\u{FFFF}]]></r>", "<r><!-- </r>", "<r><![CDATA[ </r>", "<r><?p </r>",
        ])
    func ambiguous(text: String) {
        #expect(throws: XMLBounds.notWellFormed) { try Self.check(text) }
        #expect(throws: XMLBounds.notWellFormed) { try XMLDocument(Array(text.utf8)) }
    }

    @Test func `leave alone what looks like much and is text`() throws {
        let texts = [
            "<r>\(String(repeating: "a=\"b\" ", count: 20_000))</r>", "<r><![CDATA[\(Self.tags)\(Self.tags)]]></r>",
            "<r><!--\(Self.tags)\(Self.tags)--></r>", "<r a='\(String(repeating: "b=\" ", count: 20_000))'/>",
            "<r>😀 ä \u{FFFD} > ]] '</r>",
        ]
        for text in texts { _ = try XMLDocument(Array(text.utf8)) }
    }

    @Test func `What they let through or refuse is what libxml2 sees`() throws {
        var random = SystemRandomNumberGenerator()
        let parts = [
            "<a", "<b:c", " x='1'", " y=\">\"", " xmlns:p='u'", ">", "/>", "</a>", "<!--c-->", "<![CDATA[<z>]]>", "t", "<?p q?>",
        ]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
                .joined()
            // Nothing so small passes a bound: whatever XMLDocument takes, these let through.
            if (try? XMLDocument(Array(("<a>" + text + "</a>").utf8))) != nil { try Self.check("<a>" + text + "</a>") }
        }
    }
}
