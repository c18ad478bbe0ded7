import Testing

@testable import XMLSecurity

@Suite("A document") struct XMLDocumentTests {
    @Test func `Its text is whole, on both sides of comments, instructions and CDATA`() throws {
        let document = try XMLDocument(Array("<n>admin<!-- a -->.<?b c?>e<![CDATA[v]]>il&amp;&#65;</n>".utf8))
        #expect(document.unverifiedRoot.text == "admin.evil&A")
    }

    @Test func `An element that holds elements has no text`() throws {
        let document = try XMLDocument(Array("<n>admin<b>.evil</b></n>".utf8))
        #expect(document.unverifiedRoot.text == nil)
    }

    @Test func `Names, namespaces and attributes are read as they are`() throws {
        let document = try XMLDocument(Array(#"<a:n xmlns:a="urn:a" x="1" a:x="2"><m xmlns="urn:b"/></a:n>"#.utf8))
        let root = document.unverifiedRoot
        #expect(root.name == "n" && root.namespace == "urn:a" && root["x"] == "1")
        #expect(root.attributes.contains { $0.namespace == "urn:a" && $0.value == "2" })
        #expect(root.first("m", in: "urn:b") != nil && root.first("m", in: "urn:a") == nil)
    }

    private static let doctype = XMLSecurityError.malformed(
        "the document has a document type (DOCTYPE), which is never accepted")
    private static let malformed = XMLSecurityError.malformed("the document is not well-formed XML in UTF-8")

    @Test(
        "more than a document is refused",
        arguments: [
            ("<!DOCTYPE r><r/>", doctype),
            (#"<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>"#, doctype),
            (#"<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>"#, doctype),
            (#"<!DOCTYPE r [<!ENTITY a "b">]><r x="&a;"/>"#, doctype),
            ("<r>&a;</r>", malformed), ("<r>", malformed), ("<r/><r/>", malformed), ("", malformed), ("text", malformed),
            ("<a:r/>", malformed), ("<r x='1' x='2'/>", malformed), ("<r>\u{1}</r>", malformed),
            ("<r>&#0;</r>", malformed), (#"<r xmlns:a="u" xmlns:b="u" a:x="1" b:x="2"/>"#, malformed),
            (#"<r ID="a"><s ID="a"/></r>"#, .duplicateID), (#"<r ID="a"><s Id="a"/></r>"#, .duplicateID),
            (#"<r ID="a"><s xml:id="a"/></r>"#, .duplicateID), (#"<r id="a"><s><t ID="a"/></s></r>"#, .duplicateID),
        ])
    func refused(text: String, error: XMLSecurityError) {
        #expect(throws: error) { try XMLDocument(Array(text.utf8)) }
    }

    @Test func `Other encodings than UTF-8 are refused`() {
        let utf16: [UInt8] = [0xFE, 0xFF] + "<!DOCTYPE r><r/>".utf8.flatMap { (byte: UInt8) -> [UInt8] in [0, byte] }
        #expect(throws: XMLSecurityError.self) { try XMLDocument(utf16) }
        #expect(throws: XMLSecurityError.self) { try XMLDocument(Array("<r>".utf8) + [0xFF] + Array("</r>".utf8)) }
    }

    @Test func `Size, depth, namespaces and attributes are limited`() throws {
        let nested = { (count: Int) in
            Array((String(repeating: "<x>", count: count) + String(repeating: "</x>", count: count)).utf8)
        }
        _ = try XMLDocument(nested(64))
        #expect(throws: XMLSecurityError.self) { try XMLDocument(nested(65)) }
        #expect(throws: XMLSecurityError.self) { try XMLDocument(nested(100_000)) }
        let many = { (count: Int, name: String) in
            Array(("<r " + (0..<count).map { "\(name)\($0)='u\($0)'" }.joined(separator: " ") + "/>").utf8)
        }
        _ = try XMLDocument(many(64, "xmlns:a"))
        #expect(throws: XMLSecurityError.self) { try XMLDocument(many(65, "xmlns:a")) }
        #expect(throws: XMLSecurityError.self) { try XMLDocument(many(65, "a")) }
        // Not read and then found too many: refused before.
        let elements = Array(("<r>" + String(repeating: "<a/>", count: 10_000) + "</r>").utf8)
        #expect(throws: XMLSecurityError.malformed("the document has too many elements")) { try XMLDocument(elements) }
        let long = Array("<r>".utf8) + [UInt8](repeating: 0x61, count: XMLDocument.maximumSize) + Array("</r>".utf8)
        #expect(throws: XMLSecurityError.self) { try XMLDocument(long) }
    }

    @Test(
        "escaped text is read as it was",
        arguments: ["<&>\"'", "a\nb\tc\rd", "ä€😀", "]]>", "<!--", "&amp;"])
    func escaping(text: String) throws {
        let escaped = XMLEscaping.escape(text)
        let root = try XMLDocument(Array("<r a=\"\(escaped)\">\(escaped)</r>".utf8)).unverifiedRoot
        #expect(root.text == text && root["a"] == text)
        #expect(XMLEscaping.escape("a\u{0}\u{B}b") == "ab")
    }
}
