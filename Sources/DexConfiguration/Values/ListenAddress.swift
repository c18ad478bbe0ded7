import Bytes

/// Where a server listens: `127.0.0.1:5556`, `[::1]:5556`, `localhost:5556` or, on all addresses, `:5556`.
public struct ListenAddress: Sendable, Hashable {
    /// A name or an address without brackets; empty for all addresses of the machine.
    public let host: String
    /// 0 lets the system choose.
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil if the text is not `host:port`.
    public init?(_ text: String) {
        guard let (written, digits) = text.cutLast(at: ":") else { return nil }
        var host = written
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            return nil
        }
        if let inner = host.afterBytes(of: "[") {
            guard let inside = inner.beforeBytes(of: "]") else { return nil }
            host = inside
            guard case .v6? = IPAddress(String(host.cutOnce(at: "%")?.before ?? host)) else { return nil }
        } else if host.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || "[]/:@?#".utf8.contains($0) }) {
            return nil
        }
        self.init(host: String(host), port: port)
    }
}

extension ListenAddress: CustomStringConvertible {
    public var description: String {
        host.containsByte(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension Schema<ListenAddress> {
    static var listenAddress: Schema {
        Schema { place, loading in
            guard case .number(let text) = place.value.content else { return parsed.read(place, loading) }
            loading.problem(
                "expected an address to listen on, found a number", hint: UInt16(text).map { "write \":\($0)\"" }, at: place)
            return nil
        }
    }

    private static var parsed: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            if let address = ListenAddress(text) { return address }
            let hint =
                if text.containsBytes(of: "://") { "write host:port without http://" } else if UInt16(text) != nil {
                    "write :\(text)"
                } else if IPAddress(text) != nil { text.containsByte(":") ? "write [\(text)]:5556" : "write \(text):5556" } else {
                    "write host:port, [IPv6 address]:port or :port"
                }
            throw Mistake("\(quoted(text)) is not an address to listen on", hint: hint)
        }
    }
}
