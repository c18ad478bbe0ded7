/// A range of addresses of machines: `10.0.0.0/8`, `fd00::/8`.
public struct AddressBlock: Sendable, Hashable {
    private let network: [UInt8]
    private let prefixLength: Int

    /// - Parameters:
    ///   - network: 4 or 16 bytes.
    ///   - prefixLength: how many of their bits count.
    public init(network: [UInt8], prefixLength: Int) {
        self.network = network
        self.prefixLength = min(prefixLength, network.count * 8)
    }

    func contains(_ address: EdgeAddress) -> Bool {
        let bytes = address.bytes
        guard bytes.count == network.count else { return false }
        let whole = prefixLength / 8
        guard bytes[..<whole].elementsEqual(network[..<whole]) else { return false }
        guard prefixLength % 8 != 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (prefixLength % 8))
        return bytes[whole] & mask == network[whole] & mask
    }
}

extension AddressBlock: CustomStringConvertible {
    public var description: String { "\(EdgeAddress(bytes: network))/\(prefixLength)" }
}

extension [AddressBlock] {
    func contains(_ address: EdgeAddress) -> Bool { contains { $0.contains(address) } }
}
