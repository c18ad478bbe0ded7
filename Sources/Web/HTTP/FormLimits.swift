/// How large a form may be.
public struct FormLimits: Sendable, Hashable {
    /// Fields, the empty ones between two `&` not counted. Default 100.
    public var fields: Int
    /// Bytes before decoding. Default 1 MiB, so that a SAML response fits; the server's limit of a body comes first.
    public var bytes: Int

    public init(fields: Int = 100, bytes: Int = 1 << 20) {
        self.fields = fields
        self.bytes = bytes
    }
}
