/// Both alphabets of RFC 4648: they differ in two characters and the padding.
struct Base64Codec: Sendable {
    private let isPadded: Bool
    /// The 64 characters.
    private let alphabet: [UInt8]
    /// For each byte what it stands for; ``invalid`` for those that are not of the alphabet.
    private let values: [UInt8]

    private static let invalid: UInt8 = 0xFF

    static let standard = Base64Codec(lastTwo: "+/", isPadded: true)
    static let url = Base64Codec(lastTwo: "-_", isPadded: false)

    private init(lastTwo: String, isPadded: Bool) {
        let alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + lastTwo).utf8)
        var values = [UInt8](repeating: Self.invalid, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        self.alphabet = alphabet
        self.values = values
        self.isPadded = isPadded
    }

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
        alphabet.withUnsafeBufferPointer { Self.encode(bytes, into: output, $0, isPadded: isPadded) }
    }

    private static func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>,
        _ alphabet: UnsafeBufferPointer<UInt8>, isPadded: Bool
    ) -> Int {
        func character(_ bits: UInt32) -> UInt8 { alphabet[Int(bits & 0x3F)] }
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
        let bytes = values.withUnsafeBufferPointer { Self.decode(UnsafeBufferPointer(rebasing: text[..<digits]), $0) }
        guard let bytes else {
            throw .invalidCharacter(offset: text.firstIndex { values[Int($0)] == Self.invalid } ?? digits)
        }
        // Bits that encode nothing: the lowest four of two characters' twelve, the lowest two of three characters' eighteen.
        let unused: UInt8 = digits % 4 == 2 ? 0xF : digits % 4 == 3 ? 3 : 0
        if unused != 0, values[Int(text[digits - 1])] & unused != 0 { throw .nonCanonical }
        return bytes
    }

    /// Nil for a character that is not of the alphabet.
    private static func decode(_ text: UnsafeBufferPointer<UInt8>, _ values: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4) { output, count in
            var read = 0
            // Values have six bits; `invalid` has more.
            var seen: UInt8 = 0
            while read + 4 <= text.count {
                let (a, b) = (values[Int(text[read])], values[Int(text[read + 1])])
                let (c, d) = (values[Int(text[read + 2])], values[Int(text[read + 3])])
                seen |= a | b | c | d
                output[count] = a << 2 | b >> 4
                output[count + 1] = b << 4 | c >> 2
                output[count + 2] = c << 6 | d
                read += 4
                count += 3
            }
            if read + 2 <= text.count {
                let (a, b) = (values[Int(text[read])], values[Int(text[read + 1])])
                let c = read + 3 <= text.count ? values[Int(text[read + 2])] : 0
                seen |= a | b | c
                output[count] = a << 2 | b >> 4
                count += 1
                if read + 3 <= text.count {
                    output[count] = b << 4 | c >> 2
                    count += 1
                }
            }
            isValid = seen < 64
        }
        return isValid ? bytes : nil
    }

    /// How many characters precede the padding.
    private func countDigits(_ text: UnsafeBufferPointer<UInt8>) throws(Base64Error) -> Int {
        guard isPadded else { return text.count }
        guard text.count.isMultiple(of: 4) else { throw .missingPadding }
        var count = text.count
        while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        return count
    }
}
