import Directory
import Kerberos
public import OpenIDConnect

extension LDAPConnector: NegotiateConnector {
    public var negotiation: Negotiation {
        kerberos.map { $0.fallsBack ? .beforePassword : .only } ?? .off
    }

    public func identity(negotiating token: [UInt8], scopes: [String]) async throws(ConnectorError) -> NegotiatedIdentity {
        guard let kerberos else { throw .refused("Kerberos is not switched on") }
        let ticket: Ticket
        do { ticket = try await kerberos.acceptor.accept(token) } catch { throw ConnectorError(error) }
        guard let name = kerberos.name(of: ticket) else { throw .refused("\(ticket.client) is of another realm") }
        guard let entry = try await people.find(name) else { throw .refused("\(ticket.client): no entry for \(name)") }
        if settings.userSearch.checksAccountState, let denial = AccountState(entry).denial(at: clock.now) {
            throw .denied(denial, "\(entry.dn): by its attributes")
        }
        var found = try await identity(of: entry, username: name, scopes: scopes)
        // RFC 8176 §2: Windows integrated authentication, which this is called there.
        found.methods = ["wia"]
        return NegotiatedIdentity(found, reply: ticket.reply)
    }
}

extension ConnectorError {
    fileprivate init(_ failure: TicketFailure) {
        switch failure {
        case .overloaded: self = .overloaded
        case .failed(let error):
            switch error.kind {
            case .unusableKeys: self = .unavailable(error.description)
            case .rejected: self = .refused("the ticket: \(error.description)")
            }
        }
    }
}
