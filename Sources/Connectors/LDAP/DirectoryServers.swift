public import Directory
public import Upstream
public import Workers

/// The servers of one directory, with warm connections to them: one set is bound as the service account and searches, another
/// checks people's passwords and does nothing else.
///
/// The threads are this directory's own, so that a slow one delays only its own people; they start when they are needed.
public final class DirectoryServers: DirectoryClient {
    /// Where the servers are.
    public enum Location: Sendable, Hashable {
        /// The first is asked as long as it answers.
        case servers([Endpoint])
        /// Those that the DNS names for this domain.
        case domain(String)
    }

    /// Who searches.
    public struct Account: Sendable {
        let dn: String
        let password: [UInt8]

        public init(dn: String, password: String) {
            self.dn = dn
            self.password = Array(password.utf8)
        }
    }

    private let location: Location
    private let settings: ConnectionSettings
    private let service: Account?
    private let workers: WorkerPool
    private let searching: ConnectionShelf
    private let checking: ConnectionShelf
    private let health: ServerHealth
    /// Somebody whose turn comes later than this has gone away.
    private let patience: Duration
    private let life: UpstreamLife
    private let onFailure: @Sendable (Endpoint, DirectoryError) -> Void

    /// - Parameters:
    ///   - service: nil to search anonymously.
    ///   - workers: for this directory alone; as many connections of each kind are kept as it has threads.
    ///   - capacity: how many connections of each kind are kept.
    ///   - idleTimeout: how long they are kept without use.
    ///   - life: at its end nobody waits for the servers any longer, though a thread of theirs may.
    ///   - onFailure: told once of a server that does not answer, also where another one answers instead.
    public init(
        _ location: Location, settings: ConnectionSettings, service: Account?, workers: WorkerPool, capacity: Int,
        idleTimeout: Duration, life: UpstreamLife = UpstreamLife(),
        onFailure: @escaping @Sendable (Endpoint, DirectoryError) -> Void = { _, _ in }
    ) {
        self.onFailure = onFailure
        self.location = location
        self.settings = settings
        self.service = service
        self.workers = workers
        self.life = life
        searching = ConnectionShelf(capacity: capacity, idleTimeout: idleTimeout)
        checking = ConnectionShelf(capacity: capacity, idleTimeout: idleTimeout)
        health = ServerHealth()
        patience = settings.timeout + settings.connectTimeout
    }

    public func search(_ request: SearchRequest) async throws(DirectoryFailure) -> [Entry] {
        try await run(searching) { connection throws(DirectoryError) in try connection.search(request) }
    }

    public func bind(dn: String, password: [UInt8]) async throws(DirectoryFailure) -> BindResult {
        try await run(checking) { connection throws(DirectoryError) in try connection.bind(dn: dn, password: password) }
    }

    public func passwordChangeMethod() async throws(DirectoryFailure) -> PasswordChangeMethod? {
        try await run(searching) { connection throws(DirectoryError) in try connection.passwordChangeMethod() }
    }

    public func changePassword(_ exchange: PasswordExchange) async throws(DirectoryFailure) -> PasswordChangeResult {
        let result = try await run(checking) { connection throws(DirectoryError) -> PasswordChangeResult? in
            switch try connection.bind(dn: exchange.dn, password: exchange.old) {
            case .accepted, .acceptedByGrace, .mustChangePassword: try connection.change(exchange)
            case .rejected(let text): .wrongPassword(text)
            case .denied(.passwordExpired, _) where exchange.asService: nil
            case .denied(_, let text): .refused(.notAllowed, text)
            }
        }
        if let result { return result }
        guard service != nil else { return .refused(.notAllowed, "there is no service account (bindDN) that could change it") }
        return try await run(searching) { connection throws(DirectoryError) in try connection.change(exchange) }
    }

