import JOSE

/// What is remembered while a person is at the provider: it travels sealed with `state`.
struct OIDCVisitMemory: Sendable {
    /// Proves that the ID token answers this request.
    let nonce: String
    /// `code_verifier`; empty without a challenge.
    let verifier: String
    let challenge: OIDCChallenge

    init(random: any RandomSource, challenge: OIDCChallenge) {
        nonce = Base64URL.encode(random.bytes(16))
        verifier = challenge == .none ? "" : Base64URL.encode(random.bytes(32))
        self.challenge = challenge
    }

    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes), let nonce = json["n"]?.string, !nonce.isEmpty,
            let verifier = json["v"]?.string
        else { return nil }
        self.nonce = nonce
        self.verifier = verifier
        challenge = .none
    }

    var bytes: [UInt8] {
        JSONObject([("n", .string(nonce)), ("v", .string(verifier))].map { (name: $0, value: $1) }).serialized()
    }

    /// The parameters of the request that bind its code to us.
    var parameters: [(name: String, value: String)] {
        let value =
            switch challenge {
            case .none: ""
            case .plain: verifier
            case .S256: Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8)))
            }
        let binding = [("code_challenge", value), ("code_challenge_method", challenge.rawValue)]
        return [("nonce", nonce)] + (challenge == .none ? [] : binding)
    }
}
