import Bytes

/// A directory server: where it listens.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, without brackets.
    public let host: String
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public static func == (one: Endpoint, other: Endpoint) -> Bool {
        one.port == other.port && one.host.hasSameBytes(as: other.host)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(host.exact)
        hasher.combine(port)
    }

    public var description: String {
        (host.containsByte(":") ? "[\(host)]" : host) + ":\(port)"
    }

    func url(_ security: ConnectionSettings.Security) -> String {
        (security == .tls ? "ldaps://" : "ldap://") + description
    }
}
