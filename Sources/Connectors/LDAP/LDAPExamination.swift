public import Directory
public import OpenIDConnect
import Synchronization

/// What happens when somebody is looked up, step by step, for those who set a connector up. Holds no password.
public struct LDAPExamination: Sendable {
    public struct Search: Sendable {
        public let request: SearchRequest
        /// The DNs that were found, in the server's order.
        public let found: [String]
        /// Why it failed.
        public let problem: String?
    }

    public enum Password: Sendable, Hashable {
        case notTried
        case accepted
        case rejected(String)
    }

    /// The server that answered, and what protects the connection to it; nil if none did.
    public internal(set) var server: String?
    public internal(set) var protection: String?
    public internal(set) var searches: [Search] = []
    public internal(set) var password = Password.notTried
    public internal(set) var identity: Identity?
    /// What is wrong; nil if the person could log in.
    public internal(set) var problem: String?
}

extension LDAPConnector {
    /// Looks somebody up as a login would, with all groups.
    /// - Parameter password: also tried, if there is one.
    public func examine(_ username: String, password: String?, servers: DirectoryServers) async -> LDAPExamination {
        var examination = LDAPExamination()
        do throws(DirectoryFailure) {
            (examination.server, examination.protection) = try await servers.probe()
        } catch {
            examination.problem = ConnectorError(error).reason
            return examination
        }
        let trace = Trace(servers)
        let connector = asking(trace) { _ in }
        do throws(ConnectorError) {
            if let password {
                examination.identity =
                    try await connector.authenticate(username: username, password: password, scopes: ["groups"])?.identity
            } else {
                examination.identity = try await connector.lookUp(username)?.identity
            }
        } catch {
            examination.problem = error.reason
        }
        examination.searches = trace.searches
        if password != nil, trace.searches.first?.found.isEmpty == false { examination.password = trace.password }
        if examination.problem == nil, examination.identity == nil {
            if case .rejected(let text) = examination.password {
                examination.problem = "the password was not accepted: \(text)"
            } else {
                examination.problem = "nobody is called so: the search has found no entry"
            }
        }
        return examination
    }

    private func lookUp(_ username: String) async throws(ConnectorError) -> ConnectorIdentity? {
        guard let entry = try await entry(of: username) else { return nil }
        return try await identity(of: entry, username: username, scopes: ["groups"])
    }
}

/// Passes everything on and writes it down.
private final class Trace: DirectoryClient {
    private let servers: any DirectoryClient
    private let state = Mutex<(searches: [LDAPExamination.Search], password: LDAPExamination.Password)>(([], .notTried))

    init(_ servers: any DirectoryClient) {
        self.servers = servers
    }

    var searches: [LDAPExamination.Search] { state.withLock { $0.searches } }
    var password: LDAPExamination.Password { state.withLock { $0.password } }

    func search(_ request: SearchRequest) async throws(DirectoryFailure) -> [Entry] {
        do throws(DirectoryFailure) {
            let entries = try await servers.search(request)
            state.withLock { $0.searches.append(.init(request: request, found: entries.map(\.dn), problem: nil)) }
            return entries
        } catch {
            state.withLock {
                $0.searches.append(.init(request: request, found: [], problem: ConnectorError(error).reason))
            }
            throw error
        }
    }

    func bind(dn: String, password: [UInt8]) async throws(DirectoryFailure) -> BindResult {
        let result = try await servers.bind(dn: dn, password: password)
        state.withLock { state in
            state.password =
                switch result {
                case .accepted, .acceptedByGrace, .mustChangePassword, .denied: .accepted
                case .rejected(let text): .rejected(text)
                }
        }
        return result
    }

    func passwordChangeMethod() async throws(DirectoryFailure) -> PasswordChangeMethod? {
        try await servers.passwordChangeMethod()
    }

    func changePassword(_ exchange: PasswordExchange) async throws(DirectoryFailure) -> PasswordChangeResult {
        try await servers.changePassword(exchange)
    }
}
