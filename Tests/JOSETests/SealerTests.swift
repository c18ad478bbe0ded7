import JOSE
import Testing

@Suite("A sealed text")
struct SealerTests {
    let sealer: Sealer
    let key: SealingKey

    init() throws {
        key = try SealingKey(id: 0x0102_0304, bytes: Array(0..<32))
        sealer = Sealer(sealing: key)
    }

    @Test("opens to what was sealed", arguments: [0, 1, 15, 16, 17, 1_000, 100_000])
    func roundTrip(_ count: Int) throws {
        let plaintext = SystemRandom().bytes(count)
        let sealed = sealer.seal(plaintext, purpose: "state")
        #expect(try sealer.open(sealed, purpose: "state") == plaintext)
        #expect(try Base64URL.decode(sealed).count == 1 + 4 + 12 + count + 16)
    }

    @Test("has the documented form, the same in every version of the program")
    func form() throws {
        let sealed = sealer.seal(Array("hello".utf8), purpose: "state", random: CountingRandom())
        let bytes = try Base64URL.decode(sealed)
        #expect(bytes[..<5] == [1, 1, 2, 3, 4])
        #expect(bytes[5..<17] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        // From an independent implementation of AES-GCM.
        #expect(sealed == "AQECAwQAAQIDBAUGBwgJCgsvZ7p3qvAlSKLujhuckhMzZBEIj-w")
    }

    @Test("differs each time")
    func fresh() {
        #expect(sealer.seal([1], purpose: "a") != sealer.seal([1], purpose: "a"))
    }

    @Test("does not open with any one bit changed")
    func tampered() throws {
        let sealed = try Base64URL.decode(sealer.seal(Array("a secret".utf8), purpose: "state"))
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                let expected: SealError =
                    switch index {
                    case 0: .malformed
                    case 1...4: .unknownKey(changed[1...4].reduce(0) { $0 << 8 | UInt32($1) })
                    default: .rejected
                    }
                #expect(throws: expected) { try sealer.open(Base64URL.encode(changed), purpose: "state") }
            }
        }
    }

    @Test("does not open when cut or extended")
    func cut() throws {
        let sealed = try Base64URL.decode(sealer.seal(Array("a secret".utf8), purpose: "state"))
        for count in 0..<sealed.count {
            let expected: SealError = count < 33 ? .malformed : .rejected
            #expect(throws: expected) { try sealer.open(Base64URL.encode(sealed[..<count]), purpose: "state") }
        }
        #expect(throws: SealError.rejected) { try sealer.open(Base64URL.encode(sealed + [0]), purpose: "state") }
    }

    @Test("does not open for another purpose", arguments: ["", "stat", "state ", "State", "state\0", "cookie"])
    func purpose(_ purpose: String) {
        let sealed = sealer.seal([1, 2, 3], purpose: "state")
        #expect(throws: SealError.rejected) { try sealer.open(sealed, purpose: purpose) }
    }

    @Test("does not open from another text", arguments: ["", "A", "!", "AQ==", " ", "AQECAwQ"])
    func foreign(_ text: String) {
        #expect(throws: SealError.malformed) { try sealer.open(text, purpose: "state") }
    }

    @Test("names its key, so that the opener may fetch it")
    func rotation() throws {
        let new = try SealingKey.generate(id: 9)
        let sealedOld = sealer.seal([1], purpose: "state")
        #expect(throws: SealError.unknownKey(key.id)) { try Sealer(sealing: new).open(sealedOld, purpose: "state") }

        let rotated = Sealer(sealing: new, alsoOpening: [key])
        #expect(try rotated.open(sealedOld, purpose: "state") == [1])
        let sealedNew = rotated.seal([2], purpose: "state")
        #expect(throws: SealError.unknownKey(9)) { try sealer.open(sealedNew, purpose: "state") }
    }

    @Test("under a key of the same number but other bytes does not open")
    func sameID() throws {
        let other = Sealer(sealing: try .generate(id: key.id))
        let sealed = sealer.seal([1], purpose: "state")
        #expect(throws: SealError.rejected) { try other.open(sealed, purpose: "state") }
    }

    @Test("a key has 32 bytes and never shows them")
    func keys() {
        for count in [0, 16, 31, 33] {
            #expect(throws: SealError.invalidKey) { try SealingKey(id: 1, bytes: [UInt8](repeating: 0, count: count)) }
        }
        var shown = ""
        dump(key, to: &shown)
        shown += "\(key) \(String(reflecting: key))"
        dump(VerificationKey.Material.symmetric([201, 202]), to: &shown)
        #expect(!shown.contains("31") && !shown.contains("201"))
    }
}
