import Foundation
import JOSE
import Testing

@testable import XMLSecurity

/// Keys are slow to make: one for all tests.
private struct Keys {
    let rsa: PrivateKey
    let ec: PrivateKey
    let stranger: PrivateKey

    static let shared = Result {
        Keys(
            rsa: try PrivateKey.generate(.rsa(bits: 2048)), ec: try PrivateKey.generate(.ec(.p256)),
            stranger: try PrivateKey.generate(.rsa(bits: 2048)))
    }
}

@Suite("A signature") struct SignatureTests {
    private let keys: Keys
    private let verifier: SignatureVerifier

    init() throws {
        keys = try Keys.shared.get()
        verifier = SignatureVerifier(keys: [try keys.stranger.publicKey.pem(), try keys.rsa.publicKey.pem()])
    }

    private func signed(
        _ change: (String) -> String = { $0 }, key: PrivateKey? = nil, algorithm: DocumentSigner.Algorithm = .rsaSHA256,
        content: String = "<n>jane</n>"
    ) throws -> String {
        let signer = DocumentSigner(key: try (key ?? keys.rsa).pem(), algorithm: algorithm, certificate: nil)
        let document = #"<r xmlns="urn:r" ID="_1" x="1">\#(change(signer.template(for: "_1")))\#(content)</r>"#
        return String(decoding: try signer.sign(Array(document.utf8)), as: UTF8.self)
    }

    private func verify(_ text: String, _ verifier: SignatureVerifier? = nil) throws -> VerifiedElement? {
        try (verifier ?? self.verifier).verifiedRoot(of: try XMLDocument(Array(text.utf8)))
    }

    @Test func `What is read is what was signed, without the signature`() throws {
        let verified = try #require(try verify(try signed(content: "<n>ja<!-- no -->ne</n>")))
        #expect(verified.element.name == "r" && verified.element["x"] == "1")
        #expect(verified.element.elements.map(\.name) == ["n"])
        #expect(verified.element.elements[0].text == "jane")
        #expect(String(decoding: verified.bytes, as: UTF8.self) == #"<r xmlns="urn:r" ID="_1" x="1"><n>jane</n></r>"#)
    }

    @Test func `Elliptic curves sign, too`() throws {
        let text = try signed(key: keys.ec, algorithm: .ecdsaSHA256)
        #expect(try verify(text, SignatureVerifier(keys: [try keys.ec.publicKey.pem()])) != nil)
        #expect(throws: XMLSecurityError.wrongSignature) { try verify(text) }
    }

    @Test func `Without a signature nothing is verified`() throws {
        #expect(try verify(#"<r ID="_1"><n>jane</n></r>"#) == nil)
        // One that stands deeper is not one of this element.
        #expect(try verify("<s>" + (try signed()) + "</s>") == nil)
    }

    @Test func `A stranger's signature and a key of no kind are refused`() throws {
        let text = try signed(key: keys.stranger)
        let ours = SignatureVerifier(keys: [try keys.rsa.publicKey.pem()])
        #expect(throws: XMLSecurityError.wrongSignature) { try verify(text, ours) }
        #expect(throws: XMLSecurityError.wrongSignature) { try verify(text, SignatureVerifier(keys: [])) }
        #expect(throws: XMLSecurityError.unusableKey) { try verify(text, SignatureVerifier(keys: ["nonsense"])) }
    }

