// `==`, `hasPrefix`, `contains`, `firstIndex(of:)` and `split` of the standard library see characters: `/` followed by U+0301 is one
// character and no slash. These see bytes. ASCII bytes never stand inside a longer UTF-8 sequence, so that what is cut at one is text
// on both sides.

extension StringProtocol where SubSequence == Substring {
    /// Whether two texts are the same byte by byte.
    @inlinable
    public func hasSameBytes(as other: some StringProtocol) -> Bool {
        // Comparing element by element takes ten times as long.
        let same = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { own.count == $0.count && own.elementsEqual($0) }
        }
        if case .some(.some(let same)) = same { return same }
        return utf8.elementsEqual(other.utf8)
    }

    /// Whether two texts are the same when `A` to `Z` count as `a` to `z`. All other bytes must be the same.
    @inlinable
    public func hasSameBytesFoldingASCII(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8) { $0.asciiLowercased == $1.asciiLowercased }
    }

    @inlinable
    public func startsWithBytes(of prefix: some StringProtocol) -> Bool {
        utf8.starts(with: prefix.utf8)
    }

    @inlinable
    public func endsWithBytes(of suffix: some StringProtocol) -> Bool {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// Whether the bytes of the other text stand somewhere in this one. An empty text stands everywhere.
    @inlinable
    public func containsBytes(of other: some StringProtocol) -> Bool {
        guard let first = other.utf8.first else { return true }
        var rest = utf8[...]
        while let index = rest.firstIndex(of: first) {
            rest = rest[index...]
            if rest.starts(with: other.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// What follows the prefix, or nil if the text does not start with its bytes.
    @inlinable
    public func afterBytes(of prefix: some StringProtocol) -> Substring? {
        guard startsWithBytes(of: prefix) else { return nil }
        return self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...]
    }

    /// What precedes the suffix, or nil if the text does not end with its bytes.
    @inlinable
    public func beforeBytes(of suffix: some StringProtocol) -> Substring? {
        guard endsWithBytes(of: suffix) else { return nil }
        return self[..<utf8.index(startIndex, offsetBy: utf8.count - suffix.utf8.count)]
    }

    /// The place of the first such byte.
    @inlinable
    public func firstByte(_ byte: ASCIIByte) -> Index? { utf8.firstIndex(of: byte.value) }

    /// The place of the last such byte.
    @inlinable
    public func lastByte(_ byte: ASCIIByte) -> Index? {
        self[...].utf8.lastIndex(of: byte.value)
    }

    @inlinable
    public func containsByte(_ byte: ASCIIByte) -> Bool { utf8.contains(byte.value) }

    @inlinable
    public func startsWithByte(_ byte: ASCIIByte) -> Bool { utf8.first == byte.value }

    @inlinable
    public func endsWithByte(_ byte: ASCIIByte) -> Bool { self[...].utf8.last == byte.value }

    /// The texts between such bytes. Empty ones are kept: `a,,b` has three parts, and the empty text has one.
    @inlinable
    public func cut(at byte: ASCIIByte, most cuts: Int = .max) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while parts.count < cuts, let index = rest.utf8.firstIndex(of: byte.value) {
            parts.append(rest[..<index])
            rest = rest[utf8.index(after: index)...]
        }
        parts.append(rest)
        return parts
    }

    /// The texts between such bytes, without the empty ones.
    @inlinable
    public func fields(at byte: ASCIIByte) -> [Substring] {
        cut(at: byte).filter { !$0.isEmpty }
    }

    /// The texts before and behind the first such byte, or nil if there is none.
    @inlinable
    public func cutOnce(at byte: ASCIIByte) -> (before: Substring, after: Substring)? {
        guard let index = firstByte(byte) else { return nil }
        return (self[..<index], self[utf8.index(after: index)...])
    }

    /// The texts before and behind the last such byte, or nil if there is none.
    @inlinable
    public func cutLast(at byte: ASCIIByte) -> (before: Substring, after: Substring)? {
        guard let index = lastByte(byte) else { return nil }
        return (self[..<index], self[utf8.index(after: index)...])
    }

    /// Without the bytes at both ends for which the test holds. Only for tests that hold for ASCII alone.
    @inlinable
    public func trimmed(of unwanted: (UInt8) -> Bool) -> Substring {
        var rest = self[...]
        while let byte = rest.utf8.first, byte < 0x80, unwanted(byte) { rest = rest[rest.utf8.index(after: rest.startIndex)...] }
        while let byte = rest.utf8.last, byte < 0x80, unwanted(byte) { rest = rest[..<rest.utf8.index(before: rest.endIndex)] }
        return rest
    }

    /// Without the spaces and tabs at both ends (`OWS`, RFC 9110 §5.6.3).
    @inlinable
    public var trimmedOfOptionalWhitespace: Substring { trimmed { $0 == 0x20 || $0 == 0x09 } }

    /// Without ASCII's white space at both ends: space, tab, line feed, vertical tab, form feed, carriage return.
    @inlinable
    public var trimmedOfASCIIWhitespace: Substring { trimmed { $0 == 0x20 || (0x09...0x0D).contains($0) } }

    /// `A` to `Z` become `a` to `z`; all else stays.
    @inlinable
    public var asciiLowercased: String { mappingASCII(\.asciiLowercased) }

    /// `a` to `z` become `A` to `Z`; all else stays.
    @inlinable
    public var asciiUppercased: String { mappingASCII(\.asciiUppercased) }

    @inlinable
    func mappingASCII(_ change: (UInt8) -> UInt8) -> String {
        guard utf8.contains(where: { change($0) != $0 }) else { return String(self) }
        let source = utf8
        return String(unsafeUninitializedCapacity: source.count) { buffer in
            var count = 0
            for byte in source {
                buffer[count] = change(byte)
                count += 1
            }
            return count
        }
    }

    @inlinable
    public var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }
}
