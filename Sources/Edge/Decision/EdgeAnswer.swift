public import FoundationEssentials

/// The answer to a judged request: what the proxy does with the request, or what the client gets instead.
public struct EdgeAnswer: Sendable, Hashable {
    /// 200: the request goes on; anything else goes to the client with ``clientHeaders`` and ``body``.
    public var status: Int
    /// Set on the request that goes on, whatever the client sent under these names.
    public var upstreamHeaders: [EdgeHeaders.Field] = []
    /// Removed from the request that goes on. No name is in both lists.
    public var removedHeaders: [String] = []
    /// For the client: with a refusal, or `Set-Cookie` with a yes.
    public var clientHeaders: [EdgeHeaders.Field] = []
    public var body: [UInt8] = []
    /// Until when requests that agree in everything that is looked at may be given the same answer; nil: not at all.
    public var validUntil: Date?

    public init(status: Int) { self.status = status }

    public var isAllowed: Bool { status == 200 }
}
