/// A secret for `Sealer`, with the number by which sealed texts name it.
public struct SealingKey: Sendable {
    public let id: UInt32
    /// 32 random bytes.
    public let bytes: [UInt8]

    public static let byteCount = 32

    /// Throws `SealError.invalidKey` unless there are 32 bytes.
    public init(id: UInt32, bytes: [UInt8]) throws(SealError) {
        guard bytes.count == SealingKey.byteCount else { throw .invalidKey }
        self.id = id
        self.bytes = bytes
    }

    public static func generate(id: UInt32, random: any RandomSource = SystemRandom()) throws(SealError) -> SealingKey {
        try SealingKey(id: id, bytes: random.bytes(byteCount))
    }
}

extension SealingKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the secret.
    public var description: String { "sealing key \(id)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
