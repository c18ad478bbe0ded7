import Bytes
import HTTPTypes

/// Finds who asks when proxies stand in between (`web.clientRemoteIP`).
///
/// A header is a claim that anyone can make. It is read only when the peer of the connection is a trusted proxy, and from
/// the right, since each proxy appends whom it saw: the first address that is not a trusted proxy's is the client's.
public struct ClientAddressRule: Sendable {
    private let header: HTTPField.Name?
    private let trusted: [AddressRange]

    /// The peer's own address, always.
    public static let peer = ClientAddressRule(header: nil, trusted: [])

    private init(header: HTTPField.Name?, trusted: [AddressRange]) {
        self.header = header
        self.trusted = trusted
    }

    /// - Parameters:
    ///   - header: for example `X-Forwarded-For`; empty: the peer's address is taken.
    ///   - trustedProxies: ranges like `10.0.0.0/8`.
    public init(header: String, trustedProxies: [String]) throws(ClientAddressRuleError) {
        var trusted: [AddressRange] = []
        for text in trustedProxies {
            guard let range = AddressRange(text) else { throw .invalidRange(text) }
            trusted.append(range)
        }
        guard !header.isEmpty else {
            self.init(header: nil, trusted: trusted)
            return
        }
        guard let name = HTTPField.Name(header) else { throw .invalidHeader(header) }
        self.init(header: name, trusted: trusted)
    }

    /// Whether an address is a trusted proxy's.
    public func isTrusted(peer: String) -> Bool {
        IPAddress(peer).map(isTrusted) ?? false
    }

    /// - Parameter peer: the address at the other end of the connection.
    package func clientAddress(peer: String, headers: HTTPFields) -> String {
        guard let peerAddress = IPAddress(peer) else { return peer }
        guard let header, isTrusted(peerAddress) else { return peerAddress.text }
        var closest = peerAddress
        let claims = headers[values: header].flatMap { $0.cut(at: ",") }
        for claim in claims.reversed() {
            // What no trusted proxy can have written is not looked behind.
            guard let address = IPAddress(forwarded: claim.trimmedOfOptionalWhitespace) else { break }
            closest = address
            guard isTrusted(address) else { break }
        }
        return closest.text
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        trusted.contains { $0.contains(address) }
    }
}

/// What is wrong with the configuration of ``ClientAddressRule``.
public enum ClientAddressRuleError: Error, Hashable, Sendable {
    case invalidHeader(String)
    /// Not an address range such as `10.0.0.0/8`.
    case invalidRange(String)
}
