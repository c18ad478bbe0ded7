import Bytes

/// A range of IP addresses in CIDR notation: `10.0.0.0/8`, `fd00::/8`.
public struct AddressRange: Sendable, Hashable {
    /// As it is written.
    public let text: String
    /// 4 or 16 bytes.
    public let network: [UInt8]
    /// How many bits of ``network`` count.
    public let prefixLength: Int

    /// Nil if the text is not a range.
    public init?(_ text: String) {
        let parts = text.cut(at: "/")
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = UInt8(parts[1]),
            parts[1].hasSameBytes(as: "\(length)"), Int(length) <= address.bytes.count * 8
        else { return nil }
        self.text = text
        network = address.bytes
        prefixLength = Int(length)
    }

    /// Whether the address, of 4 or 16 bytes, is in the range. An IPv4 address in IPv6 clothes counts as IPv4.
    public func contains(_ address: [UInt8]) -> Bool {
        let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        let bytes = address.count == 16 && address.starts(with: mappedPrefix) ? Array(address.dropFirst(12)) : address
        guard bytes.count == network.count else { return false }
        return (0..<prefixLength).allSatisfy { bit in
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == network[bit / 8] & mask
        }
    }

    /// Whether the address, in text, is in the range; false if it is not an address.
    public func contains(_ address: String) -> Bool {
        IPAddress(address).map { contains($0.bytes) } ?? false
    }
}

extension Schema<AddressRange> {
    static var addressRange: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if let range = AddressRange(text) { return range }
            let hint =
                switch IPAddress(text) {
                case .v4: "write \(text)/32 for one address"
                case .v6: "write \(text)/128 for one address"
                case nil: "write for example 10.0.0.0/8"
                }
            throw Mistake("\(quoted(text)) is not a range of addresses", hint: hint)
        }
    }
}
