public import Bytes
import NIOCore

/// Which proxy a request goes through, as the variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say (also in lower case).
///
/// Loopback is never asked for through a proxy, as Go's programs have it.
public struct ProxyRules: Sendable, Hashable {
    public struct Proxy: Sendable, Hashable {
        public let host: String
        public let port: Int
        /// Basic credentials (`user:password`); never shown.
        let credentials: String?

        public static func == (left: Proxy, right: Proxy) -> Bool {
            left.host.hasSameBytes(as: right.host) && left.port == right.port
                && left.credentials?.exact == right.credentials?.exact
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(host.exact)
            hasher.combine(port)
            hasher.combine(credentials?.exact)
        }
    }

    private let secure: Setting
    private let plain: Setting
    private let exceptions: [Exception]

    private enum Setting: Sendable, Hashable {
        case direct
        case through(Proxy)
        /// What is written cannot be used, and going around it would be worse than not going.
        case unusable(variable: String)
    }

    /// No proxy at all.
    public static let none = ProxyRules(environment: [:])

    public init(environment: [ExactText: String]) {
        func variable(_ name: String) -> (name: String, value: String)? {
            for name in [name, name.asciiLowercased] {
                if let value = environment[name.exact], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        func setting(_ name: String) -> Setting {
            guard let (name, value) = variable(name) else { return .direct }
            return Proxy(value).map(Setting.through) ?? .unusable(variable: name)
        }
        secure = setting("HTTPS_PROXY")
        plain = setting("HTTP_PROXY")
        exceptions = (variable("NO_PROXY")?.value ?? "").cut(at: ",").flatMap { $0.fields(at: " ") }.map(Exception.init)
    }

    /// - Returns: nil to go directly.
    /// - Throws: when the variable that counts cannot be used.
    func proxy(for url: UpstreamURL) throws(UpstreamError) -> Proxy? {
        let address = try? SocketAddress(ipAddress: url.host, port: url.port)
        if url.host == "localhost" || address.map(Self.isLoopback) ?? false { return nil }
        if exceptions.contains(where: { $0.covers(url, address) }) { return nil }
        switch url.isSecure ? secure : plain {
        case .direct: return nil
        case .through(let proxy): return proxy
        case .unusable(let name):
            throw .unreachable("the proxy in \(name) cannot be used: write http://host:port")
        }
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        let bytes = address.addressBytes
        return bytes.count == 4 ? bytes[0] == 127 : address.ipAddress == "::1"
    }
}

extension ProxyRules.Proxy {
    /// `http://user:password@host:port`; scheme, credentials and port (80) may be missing.
    init?(_ text: String) {
        var rest = text[...]
        if let (scheme, address) = text.cutOnce(at: ":"), let address = address.afterBytes(of: "//") {
            guard scheme.asciiLowercased == "http" else { return nil }
            rest = address
        }
        rest = rest.before { $0 == UInt8(ascii: "/") }
        var credentials: String?
        if let (before, after) = rest.cutLast(at: "@") {
            guard let plain = Self.unescape(before) else { return nil }
            credentials = plain
            rest = after
        }
        guard let url = UpstreamURL("http://" + rest) else { return nil }
        host = url.host
        port = url.port
        self.credentials = credentials
    }

    private static func unescape(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, rest.prefix(2).allSatisfy(\.isASCIIHexDigit),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// One word of `NO_PROXY`: `*`, an address, a network, or a domain with all that is in it; a port narrows it.
private struct Exception: Sendable, Hashable {
    private let host: String
    private let port: Int?
    private let network: Network?

    private struct Network: Sendable, Hashable {
        let address: [UInt8]
        let length: Int
    }

    init(_ text: Substring) {
        var host = text.asciiLowercased[...]
        var port: Int?
        if let (name, number) = host.cutLast(at: ":"), !name.containsByte(":") || name.endsWithByte("]") {
            port = Int(number)
            host = name
        }
        if let inside = host.afterBytes(of: "[").flatMap({ $0.beforeBytes(of: "]") }) { host = inside }
        if let (address, length) = host.cutOnce(at: "/"), let length = Int(length),
            let address = try? SocketAddress(ipAddress: String(address), port: 0)
        {
            network = Network(address: address.addressBytes, length: length)
        } else {
            network = nil
        }
        if host.startsWithBytes(of: "*.") { host = host.afterBytes(of: "*") ?? host }
        self.host = String(host)
        self.port = port
    }

    func covers(_ url: UpstreamURL, _ address: SocketAddress?) -> Bool {
        if host == "*" { return true }
        if let port, port != url.port { return false }
        if let network {
            guard let bytes = address?.addressBytes, bytes.count == network.address.count,
                0...(bytes.count * 8) ~= network.length
            else { return false }
            return (0..<network.length).allSatisfy { bit in
                (bytes[bit / 8] ^ network.address[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
            }
        }
        if url.host.hasSameBytes(as: host) { return true }
        if let address { return address.ipAddress?.hasSameBytes(as: host) ?? false }
        return url.host.endsWithBytes(of: host.startsWithByte(".") ? host : "." + host)
    }
}
