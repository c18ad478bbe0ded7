public import FoundationEssentials

/// One successful authentication: who, by which connector, when and how.
public struct Authentication: Sendable, Hashable {
    public var identity: Identity
    @Exact public var connectorID: String
    /// What the connector needs to ask again at a refresh; opaque to everyone else.
    public var connectorData: [UInt8]?
    /// When the person proved who they are: claim `auth_time`.
    public var time: Date
    /// Claim `amr` (RFC 8176), for instance `["pwd"]`.
    @Exact public var methods: [String]

    public init(identity: Identity, connectorID: String, connectorData: [UInt8]? = nil, time: Date, methods: [String]) {
        self.identity = identity
        self.connectorID = connectorID
        self.connectorData = connectorData
        self.time = time
        self.methods = methods
    }
}
