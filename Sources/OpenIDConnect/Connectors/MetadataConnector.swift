/// A connector with a description of itself that somebody else's software reads.
public protocol MetadataConnector: Connector {
    func metadata() async throws(ConnectorError) -> ConnectorMetadata
}

public struct ConnectorMetadata: Sendable, Hashable {
    public let contentType: String
    public let bytes: [UInt8]

    public init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }
}
