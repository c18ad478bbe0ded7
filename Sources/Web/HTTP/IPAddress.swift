import Bytes
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IP address without a port. An IPv4 address that arrives in IPv6 dress (`::ffff:192.0.2.1`) is the IPv4 address.
struct IPAddress: Sendable, Hashable {
    /// 16 bytes, IPv4 mapped (RFC 4291 §2.5.5.2), so that one comparison serves both families.
    fileprivate let bytes: [UInt8]

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    var isIPv4: Bool { bytes.starts(with: Self.mappedPrefix) }

    /// - Parameter text: a bare address; a zone (`fe80::1%eth0`) is dropped.
    init?(_ text: some StringProtocol) {
        let bare = text.utf8.prefix { $0 != UInt8(ascii: "%") }
        guard !bare.isEmpty, bare.count <= 45, bare.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let address = String(decoding: bare, as: UTF8.self)
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            bytes = Self.mappedPrefix + withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return nil }
        bytes = withUnsafeBytes(of: &six) { Array($0) }
    }

    /// Takes what proxies write: a bare address, `192.0.2.1:5678`, `[2001:db8::1]` or `[2001:db8::1]:443`.
    init?(forwarded text: Substring) {
        if let address = IPAddress(text) {
            self = address
        } else if let (inside, rest) = text.afterBytes(of: "[")?.cutOnce(at: "]") {
            guard rest.isEmpty || rest.afterBytes(of: ":").map(Self.isPort) ?? false else { return nil }
            self.init(inside)
        } else if let (host, port) = text.cutOnce(at: ":"), Self.isPort(port) {
            self.init(host)
        } else {
            return nil
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIDigit)
    }

    /// The shortest usual text: `192.0.2.1`, `2001:db8::1` (RFC 5952).
    var text: String {
        var buffer = [CChar](repeating: 0, count: 46)
        let source = isIPv4 ? Array(bytes.dropFirst(12)) : bytes
        let family = isIPv4 ? AF_INET : AF_INET6
        guard inet_ntop(family, source, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A range of addresses in CIDR notation: `10.0.0.0/8`, `2001:db8::/32` (RFC 4632).
struct AddressRange: Sendable, Hashable {
    private let network: [UInt8]
    private let prefixLength: Int

    /// A bare address is a range of one.
    init?(_ text: String) {
        let parts = text.cut(at: "/", most: 1)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let bits = address.isIPv4 && !first.containsByte(":") ? 32 : 128
        var length = bits
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(\.isASCIIDigit), let given = Int(parts[1]), given <= bits else {
                return nil
            }
            length = given
        }
        prefixLength = length + 128 - bits
        network = Self.mask(address.bytes, prefixLength)
    }

    func contains(_ address: IPAddress) -> Bool {
        Self.mask(address.bytes, prefixLength) == network
    }

    private static func mask(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 0 ? 0 : byte & (0xFF << (8 - UInt8(kept)))
        }
    }
}
