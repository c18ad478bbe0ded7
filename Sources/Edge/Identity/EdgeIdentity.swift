public import FoundationEssentials
public import JOSE

/// Who asks, proven: by a token, a session or a certificate.
public struct EdgeIdentity: Sendable, Hashable {
    public enum Evidence: Sendable, Hashable {
        /// A token that came with this request.
        case bearer
        /// A session of ours, by its id.
        case session(String)
        /// A client certificate, as a trusted proxy forwards it.
        case certificate
    }

    public var evidence: Evidence
    /// Claim `iss`; for a certificate the name that the configuration gives.
    public var issuer: String
    /// Claim `sub`.
    public var subject: String
    /// Claim `aud`.
    public var audiences: [String]
    /// Only one that the issuer calls verified, or that the configuration takes anyway.
    public var email: String?
    public var groups: [String]
    /// Claim `preferred_username`.
    public var preferredUsername: String?
    /// Claim `name`.
    public var name: String?
    /// All claims of the token.
    public var claims: JSONObject
    /// From this moment on the evidence proves nothing.
    public var expiresAt: Date
    /// What may be passed on as `Authorization: Bearer`: the bearer token, or a session's ID token.
    public var token: String?
    /// A session's access token, for `X-Auth-Request-Access-Token`.
    public var accessToken: String?

    public init(
        evidence: Evidence, issuer: String, subject: String, audiences: [String] = [], email: String? = nil,
        groups: [String] = [], preferredUsername: String? = nil, name: String? = nil, claims: JSONObject = JSONObject(),
        expiresAt: Date, token: String? = nil, accessToken: String? = nil
    ) {
        self.evidence = evidence
        self.issuer = issuer
        self.subject = subject
        self.audiences = audiences
        self.email = email
        self.groups = groups
        self.preferredUsername = preferredUsername
        self.name = name
        self.claims = claims
        self.expiresAt = expiresAt
        self.token = token
        self.accessToken = accessToken
    }

    /// Istio's `request.auth.principal`: `iss/sub`.
    public var principal: String { issuer + "/" + subject }
}
