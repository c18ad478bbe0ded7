#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A host and perhaps a port, as `Host`, `:authority` and absolute URLs name them (RFC 9110 §4.2.3 and §7.2).
///
/// There is one reader for every way in which a host is told. It takes what all readers read alike and nothing else: no user, no
/// escapes, no empty label or port, no closing dot, which some servers drop before they choose who answers and others do not.
public struct Authority: Sendable, Hashable {
    /// In lower case, as hosts are compared without regard to ASCII case (RFC 3986 §3.2.2). An IPv6 address stands in its brackets.
    public let host: String
    /// 1 to 65535; nil if none was written.
    public let port: Int?

    /// - Returns: nil for what is no authority.
    public init?(_ text: some StringProtocol) {
        let read =
            text.utf8.withContiguousStorageIfAvailable { Self.parts(of: $0) }
            ?? Array(text.utf8).withUnsafeBufferPointer { Self.parts(of: $0) }
        guard let (hostEnd, hasCapitals, port) = read else { return nil }
        self.port = port
        // Mostly the text is the host: then nothing is copied.
        let host = String(text)
        let end = host.utf8.index(host.startIndex, offsetBy: hostEnd)
        let name = end == host.endIndex ? host : String(host[..<end])
        self.host = hasCapitals ? name.asciiLowercased : name
    }

    private static func parts(of bytes: UnsafeBufferPointer<UInt8>) -> (hostEnd: Int, hasCapitals: Bool, port: Int?)? {
        guard bytes.count <= 255 + 6 else { return nil }
        let hostEnd: Int
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), isIPv6(bytes[1..<end]) else { return nil }
            hostEnd = end + 1
        } else {
            hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
            guard isName(bytes[..<hostEnd]) else { return nil }
        }
        let hasCapitals = bytes[..<hostEnd].contains { (0x41...0x5A).contains($0) }
        if hostEnd == bytes.count { return (hostEnd, hasCapitals, nil) }
        guard bytes[hostEnd] == UInt8(ascii: ":"), let port = port(bytes[(hostEnd + 1)...]) else { return nil }
        return (hostEnd, hasCapitals, port)
    }

    /// The host, with the port if one was written.
    public var text: String { port.map { "\(host):\($0)" } ?? host }

    /// Without the port if it is the scheme's own: 80 of `http`, 443 of `https`.
    public func withoutDefaultPort(scheme: String) -> Authority {
        guard let port, port == Self.defaultPort(scheme: scheme) else { return self }
        return Authority(host: host, port: nil)
    }

    /// 443 of `https`, 80 of all else.
    public static func defaultPort(scheme: String) -> Int { scheme == "https" ? 443 : 80 }

    private init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    public static func == (left: Authority, right: Authority) -> Bool {
        left.port == right.port && left.host.hasSameBytes(as: right.host)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(host.exact)
        hasher.combine(port)
    }

    /// Digits alone, and no number in two spellings.
    private static func port(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"), digits.allSatisfy(\.isASCIIDigit) else {
            return nil
        }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return number <= 65535 ? number : nil
    }

    /// Letters, digits, `-` and `_`, in labels divided by single dots. `_` stands in names of Kubernetes and Active Directory.
    private static func isName(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard !bytes.isEmpty, bytes.count <= 255 else { return false }
        var before = UInt8(ascii: ".")
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "."): if before == UInt8(ascii: ".") { return false }
            case UInt8(ascii: "-"), UInt8(ascii: "_"): break
            default: guard byte.isASCIIDigit || byte.isASCIILetter else { return false }
            }
            before = byte
        }
        return before != UInt8(ascii: ".")
    }

    private static func isIPv6(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard (2...45).contains(bytes.count),
            bytes.allSatisfy({ $0.isASCIIHexDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
        else { return false }
        var address = in6_addr()
        return inet_pton(AF_INET6, String(decoding: bytes, as: UTF8.self), &address) == 1
    }
}
