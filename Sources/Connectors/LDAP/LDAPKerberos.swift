import Bytes
public import Kerberos
public import Workers

/// How people of a directory log in by tickets.
public struct LDAPKerberos: Sendable {
    /// What people are looked up by.
    public enum Username: Sendable, Hashable {
        /// `jane` of `jane@EXAMPLE.ORG`.
        case localPart
        /// All of it.
        case principal
    }

    let acceptor: any TicketAcceptor
    /// In which tickets must be; nil: with ``Username/localPart`` that of our own key.
    let realm: String?
    let username: Username
    let fallsBack: Bool

    public init(acceptor: any TicketAcceptor, realm: String?, username: Username, fallsBack: Bool) {
        self.acceptor = acceptor
        self.realm = realm
        self.username = username
        self.fallsBack = fallsBack
    }

    /// The name to look up.
    /// - Returns: nil for somebody of another realm: `jane` there is somebody else than `jane` here.
    func name(of ticket: Ticket) -> String? {
        let expected = realm ?? (username == .localPart ? ticket.service.realm : nil)
        if let expected, !expected.hasSameBytesFoldingASCII(as: ticket.client.realm) { return nil }
        return username == .localPart ? ticket.client.name : ticket.client.description
    }
}

public protocol TicketAcceptor: Sendable {
    func accept(_ token: [UInt8]) async throws(TicketFailure) -> Ticket
}

public enum TicketFailure: Error, Sendable, Hashable {
    /// Too many wait already.
    case overloaded
    case failed(KerberosError)
}

/// Accepts tickets on threads of its own.
public struct PooledAcceptor: TicketAcceptor {
    private let acceptor: Acceptor
    private let pool: WorkerPool

    public init(_ acceptor: Acceptor, pool: WorkerPool) {
        self.acceptor = acceptor
        self.pool = pool
    }

    public func accept(_ token: [UInt8]) async throws(TicketFailure) -> Ticket {
        let result: Result<Ticket, KerberosError>
        do {
            result = try await pool.run { [acceptor] in
                do throws(KerberosError) { return .success(try acceptor.accept(token)) } catch { return .failure(error) }
            }
        } catch { throw .overloaded }
        switch result {
        case .success(let ticket): return ticket
        case .failure(let error): throw .failed(error)
        }
    }
}