    @Test func `A child is verified by its own signature only`() throws {
        let child = try signed()
        let document = { (text: String) in try XMLDocument(Array("<s>\(text)</s>".utf8)) }
        #expect(try verifier.verifiedChild("r", in: "urn:r", of: document(child))?.element["x"] == "1")
        #expect(try verifier.verifiedChild("r", in: "urn:other", of: document(child)) == nil)
        #expect(throws: XMLSecurityError.malformed("there are 2 r elements instead of one")) {
            try verifier.verifiedChild("r", in: "urn:r", of: document(child + "<r xmlns='urn:r' ID='_2'/>"))
        }
    }

    private static let changes: [(String, String)] = [
        ("URI=\"#_1\"", "URI=\"#_2\""), ("URI=\"#_1\"", "URI=\"#xpointer(/)\""), ("URI=\"#_1\"", "URI=\"http://a.example/\""),
        ("URI=\"#_1\"", ""),
        ("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"), ("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5"),
        ("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1"), ("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1"),
        ("2000/09/xmldsig#enveloped-signature", "TR/1999/REC-xslt-19991116"),
        ("<ds:DigestValue>", "<!-- --><ds:DigestValue>"), ("<ds:SignatureValue>", "<?a?><ds:SignatureValue>"),
        ("</ds:Signature>", "<ds:Object/></ds:Signature>"), ("</ds:Signature>", "<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>"),
        ("</ds:SignedInfo>", "<ds:Reference URI=\"\"/></ds:SignedInfo>"),
        ("#rsa-sha256\"/>", "#rsa-sha256\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"),
        ("</ds:Transforms>", "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>"),
    ]

    /// Changed after signing, so that the form is what refuses it, before anything is computed.
    @Test("of another form is refused before it is computed", arguments: changes)
    func form(old: String, new: String) throws {
        let text = try signed()
        let changed = text.replacing(old, with: new)
        #expect(changed != text)
        do {
            _ = try verify(changed)
            Issue.record("accepted")
        } catch let error as XMLSecurityError {
            guard case .unacceptableSignature = error else { throw error }
        }
    }

    @Test func `Two signatures are refused`() throws {
        let text = try signed()
        let start = try #require(text.range(of: "<ds:Signature "))
        let end = try #require(text.range(of: "</ds:Signature>"))
        let doubled = text[..<end.upperBound] + text[start.lowerBound...]
        #expect(throws: XMLSecurityError.unacceptableSignature("there are several")) { try verify(String(doubled)) }
    }

    @Test func `SHA-1 is taken only where it is allowed`() throws {
        let sha1 = try signed {
            $0.replacing("2001/04/xmldsig-more#rsa-sha256", with: "2000/09/xmldsig#rsa-sha1")
                .replacing("2001/04/xmlenc#sha256", with: "2000/09/xmldsig#sha1")
        }
        #expect(throws: XMLSecurityError.unacceptableSignature("it uses SHA-1")) { try verify(sha1) }
        #expect(try verify(sha1, SignatureVerifier(keys: [try keys.rsa.publicKey.pem()], allowsSHA1: true)) != nil)
    }

    /// Whatever is changed: what comes out is nothing, or what was signed.
    @Test("changed anywhere by chance never says anything else", arguments: [UInt64(1), 2, 3, 4])
    func mutations(seed: UInt64) throws {
        let original = Array(try signed(content: "<n a='b'>jane</n><m>staff</m>").utf8)
        let truth = try #require(try verifier.verifiedRoot(of: try XMLDocument(original))).bytes
        var random = Generator(state: seed)
        var refused = 0
        for _ in 0..<1500 {
            var bytes = original
            for _ in 0...(random.next() % 3) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[place] ^= UInt8(1 << (random.next() % 8))
                case 1: bytes[place] = UInt8(random.next() % 256)
                case 2: bytes.remove(at: place)
                default:
                    let other = Int(random.next() % UInt64(bytes.count))
                    bytes.insert(contentsOf: bytes[min(place, other)..<min(max(place, other), min(place, other) + 40)], at: place)
                }
            }
            do {
                let verified = try verifier.verifiedRoot(of: try XMLDocument(bytes))
                if let verified { #expect(verified.bytes == truth) } else { refused += 1 }
            } catch { refused += 1 }
        }
        // Spaces and the like inside of the signature change nothing; most changes do.
        #expect(refused > 1000)
    }
}

/// SplitMix64: the same mutations at each run.
private struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
