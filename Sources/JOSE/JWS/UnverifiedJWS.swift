import Bytes

/// A compact JWS taken apart. **Nothing in it is to be believed.**
///
/// It is for finding out which keys to verify with, as a client's assertion says only inside whose it is.
public struct UnverifiedJWS: Sendable {
    public let header: JSONObject
    public let payload: [UInt8]
    /// `kid`
    public let keyID: String?
    let algorithmName: String
    let signature: [UInt8]
    private let text: [UInt8]
    private let signingLength: Int

    /// Takes a compact serialization apart (RFC 7515 §3.1, §5.2 steps 1–7).
    public init(parsing compact: String) throws(JWSError) {
        guard compact.utf8.count <= JWS.maximumLength else { throw .tooLong(bytes: compact.utf8.count) }
        let text = Array(compact.utf8)
        let dot = UInt8(ascii: ".")
        guard let first = text.firstIndex(of: dot), let second = text[(first + 1)...].firstIndex(of: dot),
            !text[(second + 1)...].contains(dot)
        else { throw .malformed(.form) }

        guard let headerBytes = try? Base64URL.decode(utf8: text[..<first]),
            let header = (try? JSON(parsing: headerBytes))?.object,
            let algorithmName = header["alg"]?.string,
            header["kid"] == nil || header["kid"]?.string != nil
        else { throw .malformed(.header) }
        guard let payload = try? Base64URL.decode(utf8: text[(first + 1)..<second]) else { throw .malformed(.payload) }
        guard let signature = try? Base64URL.decode(utf8: text[(second + 1)...]) else { throw .malformed(.signature) }

        self.header = header
        self.payload = payload
        self.keyID = header["kid"]?.string
        self.algorithmName = algorithmName
        self.signature = signature
        self.text = text
        signingLength = second
    }

    /// Header and payload as they were signed.
    private var signingInput: ArraySlice<UInt8> { text[..<signingLength] }

    /// Checks the signature. `jku`, `x5u`, `x5c` and `jwk` in the header are ignored: keys come from the caller.
    public func verified(
        by keys: [VerificationKey], algorithms: Set<SignatureAlgorithm>
    ) throws(JWSError) -> VerifiedJWS {
        guard header["crit"] == nil else { throw .criticalHeader }
        guard let algorithm = SignatureAlgorithm(rawValue: algorithmName) else {
            throw .unsupportedAlgorithm(algorithmName)
        }
        guard algorithms.contains(algorithm) else { throw .algorithmNotAllowed(algorithm) }
        for key in try candidates(among: keys, for: algorithm) where try isSigned(by: key, with: algorithm) {
            return VerifiedJWS(header: header, payload: payload, algorithm: algorithm, keyID: key.keyID ?? keyID)
        }
        throw .invalidSignature
    }

    /// Whether ``verified(by:algorithms:)`` takes some microseconds, whatever comes of it: at most one signature, of RSA, whose
    /// keys verify ten times faster than others.
    public func isVerifiedQuickly(by keys: [VerificationKey]) -> Bool {
        guard let algorithm = SignatureAlgorithm(rawValue: algorithmName) else { return true }
        var count = 0
        for key in keys where (keyID.map { key.isNamed($0) || key.keyID == nil } ?? true) && key.serves(algorithm) {
            guard case .public(let material) = key.material, material.verifiesQuickly else { return false }
            count += 1
        }
        return count <= 1
    }

    /// With `kid`, the keys of that name, else those without a name; without `kid`, all. Never an empty list.
    private func candidates(
        among keys: [VerificationKey], for algorithm: SignatureAlgorithm
    ) throws(JWSError) -> [VerificationKey] {
        var named = keys
        if let keyID {
            named = keys.filter { $0.isNamed(keyID) }
            if named.isEmpty { named = keys.filter { $0.keyID == nil } }
            if named.isEmpty { throw .unknownKey(keyID: keyID) }
        }
        let suitable = named.filter { $0.serves(algorithm) }
        if suitable.isEmpty {
            throw keyID == nil ? .unknownKey(keyID: nil) : .algorithmNotAllowed(algorithm)
        }
        return suitable
    }

    private func isSigned(by key: VerificationKey, with algorithm: SignatureAlgorithm) throws(JWSError) -> Bool {
        switch key.material {
        case .public(let key):
            return key.handle.verify(signature, of: signingInput, with: algorithm)
        case .symmetric(let secret):
            guard secret.count >= algorithm.hash.byteCount else { throw .secretTooShort(algorithm) }
            return constantTimeEquals(algorithm.hash.hmac(signingInput, key: secret), signature)
        }
    }
}
