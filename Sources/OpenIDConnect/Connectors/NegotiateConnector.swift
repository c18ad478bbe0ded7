/// A password connector that may recognize people by a ticket that their browser has already (RFC 4559).
public protocol NegotiateConnector: PasswordConnector {
    var negotiation: Negotiation { get }
    /// Who has sent a token.
    /// - Throws: ``ConnectorError/refused(_:)`` for a token that is not good, or of somebody who is not known here.
    func identity(negotiating token: [UInt8], scopes: [String]) async throws(ConnectorError) -> NegotiatedIdentity
}

public enum Negotiation: Sendable, Hashable {
    /// Nobody is asked for a ticket.
    case off
    /// Whoever has no ticket may type a password.
    case beforePassword
    /// Only tickets count.
    case only
}

public struct NegotiatedIdentity: Sendable, Hashable {
    public let found: ConnectorIdentity
    /// What proves this side to the browser; may be empty.
    public let reply: [UInt8]

    public init(_ found: ConnectorIdentity, reply: [UInt8] = []) {
        self.found = found
        self.reply = reply
    }
}
