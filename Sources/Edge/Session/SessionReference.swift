import Bytes
import JOSE

/// What the browser has of a session that is kept in the store: 256 random bits. The store finds the session by one hash of
/// them, and cannot open it without another.
struct SessionReference: Sendable {
    let text: String
    private let bytes: [UInt8]

    init(random: any RandomSource) {
        bytes = random.bytes(32)
        text = Self.prefix + Base64URL.encode(bytes)
    }

    /// - Returns: nil for what is no reference.
    init?(_ text: String) {
        guard let encoded = text.afterBytes(of: Self.prefix), encoded.utf8.count == 43,
            let bytes = try? Base64URL.decode(encoded), bytes.count == 32
        else { return nil }
        self.text = text
        self.bytes = bytes
    }

    /// A sealed session begins with its version, `A`; so the two forms cannot be taken for each other.
    private static let prefix = "r."

    var key: [UInt8] { HashAlgorithm.sha256.hash(Array("dextra edge session key\0".utf8) + bytes) }

    func seal(_ plaintext: [UInt8], random: any RandomSource) throws(SealError) -> String {
        try sealer().seal(plaintext, purpose: Self.purpose, random: random)
    }

    func open(_ content: String) -> [UInt8]? {
        try? sealer().open(content, purpose: Self.purpose)
    }

    private static let purpose = "edge-session-content"

    private func sealer() throws(SealError) -> Sealer {
        let secret = HashAlgorithm.sha256.hash(Array("dextra edge session content\0".utf8) + bytes)
        return Sealer(sealing: try SealingKey(id: 1, bytes: secret))
    }
}
