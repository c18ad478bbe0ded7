import JOSE

extension KeyError {
    /// The same with the option that helps.
    var reason: String {
        self == .passphraseRequired ? "the key is encrypted; give its passphrase with --passphrase-file" : description
    }
}

extension JWSError {
    /// For people who have the token at hand.
    var reason: String {
        switch self {
        case .malformed(.form): "not a signed token: that is three parts of base64url, separated by dots"
        case .malformed(.header): "the first part is not the JSON header of a signed token"
        case .malformed(.payload): "the second part is not base64url"
        case .malformed(.signature): "the third part is not base64url"
        case .tooLong(let bytes): "\(bytes) bytes are too long for a token; up to \(JWS.maximumLength) are read"
        case .unsupportedAlgorithm(let name): "its algorithm \(Printable.line(name)) is not supported"
        case .algorithmNotAllowed(let algorithm): "its algorithm \(algorithm.rawValue) does not fit the key"
        case .criticalHeader: "its header asks for extensions (crit) that are not known"
        case .unknownKey(let keyID):
            "no key in the set " + (keyID.map { "has its kid \(Printable.line($0))" } ?? "fits its algorithm")
        case .secretTooShort(let algorithm): "the secret is too short for \(algorithm.rawValue)"
        case .invalidSignature: "the signature is wrong"
        case .signingFailed(let failure): "OpenSSL: \(failure)"
        }
    }
}
