import JOSE

/// A refresh token in Dex's form: base64url of the protobuf message `{1: grant id, 2: secret}`.
struct RefreshToken: Sendable, Hashable {
    @Exact private(set) var grantID: String
    @Exact private(set) var secret: String

    init(grantID: String, secret: String) {
        self.grantID = grantID
        self.secret = secret
    }

    /// - Returns: nil for what is not one of our tokens.
    init?(parsing text: String) {
        guard text.utf8.count <= 512, let bytes = try? Base64URL.decode(text) else { return nil }
        var fields: [UInt8: String] = [:]
        var rest = bytes[...]
        while let tag = rest.popFirst() {
            guard let length = rest.popFirst(), length < 0x80, rest.count >= Int(length), tag & 7 == 2,
                let value = String(validating: rest.prefix(Int(length)), as: UTF8.self),
                fields.updateValue(value, forKey: tag >> 3) == nil
            else { return nil }
            rest = rest.dropFirst(Int(length))
        }
        guard fields.count == 2, let id = fields[1], let secret = fields[2], !id.isEmpty, !secret.isEmpty else { return nil }
        self.init(grantID: id, secret: secret)
    }

    var text: String {
        let id = Array(grantID.utf8)
        let secret = Array(secret.utf8)
        return Base64URL.encode([1 << 3 | 2, UInt8(id.count)] + id + [2 << 3 | 2, UInt8(secret.count)] + secret)
    }

    var secretHash: [UInt8] { HashAlgorithm.sha256.hash(Array(secret.utf8)) }

    /// The first token of a grant.
    static func first(grantID: String, random: any RandomSource, key: SealingKey) -> RefreshToken {
        sealed(grantID: grantID, start: Identifier.make(random), key: key)
    }

    /// The token that comes after this one. Derived and not drawn, so that a repeated request within the reuse interval
    /// gets the same answer though the store knows only hashes; without `key` nobody can tell it from an old token.
    func successor(key: SealingKey) -> RefreshToken {
        let derived = HashAlgorithm.sha256.hmac(Array("refresh ".utf8) + Array(text.utf8), key: key.bytes)
        return Self.sealed(grantID: grantID, start: Identifier.text(of: Array(derived[..<15])), key: key)
    }

    /// Whether we made this token, however long ago it was replaced. A guess at a grant whose id somebody has seen in an
    /// access token must not be taken for a theft, which would end the grant.
    func wasIssued(with keys: [SealingKey]) -> Bool {
        let start = String(decoding: secret.utf8.prefix(Self.startLength), as: UTF8.self)
        return keys.contains {
            constantTimeEquals(Array(Self.sealed(grantID: grantID, start: start, key: $0).secret.utf8), Array(secret.utf8))
        }
    }

    private static let startLength = 25

    /// A secret is 120 bits that nobody knows, and 80 that prove where they come from.
    private static func sealed(grantID: String, start: String, key: SealingKey) -> RefreshToken {
        let tag = HashAlgorithm.sha256.hmac(Array("issued \(grantID) \(start)".utf8), key: key.bytes)
        return RefreshToken(grantID: grantID, secret: start + Identifier.text(of: Array(tag[..<10])))
    }
}
