import NIOCore

/// Addresses that no identity provider has, and that a document of one could abuse us to ask: above all the metadata
/// services of clouds, which give out credentials to whoever can reach them.
///
/// Private and loopback addresses are not among them: providers inside a company have such. Where an IPv6 address is another
/// spelling of an IPv4 address, that one is judged.
enum ForbiddenAddress {
    /// Whether a host is written as a forbidden address.
    static func contains(host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)).map(contains) ?? false
    }

    /// Whether an address that a name led to is forbidden.
    static func contains(_ address: SocketAddress) -> Bool {
        let bytes = address.addressBytes
        return switch bytes.count {
        case 4: contains(v4: bytes)
        case 16: contains(v6: bytes)
        default: true
        }
    }

    // MARK: IPv4

    private static let networks4: [Network] = [
        // This network (RFC 1122 §3.2.1.3), link-local (RFC 3927), protocol assignments (RFC 6890; Oracle's 192.0.0.192), the way
        // to 6to4 (RFC 7526), benchmarks (RFC 2544), multicast and reserved (RFC 1112).
        Network([0], 8), Network([169, 254], 16), Network([192, 0, 0], 24), Network([192, 88, 99], 24), Network([198, 18], 15),
        Network([224], 3),
        // Alibaba's metadata service and Azure's WireServer, which stand among addresses of everybody.
        Network([100, 100, 100, 200], 32), Network([168, 63, 129, 16], 32),
    ]

    private static func contains(v4 bytes: [UInt8]) -> Bool {
        networks4.contains { $0.contains(bytes) }
    }

    // MARK: IPv6

    private static let networks6: [Network] = [
        // Link-local and, beside it, site-local (RFC 4291 §2.5.6, RFC 3879), multicast, discard (RFC 6666), Teredo (RFC 4380).
        Network([0xFE, 0x80], 9), Network([0xFF], 8), Network([0x01, 0, 0, 0, 0, 0, 0, 0], 64), Network([0x20, 0x01, 0, 0], 32),
        // Amazon's services of a machine, and the metadata services of Google, Oracle and Scaleway.
        Network([0xFD, 0, 0x0E, 0xC2], 32), Network([0xFD, 0x20, 0, 0xCE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54], 128),
        Network([0xFD, 0, 0, 0xC1, 0, 0, 0, 0, 0, 0, 0, 0, 0xA9, 0xFE, 0xA9, 0xFE], 128),
        Network([0xFD, 0, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x42], 128),
    ]

    /// What puts an IPv4 address into the last four bytes: compatible and mapped (RFC 4291 §2.5.5), translated (RFC 2765 §2.1) and
    /// NAT64 (RFC 6052 §2.1).
    private static let carriers: [Network] = [
        Network([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 96), Network([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 96),
        Network([0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0], 96), Network([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0], 96),
    ]
    private static let sixToFour = Network([0x20, 0x02], 16)
    private static let localTranslation = Network([0, 0x64, 0xFF, 0x9B, 0, 0x01], 48)
    private static let loopback = Network([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128)

    private static func contains(v6 bytes: [UInt8]) -> Bool {
        if loopback.contains(bytes) { return false }
        if networks6.contains(where: { $0.contains(bytes) }) { return true }
        let last = Array(bytes[12...])
        if carriers.contains(where: { $0.contains(bytes) }) { return contains(v4: last) }
        // RFC 3056 §2.
        if sixToFour.contains(bytes) { return contains(v4: Array(bytes[2..<6])) }
        if localTranslation.contains(bytes) { return containsTranslated(bytes) }
        // ISATAP (RFC 5214 §6.1), under any prefix.
        if bytes[8] & 0xFD == 0, bytes[9...11].elementsEqual([0, 0x5E, 0xFE]) { return contains(v4: last) }
        return false
    }

    /// Of a prefix for NAT64 of somebody's own (RFC 8215) nobody else knows the length, and with it where the IPv4 address stands
    /// (RFC 6052 §2.2). None of the places may hold a forbidden one. What begins with zero is a place that is not used.
    private static func containsTranslated(_ bytes: [UInt8]) -> Bool {
        let places = [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], [12, 13, 14, 15]].map { $0.map { bytes[$0] } }
        let used = places.filter { $0[0] != 0 }
        return used.isEmpty || used.contains { contains(v4: $0) }
    }
}

/// The addresses that begin with the same bits.
private struct Network: Sendable {
    private let prefix: [UInt8]
    private let length: Int

    init(_ prefix: [UInt8], _ length: Int) {
        self.prefix = prefix
        self.length = length
    }

    func contains(_ address: [UInt8]) -> Bool {
        let whole = length / 8
        guard address.starts(with: prefix[..<whole]) else { return false }
        let rest = length % 8
        return rest == 0 || (address[whole] ^ prefix[whole]) >> UInt8(8 - rest) == 0
    }
}
