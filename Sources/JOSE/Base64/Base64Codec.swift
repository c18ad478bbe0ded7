/// Both alphabets of RFC 4648: they differ in two characters and the padding.
struct Base64Codec: Sendable {
    let character62: UInt8
    let character63: UInt8
    let isPadded: Bool

    static let standard = Base64Codec(
        character62: UInt8(ascii: "+"), character63: UInt8(ascii: "/"), isPadded: true)
    static let url = Base64Codec(
        character62: UInt8(ascii: "-"), character63: UInt8(ascii: "_"), isPadded: false)

    // MARK: Encode

    func encodedCount(_ byteCount: Int) -> Int {
        isPadded ? (byteCount + 2) / 3 * 4 : (byteCount * 4 + 2) / 3
    }

    func encode(_ bytes: some Collection<UInt8>) -> String {
        if let text = bytes.withContiguousStorageIfAvailable({ encode(contiguous: $0) }) { return text }
        return Array(bytes).withUnsafeBufferPointer { encode(contiguous: $0) }
    }

    private func encode(contiguous bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { encode(bytes, into: $0) }
    }

    /// Returns how many bytes of `output`, which has room for `encodedCount`, are the text.
    func encode(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var read = 0
        var written = 0
        while read + 3 <= bytes.count {
            let group = UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
            output[written] = character(group >> 18)
            output[written + 1] = character(group >> 12)
            output[written + 2] = character(group >> 6)
            output[written + 3] = character(group)
            read += 3
            written += 4
        }
        let rest = bytes.count - read
        if rest > 0 {
            let group = UInt32(bytes[read]) << 16 | (rest == 2 ? UInt32(bytes[read + 1]) << 8 : 0)
            output[written] = character(group >> 18)
            output[written + 1] = character(group >> 12)
            written += 2
            if rest == 2 {
                output[written] = character(group >> 6)
                written += 1
            }
            if isPadded {
                for _ in rest..<3 {
                    output[written] = UInt8(ascii: "=")
                    written += 1
                }
            }
        }
        return written
    }

    private func character(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 0x3F)
        return switch value {
        case 0..<26: UInt8(ascii: "A") &+ value
        case 26..<52: UInt8(ascii: "a") &+ (value &- 26)
        case 52..<62: UInt8(ascii: "0") &+ (value &- 52)
        case 62: character62
        default: character63
        }
    }

    // MARK: Decode

    func decode(_ text: some Collection<UInt8>) throws(Base64Error) -> [UInt8] {
        let result = text.withContiguousStorageIfAvailable { buffer in
            Result { () throws(Base64Error) in try decode(contiguous: buffer) }
        }
        if let result { return try result.get() }
        return try Array(text).withUnsafeBufferPointer { (buffer) throws(Base64Error) in
            try decode(contiguous: buffer)
        }
    }

    private func decode(contiguous text: UnsafeBufferPointer<UInt8>) throws(Base64Error) -> [UInt8] {
        let digits = try countDigits(text)
        guard digits % 4 != 1 else { throw .invalidLength }
        var failure: Base64Error?
        let bytes = [UInt8](unsafeUninitializedCapacity: digits * 3 / 4) { output, count in
            var bits: UInt32 = 0
            var pending = 0
            for index in 0..<digits {
                guard let value = value(of: text[index]) else {
                    failure = .invalidCharacter(offset: index)
                    return
                }
                bits = bits << 6 | UInt32(value)
                pending += 6
                if pending >= 8 {
                    pending -= 8
                    output[count] = UInt8(truncatingIfNeeded: bits >> UInt32(pending))
                    count += 1
                }
            }
            if bits & ((1 << UInt32(pending)) - 1) != 0 { failure = .nonCanonical }
        }
        if let failure { throw failure }
        return bytes
    }

    /// How many characters precede the padding.
    private func countDigits(_ text: UnsafeBufferPointer<UInt8>) throws(Base64Error) -> Int {
        guard isPadded else { return text.count }
        guard text.count.isMultiple(of: 4) else { throw .missingPadding }
        var count = text.count
        while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        return count
    }

    private func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0") &+ 52
        case character62: 62
        case character63: 63
        default: nil
        }
    }
}
