import Bytes
import JOSE

@testable import XMLSecurity

/// A document: what is read is written and read again. Behind `S` it is a change of a signed one: then what is verified must be what
/// was signed.
struct XMLTarget: FuzzTarget {
    static let name = "xml"
    private let signed: [UInt8]
    private let content: XMLElement
    private let verifier: SignatureVerifier

    init() throws {
        let key = try PrivateKey.generate(.ec(.p256))
        let signer = DocumentSigner(key: try key.pem(), algorithm: .ecdsaSHA256, certificate: nil)
        let text = """
            <a:Assertion xmlns:a="urn:a" xmlns:b="urn:b" ID="_1">\(signer.template(for: "_1"))<a:Subject><b:Name f="x">ann@a.example\
            </b:Name></a:Subject><a:Audience>dextra</a:Audience></a:Assertion>
            """
        signed = try signer.sign(Array(text.utf8))
        verifier = SignatureVerifier(keys: [try key.publicKey.pem()])
        guard let verified = try verifier.verifiedRoot(of: XMLDocument(signed)) else { fail("it is not signed") }
        content = verified.element
    }

    func run(_ input: [UInt8]) {
        if input.first == UInt8(ascii: "S") {
            changed(input.dropFirst())
        } else {
            plain(input)
        }
    }

    private func plain(_ input: [UInt8]) {
        guard let document = try? XMLDocument(input) else { return }
        let root = document.unverifiedRoot
        guard let written = try? document.serialized() else { fail("it cannot be written") }
        // Line ends and attributes are normalized when they are read, so that the second reading counts.
        guard let again = try? XMLDocument(written) else {
            // What is written is longer where it was escaped.
            check(written.count > XMLDocument.maximumSize, "what was written is refused")
            return
        }
        check(Self.isSame(root, again.unverifiedRoot), "it is another when read again")
        check((try? verifier.verifiedRoot(of: document)).flatMap { $0 } == nil, "it is verified")
    }

    /// Places, each with how many bytes go, how many come, and those.
    private func changed(_ changes: ArraySlice<UInt8>) {
        var bytes = signed
        var rest = changes
        while rest.count >= 4 {
            let start = rest.startIndex
            let place = (Int(rest[start]) << 8 | Int(rest[start + 1])) % (bytes.count + 1)
            let gone = min(Int(rest[start + 2]), bytes.count - place)
            let come = rest.dropFirst(4).prefix(Int(rest[start + 3]))
            bytes.replaceSubrange(place..<(place + gone), with: come)
            rest = rest.dropFirst(4 + come.count)
        }
        guard let document = try? XMLDocument(bytes), let verified = try? verifier.verifiedRoot(of: document) else { return }
        check(Self.isSame(verified.element, content), "something else is verified: \(String(decoding: bytes, as: UTF8.self))")
    }

    private static func isSame(_ one: XMLElement, _ other: XMLElement) -> Bool {
        one.name.hasSameBytes(as: other.name) && one.namespace.hasSameBytes(as: other.namespace)
            && one.attributes.count == other.attributes.count
            && one.attributes.allSatisfy { attribute in
                other.attributes.contains {
                    $0.name.hasSameBytes(as: attribute.name) && $0.namespace.hasSameBytes(as: attribute.namespace)
                        && $0.value.hasSameBytes(as: attribute.value)
                }
            } && isSame(texts(one), texts(other)) && one.elements.count == other.elements.count
            && zip(one.elements, other.elements).allSatisfy { isSame($0, $1) }
    }

    private static func isSame(_ one: String, _ other: String) -> Bool { one.hasSameBytes(as: other) }

    /// Text that a comment divides is one text when it is read again.
    private static func texts(_ element: XMLElement) -> String {
        element.content.map { if case .text(let text) = $0 { text } else { "\u{0}" } }.joined()
    }
}
