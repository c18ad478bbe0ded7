import JOSE
import Testing

@Suite("A signature that is almost right is refused")
struct HostileSignatureTests {
    static let curves: [Curve] = Curve.allCases
    let message = Array("message".utf8)

    @Test("ECDSA: DER, zero halves, the group's order, wrong lengths, swapped halves", arguments: curves)
    func ecdsa(_ curve: Curve) throws {
        let key = try PrivateKey.generate(.ec(curve))
        let size = curve.byteCount
        let good = try key.sign(message, with: curve.algorithm)
        #expect(good.count == 2 * size)
        #expect(key.publicKey.verifies(good, of: message, with: curve.algorithm))

        let r = Array(good[..<size])
        let s = Array(good[size...])
        let zero = [UInt8](repeating: 0, count: size)
        let ones = [UInt8](repeating: 255, count: size)
        let bad: [[UInt8]] = [
            [], zero + zero, zero + s, r + zero, ones + s, r + ones, ones + ones, s + r,
            Array(good.dropLast()), Array(good.dropFirst()), good + [0], [0] + good, r, s,
            [0] + r + [0] + s, good + good, der(r, s),
        ]
        for signature in bad {
            #expect(!key.publicKey.verifies(signature, of: message, with: curve.algorithm))
        }
    }

    @Test("ECDSA: one curve's signature length is not another's")
    func otherCurve() throws {
        let key = try PrivateKey.generate(.ec(.p256))
        let other = try PrivateKey.generate(.ec(.p384))
        let signature = try other.sign(message, with: .ES384)
        #expect(!key.publicKey.verifies(signature, of: message, with: .ES256))
        #expect(!key.publicKey.verifies(signature, of: message, with: .ES384))
    }

    @Test("RSA: shorter, longer, zero, the modulus added; PSS is not PKCS #1")
    func rsa() throws {
        let key = try TestKeys.rsa()
        for algorithm in key.specification.algorithms {
            let good = try key.sign(message, with: algorithm)
            #expect(key.publicKey.verifies(good, of: message, with: algorithm))
            let bad = [
                [], Array(good.dropLast()), Array(good.dropFirst()), good + [0], [0] + good,
                [UInt8](repeating: 0, count: good.count), [UInt8](repeating: 255, count: good.count),
            ]
            for signature in bad {
                #expect(!key.publicKey.verifies(signature, of: message, with: algorithm))
            }
            for other in SignatureAlgorithm.allCases where other != algorithm {
                #expect(!key.publicKey.verifies(good, of: message, with: other))
            }
        }
    }

    @Test("RSA: a signature without its leading zero is refused (RFC 8017 §8.1.2 step 1)")
    func rsaLeadingZero() throws {
        let key = try TestKeys.rsa()
        for algorithm in [SignatureAlgorithm.RS256, .PS256] {
            // One signature in 256 begins with a zero.
            for number in 0..<10_000 {
                let message = Array("\(number)".utf8)
                let signature = try key.sign(message, with: algorithm)
                guard signature[0] == 0 else { continue }
                #expect(key.publicKey.verifies(signature, of: message, with: algorithm))
                #expect(!key.publicKey.verifies(Array(signature.dropFirst()), of: message, with: algorithm))
                break
            }
        }
    }

    @Test("Ed25519: shorter, longer, and S plus the group's order (RFC 8032 §5.1.7)")
    func ed25519() throws {
        let key = try PrivateKey.generate(.ed25519)
        let good = try key.sign(message, with: .EdDSA)
        #expect(key.publicKey.verifies(good, of: message, with: .EdDSA))
        let order: [UInt8] = [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ]
        var malleated = good
        var carry = 0
        for index in 0..<32 {
            let sum = Int(good[32 + index]) + Int(order[index]) + carry
            malleated[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        for signature in [[], Array(good.dropLast()), good + [0], malleated, [UInt8](repeating: 0, count: 64)] {
            #expect(!key.publicKey.verifies(signature, of: message, with: .EdDSA))
        }
    }

    /// The encoding of ASN.1 that OpenSSL itself uses, which JWS does not.
    private func der(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] {
        func integer(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = Array(bytes.drop { $0 == 0 })
            if let first = bytes.first, first & 0x80 != 0 { bytes.insert(0, at: 0) }
            return [2, UInt8(bytes.count)] + bytes
        }
        let body = integer(r) + integer(s)
        return (body.count < 128 ? [0x30] : [0x30, 0x81]) + [UInt8(body.count)] + body
    }
}
