/// One ASCII character, written as a literal: `","`. A literal with a combining mark does not compile; one beyond ASCII traps.
public struct ASCIIByte: Sendable, Hashable, ExpressibleByUnicodeScalarLiteral {
    public let value: UInt8

    @inlinable
    public init(unicodeScalarLiteral scalar: Unicode.Scalar) {
        value = UInt8(ascii: scalar)
    }
}

extension UInt8 {
    /// `A` to `Z` become `a` to `z`.
    @inlinable
    public var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// `a` to `z` become `A` to `Z`.
    @inlinable
    public var asciiUppercased: UInt8 { (0x61...0x7A).contains(self) ? self & ~0x20 : self }

    @inlinable
    public var isASCIIDigit: Bool { (0x30...0x39).contains(self) }

    @inlinable
    public var isASCIILetter: Bool { (0x61...0x7A).contains(asciiLowercased) }

    @inlinable
    public var isASCIIHexDigit: Bool { isASCIIDigit || (0x61...0x66).contains(asciiLowercased) }
}
