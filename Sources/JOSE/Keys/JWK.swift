import Bytes

/// A JSON Web Key (RFC 7517) as it was read or will be written; `PublicKey` and `PrivateKey` make sense of it.
public struct JWK: Sendable, Hashable {
    private var members: JSONObject

    /// Refuses what is no object or has no `kty`.
    public init(_ json: JSON) throws(KeyError) {
        guard let members = json.object else { throw .malformedJWK(member: "") }
        guard members["kty"]?.string != nil else { throw .malformedJWK(member: "kty") }
        for name in ["kid", "use", "alg"] {
            if let value = members[name], value.string == nil { throw .malformedJWK(member: name) }
        }
        self.members = members
    }

    init(type: String, _ parameters: [(name: String, value: JSON)]) {
        members = ["kty": .string(type)]
        for (name, value) in parameters { members[name] = value }
    }

    /// All members, **private ones too** if there are any.
    public var json: JSON { .object(members) }

    /// `RSA`, `EC`, `OKP`, or one that is not supported.
    public var type: String { members["kty"]?.string ?? "" }

    /// `kid`
    public var keyID: String? {
        get { members["kid"]?.string }
        set { members["kid"] = newValue.map { .string($0) } }
    }

    /// `use`: `sig` or `enc`.
    public var use: String? {
        get { members["use"]?.string }
        set { members["use"] = newValue.map { .string($0) } }
    }

    /// `alg`, also one that is not supported.
    public var algorithm: String? {
        get { members["alg"]?.string }
        set { members["alg"] = newValue.map { .string($0) } }
    }

    /// Whether `use` and `key_ops` allow to verify signatures with this key.
    public var isForVerification: Bool {
        if let use, !use.hasSameBytes(as: "sig") { return false }
        if let operations = members["key_ops"] {
            return operations.array?.contains("verify") ?? false
        }
        return true
    }

    /// The same key without its private members. A symmetric key has no such part.
    public var publicPart: JWK? {
        guard !type.hasSameBytes(as: "oct") else { return nil }
        var copy = self
        for name in JWK.privateMembers { copy.members[name] = nil }
        return copy
    }

    /// RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2
    private static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// RFC 7638 §3: base64url of the SHA-256 of the required members, which are in alphabetical order.
    public var thumbprint: String {
        let required =
            switch type.exact {
            case "RSA": ["e", "kty", "n"]
            case "EC": ["crv", "kty", "x", "y"]
            case "OKP": ["crv", "kty", "x"]
            default: ["k", "kty"]
            }
        var object = JSONObject()
        for name in required { object[name] = members[name] }
        return Base64URL.encode(HashAlgorithm.sha256.hash(object.serialized()))
    }

    func text(_ name: String) throws(KeyError) -> String {
        guard let text = members[name]?.string else { throw .malformedJWK(member: name) }
        return text
    }

    subscript(bytes name: String) -> [UInt8]? {
        get { try? bytes(name) }
        set { members[name] = newValue.map { .string(Base64URL.encode($0)) } }
    }

    func has(_ name: String) -> Bool { members[name] != nil }

    /// Bytes in base64url, of exactly that length if one is given.
    func bytes(_ name: String, count: Int? = nil) throws(KeyError) -> [UInt8] {
        let text = try text(name)
        guard let bytes = try? Base64URL.decode(text), !bytes.isEmpty, count == nil || bytes.count == count else {
            throw .malformedJWK(member: name)
        }
        return bytes
    }
}
