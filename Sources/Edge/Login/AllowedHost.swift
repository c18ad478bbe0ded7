/// A host that browsers may be sent to after a login or sign-out, as oauth2-proxy writes them: `a.com` is that host,
/// `.a.com` and `*.a.com` are it and all below it. With a port, that port; with `:*`, any; without, the scheme's own.
public struct AllowedHost: Sendable, Hashable {
    enum Port: Sendable, Hashable {
        case standard
        case number(Int)
        case any
    }

    /// In lower case.
    public let name: String
    public let takesSubdomains: Bool
    let port: Port

    /// - Returns: nil for what is none of these.
    public init?(_ text: String) {
        var text = text.lowercased()[...]
        takesSubdomains = text.hasPrefix(".") || text.hasPrefix("*.")
        if takesSubdomains { text = text.drop { $0 == "*" }.dropFirst() }
        guard let (host, port) = WebOrigin.split(text) else { return nil }
        name = String(host)
        switch port {
        case nil: self.port = .standard
        case "*": self.port = .any
        case let digits?:
            guard let number = WebOrigin.port(digits) else { return nil }
            self.port = .number(number)
        }
        guard !takesSubdomains || !name.hasPrefix("[") else { return nil }
    }

    func allows(_ origin: WebOrigin) -> Bool {
        guard origin.host == name || (takesSubdomains && origin.host.hasSuffix("." + name)) else { return false }
        return switch port {
        case .standard: origin.port == nil || origin.port == origin.standardPort
        case .number(let number): (origin.port ?? origin.standardPort) == number
        case .any: true
        }
    }

    /// The host with its port as browsers write them; nil where it stands for many.
    public var exact: String? {
        guard !takesSubdomains else { return nil }
        return switch port {
        case .standard: name
        case .number(let number): "\(name):\(number)"
        case .any: nil
        }
    }
}

/// Scheme, host and port of a web address, taken apart strictly: what browsers could read otherwise is none.
public struct WebOrigin: Sendable, Hashable {
    let scheme: String
    /// In lower case; an IPv6 address in its brackets.
    let host: String
    let port: Int?

    var standardPort: Int { scheme == "https" ? 443 : 80 }

    /// As browsers write it.
    public var text: String { "\(scheme)://\(host)" + (port.map { $0 == standardPort ? "" : ":\($0)" } ?? "") }

    /// - Parameter url: only what is before the path is looked at.
    public init?(of url: String) {
        // Schemes in capital letters are valid, and nobody writes them.
        guard let scheme = ["https", "http"].first(where: { url.hasPrefix($0 + "://") }) else { return nil }
        let authority = url.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let (host, port) = Self.split(authority.lowercased()[...]) else { return nil }
        if let port {
            guard let number = Self.port(port) else { return nil }
            self.port = number
        } else {
            self.port = nil
        }
        self.scheme = scheme
        self.host = String(host)
    }

    static func split(_ authority: Substring) -> (host: Substring, port: Substring?)? {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[...end]
            guard host.utf8.count > 3,
                host.dropFirst().dropLast().utf8.allSatisfy({
                    isDigit($0) || (0x61...0x66).contains($0) || $0 == 0x3A || $0 == 0x2E
                })
            else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, !host.hasPrefix("."), !host.hasSuffix("."),
                host.utf8.allSatisfy({ isDigit($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F })
            else { return nil }
        }
        let rest = authority[host.endIndex...]
        guard !rest.isEmpty else { return (host, nil) }
        guard rest.hasPrefix(":"), rest.utf8.count > 1 else { return nil }
        return (host, rest.dropFirst())
    }

    static func port(_ digits: Substring) -> Int? {
        guard digits.utf8.count <= 5, digits.utf8.allSatisfy(isDigit), let number = Int(digits), (1...65535).contains(number)
        else { return nil }
        return number
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
