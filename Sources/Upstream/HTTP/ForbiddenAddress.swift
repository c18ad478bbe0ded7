import NIOCore

/// Addresses that no identity provider has, and that a document of one could abuse us to ask: above all the metadata
/// services of clouds, which give out credentials to whoever can reach them.
///
/// Private and loopback addresses are not among them: providers inside a company have such.
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

    private static func contains(v4 bytes: [UInt8]) -> Bool {
        // Link-local (RFC 3927), this network (RFC 1122), multicast and reserved.
        (bytes[0] == 169 && bytes[1] == 254) || bytes[0] == 0 || bytes[0] >= 224
    }

    private static func contains(v6 bytes: [UInt8]) -> Bool {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        // An IPv4 address in IPv6 (RFC 4291 §2.5.5.2), or behind NAT64 (RFC 6052).
        if bytes.starts(with: mapped) || bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return contains(v4: Array(bytes[12...]))
        }
        let isUnspecified = bytes.allSatisfy { $0 == 0 }
        // Link-local and multicast (RFC 4291), and the metadata service of AWS.
        return isUnspecified || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) || bytes[0] == 0xFF
            || bytes == [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54]
    }
}
