/// A JWS whose signature was right. Only `JWS.verify` makes one.
public struct VerifiedJWS: Sendable {
    public let header: JSONObject
    public let payload: [UInt8]
    public let algorithm: SignatureAlgorithm
    /// `kid` of the key that verified it: the key's own, or else the header's.
    public let keyID: String?

    init(header: JSONObject, payload: [UInt8], algorithm: SignatureAlgorithm, keyID: String?) {
        self.header = header
        self.payload = payload
        self.algorithm = algorithm
        self.keyID = keyID
    }
}
