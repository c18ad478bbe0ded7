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

    public init(environment: [String: String]) {
        func variable(_ name: String) -> (name: String, value: String)? {
            for name in [name, name.lowercased()] {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        func setting(_ name: String) -> Setting {
            guard let (name, value) = variable(name) else { return .direct }
            return Proxy(value).map(Setting.through) ?? .unusable(variable: name)
        }
        secure = setting("HTTPS_PROXY")
        plain = setting("HTTP_PROXY")
        exceptions = (variable("NO_PROXY")?.value ?? "").split(whereSeparator: { $0 == "," || $0 == " " }).map(Exception.init)
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
        if let end = text.firstRange(of: "://") {
            guard text[..<end.lowerBound].lowercased() == "http" else { return nil }
            rest = text[end.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var credentials: String?
        if let at = rest.lastIndex(of: "@") {
            guard let plain = Self.unescape(rest[..<at]) else { return nil }
            credentials = plain
            rest = rest[rest.index(after: at)...]
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
            guard let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16), rest.count >= 2 else { return nil }
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
        var host = text.lowercased()
        var port: Int?
        if let colon = host.lastIndex(of: ":"), !host[..<colon].contains(":") || host[..<colon].hasSuffix("]") {
            port = Int(host[host.index(after: colon)...])
            host = String(host[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let parts = host.split(separator: "/", maxSplits: 1)
        if parts.count == 2, let length = Int(parts[1]), let address = try? SocketAddress(ipAddress: String(parts[0]), port: 0) {
            network = Network(address: address.addressBytes, length: length)
        } else {
            network = nil
        }
        if host.hasPrefix("*.") { host.removeFirst() }
        self.host = host
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
        if let address { return address.ipAddress == host || url.host == host }
        return host.hasPrefix(".") ? url.host.hasSuffix(host) : url.host == host || url.host.hasSuffix("." + host)
    }
}
