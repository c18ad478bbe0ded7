import JOSE
import Testing

@Suite("Hashing, comparing, randomness")
struct PrimitiveTests {
    func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test(
        "FIPS 180-4: the hashes of \"abc\"",
        arguments: [
            (HashAlgorithm.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512,
                """
                ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                """
            ),
        ])
    func hashes(_ algorithm: HashAlgorithm, _ expected: String) {
        #expect(hex(algorithm.hash(Array("abc".utf8))) == expected)
        #expect(hex(algorithm.hash("abc".utf8)) == expected)
        #expect(hex(algorithm.hash(Array("xabc".utf8).dropFirst())) == expected)
        #expect(algorithm.hash([]).count == algorithm.byteCount)
    }

    @Test("RFC 4231 test case 2, RFC 2202 test case 2")
    func hmac() {
        let message = Array("what do ya want for nothing?".utf8)
        let key = Array("Jefe".utf8)
        #expect(hex(HashAlgorithm.sha1.hmac(message, key: key)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(
            hex(HashAlgorithm.sha256.hmac(message, key: key))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(HashAlgorithm.sha512.hmac(message, key: key)) == """
                164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737
                """)
    }

    @Test("HMAC with an empty key and an empty message")
    func emptyHMAC() {
        #expect(
            hex(HashAlgorithm.sha256.hmac([], key: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("the hash of each algorithm, for at_hash")
    func hashOfAlgorithm() {
        for algorithm in SignatureAlgorithm.allCases {
            let expected: HashAlgorithm =
                switch algorithm.rawValue.suffix(3) {
                case "256": .sha256
                case "384": .sha384
                default: .sha512
                }
            #expect(algorithm.hash == expected)
        }
    }

    @Test("bytes are equal or not")
    func equality() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
        #expect(!constantTimeEquals([], [0]))
        for index in 0..<32 {
            var other = [UInt8](repeating: 9, count: 32)
            other[index] ^= 0x80
            #expect(!constantTimeEquals(other, [UInt8](repeating: 9, count: 32)))
        }
    }

    @Test("random bytes are as many as asked for, and others each time")
    func random() {
        for count in [0, 1, 12, 32, 4096] { #expect(SystemRandom().bytes(count).count == count) }
        #expect(SystemRandom().bytes(32) != SystemRandom().bytes(32))
    }
}
