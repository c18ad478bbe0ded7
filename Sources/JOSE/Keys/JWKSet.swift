import Bytes

/// A JWK set (RFC 7517 §5) of public keys: private members and symmetric keys never get in.
public struct JWKSet: Sendable, Hashable {
    public private(set) var keys: [JWK]

    /// More keys than any party has use for. A larger set would make each token with an unknown `kid` expensive.
    public static let maximumCount = 100

    /// Takes the public part of each key; symmetric keys have none and are left out.
    public init(_ keys: [JWK]) {
        self.keys = keys.compactMap(\.publicPart)
    }

    /// Leaves out what is not understood, as RFC 7517 §5 asks.
    public init(_ json: JSON) throws(KeyError) {
        guard let entries = json["keys"]?.array else { throw .malformedJWK(member: "keys") }
        guard entries.count <= JWKSet.maximumCount else { throw .unsupported("set of \(entries.count) keys") }
        self.init(entries.compactMap { entry in try? JWK(entry) })
    }

    public var json: JSON {
        ["keys": .array(keys.map(\.json))]
    }

    /// The keys that verify signatures, each for its `alg`, or for all algorithms of its type if it names none.
    /// Leaves out keys for other purposes and of kinds that are not supported.
    public var verificationKeys: [VerificationKey] {
        keys.compactMap { jwk in
            guard jwk.isForVerification, let key = try? PublicKey(jwk: jwk) else { return nil }
            var algorithms = Set(key.specification.algorithms)
            if let name = jwk.algorithm { algorithms = algorithms.filter { $0.rawValue.hasSameBytes(as: name) } }
            guard !algorithms.isEmpty else { return nil }
            return VerificationKey(keyID: jwk.keyID, algorithms: algorithms, material: .public(key))
        }
    }
}