    /// Connects anew and binds as the service account.
    /// - Returns: the server, and what protects the connection to it.
    public func probe() async throws(DirectoryFailure) -> (server: String, protection: String?) {
        try await run(searching) { connection throws(DirectoryError) in ("\(connection.endpoint)", connection.protection) }
    }

    // MARK: On one of the threads

    private func run<Value: Sendable>(
        _ shelf: ConnectionShelf, _ work: @escaping @Sendable (Connection) throws(DirectoryError) -> Value
    ) async throws(DirectoryFailure) -> Value {
        let asked = ContinuousClock.now
        let result = await life.wait { [self] () -> Result<Value, DirectoryFailure> in
            do {
                return try await workers.run { [self] in
                    if asked.duration(to: .now) > patience { return .failure(.overloaded) }
                    do throws(DirectoryError) { return .success(try perform(shelf, work)) } catch {
                        return .failure(.failed(error))
                    }
                }
            } catch { return .failure(.overloaded) }
        }
        guard let result else {
            throw .failed(DirectoryError(.timedOut, action: "wait for a server", diagnostic: "this provider ends"))
        }
        return try result.get()
    }

    /// Tries a warm connection, then each server.
    private func perform<Value>(
        _ shelf: ConnectionShelf, _ work: (Connection) throws(DirectoryError) -> Value
    ) throws(DirectoryError) -> Value {
        let start = ContinuousClock.now
        while let connection = shelf.take() {
            do throws(DirectoryError) {
                return try use(connection, of: shelf, work)
            } catch {
                guard error.isTemporary else { throw error }
                // A server that had been restarted is no failure yet; one that does not answer is.
                if error.kind == .unreachable { continue }
                fail(connection.endpoint, error)
                break
            }
        }
        var last: DirectoryError?
        for endpoint in try endpoints() {
            do throws(DirectoryError) {
                let connection = try open(endpoint, for: shelf)
                let value = try use(connection, of: shelf, work)
                health.succeeded(endpoint)
                return value
            } catch {
                guard error.isTemporary else { throw error }
                fail(endpoint, error)
                last = error
                // The next server may answer, but nobody is kept waiting for all of a long list.
                if start.duration(to: .now) >= settings.timeout * 2 { break }
            }
        }
        throw last ?? DirectoryError(.unreachable, action: "find a server", diagnostic: "there is none")
    }

    private func use<Value>(
        _ connection: Connection, of shelf: ConnectionShelf, _ work: (Connection) throws(DirectoryError) -> Value
    ) throws(DirectoryError) -> Value {
        do throws(DirectoryError) {
            let value = try work(connection)
            shelf.put(connection)
            return value
        } catch {
            // The answer was no, but it was an answer.
            if !error.isTemporary { shelf.put(connection) }
            throw error
        }
    }

    private func open(_ endpoint: Endpoint, for shelf: ConnectionShelf) throws(DirectoryError) -> Connection {
        let connection = try Connection(to: endpoint, settings)
        guard shelf === searching, let service else { return connection }
        switch try connection.bind(dn: service.dn, password: service.password) {
        case .accepted, .acceptedByGrace: return connection
        case .mustChangePassword(let text), .denied(_, let text), .rejected(let text):
            throw DirectoryError(
                .invalidCredentials, code: 49, action: "bind as the service account \(service.dn)", diagnostic: text)
        }
    }

    private func fail(_ endpoint: Endpoint, _ error: DirectoryError) {
        if health.failed(endpoint, error) { onFailure(endpoint, error) }
        searching.drop(endpoint)
        checking.drop(endpoint)
    }

    private func endpoints() throws(DirectoryError) -> [Endpoint] {
        switch location {
        case .servers(let list): try health.order(list)
        case .domain(let domain): try health.order(try health.servers(of: domain))
        }
    }
}

extension Connection {
    fileprivate func change(_ exchange: PasswordExchange) throws(DirectoryError) -> PasswordChangeResult {
        try changePassword(of: exchange.dn, from: exchange.old, to: exchange.new, by: exchange.method)
    }
}
