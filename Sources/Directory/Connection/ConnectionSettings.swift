/// How to speak with a directory's servers.
public struct ConnectionSettings: Sendable {
    public enum Security: Sendable, Hashable {
        /// Nothing is encrypted: everybody on the way reads the passwords.
        case plain
        /// Begins in plain and changes to TLS before anything is said (RFC 4511 §4.14).
        case startTLS
        /// TLS from the first byte.
        case tls
    }

    /// Whose certificates are believed.
    public enum Authorities: Sendable, Hashable {
        /// Those of the system.
        case system
        /// Those in this file, in PEM.
        case file(String)
        /// These, in PEM.
        case pem([UInt8])
    }

    public var security: Security
    public var authorities: Authorities
    /// Whether the server must have a good certificate for the name by which it was called.
    public var verifiesServer: Bool
    /// The paths of our own certificate and its key, in PEM.
    public var certificate: (chain: String, key: String)?
    /// For making a connection: TCP and TLS together at most twice this.
    public var connectTimeout: Duration
    /// For one operation.
    public var timeout: Duration
    /// Whether to ask other servers that this one names.
    public var followsReferrals: Bool

    public init(
        security: Security, authorities: Authorities = .system, verifiesServer: Bool = true,
        certificate: (chain: String, key: String)? = nil, connectTimeout: Duration = .seconds(5),
        timeout: Duration = .seconds(10), followsReferrals: Bool = false
    ) {
        self.security = security
        self.authorities = authorities
        self.verifiesServer = verifiesServer
        self.certificate = certificate
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.followsReferrals = followsReferrals
    }
}
