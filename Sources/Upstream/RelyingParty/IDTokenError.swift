public import JOSE

/// Why an ID token is not believed.
public enum IDTokenError: Error, Sendable, Hashable {
    /// Whether it is to be believed cannot be known now.
    case unavailable(RelyingPartyError)
    /// Form, algorithm, key or signature.
    case signature(JWSError)
    /// The provider says that it signs with shared secrets only, or not at all.
    case noAcceptableAlgorithm
    /// The payload is no JSON object.
    case malformed
    /// A claim is missing or of the wrong type.
    case missing(String)
    case wrongIssuer
    /// It is for others.
    case wrongAudience
    /// It was given to another client, or to several of which none is named (Core §3.1.3.7, 4 and 5).
    case wrongAuthorizedParty
    case expired
    case notYetValid
    /// Issued later than now.
    case fromTheFuture
    /// It answers another request.
    case wrongNonce
    /// It came with another access token (Core §3.1.3.6).
    case wrongAccessToken
    /// It is about somebody else than it must be.
    case wrongSubject
}

extension IDTokenError: CustomStringConvertible {
    /// For operators.
    public var description: String {
        switch self {
        case .unavailable(let error): error.description
        case .signature(.unsupportedAlgorithm(let name)):
            "signed with \(ForeignText.clean(name, nil, most: 20)), which is no signature by a key pair"
        case .signature(.algorithmNotAllowed(let algorithm)):
            "signed with \(algorithm.rawValue), which the provider's discovery document or key does not allow"
        case .signature(.unknownKey(let keyID)):
            keyID.map { "signed with the key \(ForeignText.clean($0, nil, most: 80)), which the provider does not publish" }
                ?? "signed with a key that the provider does not publish"
        case .signature(.invalidSignature): "the signature is wrong"
        case .signature(let error): "not a signed token (\(error))"
        case .noAcceptableAlgorithm: "the provider announces no algorithm with key pairs"
        case .malformed: "not a JSON object"
        case .missing(let claim): "the claim \(claim) is missing or not of its type"
        case .wrongIssuer: "iss is another issuer"
        case .wrongAudience: "aud does not name this client"
        case .wrongAuthorizedParty: "azp is not this client"
        case .expired: "it has expired; are the clocks right?"
        case .notYetValid: "nbf is in the future; are the clocks right?"
        case .fromTheFuture: "iat is in the future; are the clocks right?"
        case .wrongNonce: "nonce is not the one that was sent"
        case .wrongAccessToken: "at_hash is of another access token"
        case .wrongSubject: "sub is another person"
        }
    }
}
