/// Encrypts and authenticates what leaves for a browser or the database and has to come back unchanged.
///
/// AES-256-GCM with a random 96-bit nonce: safe for 2^32 texts a key (NIST SP 800-38D §8.3), so rotate keys.
///
/// A sealed text is base64url of: version (1 byte, 1), key ID (4 bytes, big endian), nonce (12 bytes),
/// ciphertext, tag (16 bytes). Version, key ID and purpose are authenticated with it.
public struct Sealer: Sendable {
    private let sealingKey: SealingKey
    private let keys: [UInt32: SealingKey]

    private static let version: UInt8 = 1
    private static let prefixCount = 5
    private static let overhead = prefixCount + AES256GCM.nonceCount + AES256GCM.tagCount

    /// - `sealing`: seals, and opens.
    /// - `alsoOpening`: only open: keys that sealed before, or that will soon.
    public init(sealing: SealingKey, alsoOpening: [SealingKey] = []) {
        sealingKey = sealing
        var keys = Dictionary(alsoOpening.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        keys[sealing.id] = sealing
        self.keys = keys
    }

    /// A text that only `open` with the same purpose accepts. The purpose names the use, such as `login-state`.
    public func seal(_ plaintext: [UInt8], purpose: String, random: any RandomSource = SystemRandom()) -> String {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(Sealer.overhead + plaintext.count)
        sealed.append(Sealer.version)
        withUnsafeBytes(of: sealingKey.id.bigEndian) { sealed.append(contentsOf: $0) }
        let authenticated = sealed + Array(purpose.utf8)
        let nonce = random.bytes(AES256GCM.nonceCount)
        sealed.append(contentsOf: nonce)
        sealed.append(
            contentsOf: AES256GCM(key: sealingKey.bytes).seal(plaintext, nonce: nonce, authenticating: authenticated))
        return Base64URL.encode(sealed)
    }

    public func open(_ text: String, purpose: String) throws(SealError) -> [UInt8] {
        guard let sealed = try? Base64URL.decode(text), sealed.count >= Sealer.overhead,
            sealed[0] == Sealer.version
        else { throw .malformed }
        let id = sealed[1..<Sealer.prefixCount].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let key = keys[id] else { throw .unknownKey(id) }
        let ciphertextStart = Sealer.prefixCount + AES256GCM.nonceCount
        let plaintext = AES256GCM(key: key.bytes).open(
            Array(sealed[ciphertextStart...]),
            nonce: Array(sealed[Sealer.prefixCount..<ciphertextStart]),
            authenticating: sealed[..<Sealer.prefixCount] + Array(purpose.utf8))
        guard let plaintext else { throw .rejected }
        return plaintext
    }
}
