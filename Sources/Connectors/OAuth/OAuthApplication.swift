import Bytes
public import OpenIDConnect

/// What a provider knows of us: the client that an operator has registered there.
public struct OAuthApplication: Sendable {
    public let clientID: String
    public let proof: Proof
    /// How we show the provider's token endpoint that we are this client.
    public enum Proof: Sendable {
        case secret(String)
        /// A signed statement of somebody whom the provider trusts (RFC 7523 §2.2), fetched each time: it is renewed often.
        case assertion(@Sendable () async throws(ConnectorError) -> String)
    }
    public init(clientID: String, proof: Proof) {
        self.clientID = clientID
        self.proof = proof
    }
}
/// Where the secret stands in a request to the token endpoint (RFC 6749 §2.3.1).
public enum SecretPlacement: Sendable, Hashable {
    case header
    case form
    /// In the header, and in the form where that is not accepted: for providers of which nobody has said what they take.
    case headerThenForm
}

/// Where a provider is, and what its token endpoint takes.
public struct OAuthEndpoints: Sendable {
    public var authorization: String
    public var token: String
    public var placement: SecretPlacement
    public var challenge: ChallengeMethod
    /// What `iss` must be when the browser brings one (RFC 9207 §2.4).
    public var issuer: String?
    /// Besides `invalid_grant`: the provider's errors for a refresh token that is good no more.
    public var deadTokenErrors: Set<ExactText> = []

    public init(
        authorization: String, token: String, placement: SecretPlacement, challenge: ChallengeMethod = .none,
        issuer: String? = nil
    ) {
        self.authorization = authorization
        self.token = token
        self.placement = placement
        self.challenge = challenge
        self.issuer = issuer
    }
}

/// How a code is bound to us (RFC 7636).
public enum ChallengeMethod: String, Sendable, Hashable {
    case none
    case plain
    case sha256 = "S256"
}
