import Bytes
import JOSE

/// An application that may ask for tokens (RFC 6749 §2).
public struct Client: Sendable, Hashable {
    @Exact public var id: String
    /// Nil for a public client without one.
    public var secret: ClientSecret?
    @Exact public var name: String
    /// Compared as strings (RFC 9700 §2.1), but for a loopback port (RFC 8252 §7.3).
    @Exact public var redirectURIs: [String]
    /// Where browsers may be sent after a logout, compared as strings (OpenID Connect RP-Initiated Logout 1.0 §3.1).
    @Exact public var postLogoutRedirectURIs: [String]
    /// Ids of the clients that may ask for tokens with this client as audience.
    @Exact public var trustedPeers: [String]
    /// True for an application that can keep no secret (RFC 6749 §2.1).
    public var isPublic: Bool
    @Exact public var logoURL: String
    /// Ids of the connectors its users may come from; empty means all.
    @Exact public var allowedConnectors: [String]
    /// The one method it must use at the token endpoint; nil allows Basic and post, as Dex does.
    public var authenticationMethod: ClientAuthenticationMethod?
    /// Its public keys for `private_key_jwt`, as JWKS text.
    @Exact public var keys: String?
    /// When set, UserInfo answers it with a JWT (OpenID Connect Core §5.3.2).
    public var isUserInfoSigned: Bool

    public init(
        id: String, secret: ClientSecret?, name: String, redirectURIs: [String] = [], postLogoutRedirectURIs: [String] = [],
        trustedPeers: [String] = [], isPublic: Bool = false, logoURL: String = "", allowedConnectors: [String] = [],
        authenticationMethod: ClientAuthenticationMethod? = nil, keys: String? = nil, isUserInfoSigned: Bool = false
    ) {
        self.id = id
        self.secret = secret
        self.name = name
        self.redirectURIs = redirectURIs
        self.postLogoutRedirectURIs = postLogoutRedirectURIs
        self.trustedPeers = trustedPeers
        self.isPublic = isPublic
        self.logoURL = logoURL
        self.allowedConnectors = allowedConnectors
        self.authenticationMethod = authenticationMethod
        self.keys = keys
        self.isUserInfoSigned = isUserInfoSigned
    }
}

/// How a client proves who it is at the token endpoint (OpenID Connect Core §9).
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    case basic = "client_secret_basic"
    case post = "client_secret_post"
    case secretJWT = "client_secret_jwt"
    case privateKeyJWT = "private_key_jwt"
    case none
}

/// A client's secret, as written in a configuration file or as its hash in the store. Prints as `***`.
public enum ClientSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    case plain(String)
    /// SHA-256 of a secret that we made (256 random bits need no slow hash).
    case sha256([UInt8])

    /// Compares in constant time.
    public func matches(_ presented: String) -> Bool {
        switch self {
        case .plain(let secret):
            // Hashes of equal length, so that not even the length shows in the time taken.
            constantTimeEquals(HashAlgorithm.sha256.hash(Array(secret.utf8)), HashAlgorithm.sha256.hash(Array(presented.utf8)))
        case .sha256(let hash):
            constantTimeEquals(hash, HashAlgorithm.sha256.hash(Array(presented.utf8)))
        }
    }

    private var bytes: (isHash: Bool, [UInt8]) {
        switch self {
        case .plain(let text): (false, Array(text.utf8))
        case .sha256(let hash): (true, hash)
        }
    }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
}

extension ClientSecret: Hashable {
    public static func == (left: ClientSecret, right: ClientSecret) -> Bool {
        let (left, right) = (left.bytes, right.bytes)
        return left.isHash == right.isHash && constantTimeEquals(left.1, right.1)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.isHash)
        hasher.combine(bytes.1)
    }
}
