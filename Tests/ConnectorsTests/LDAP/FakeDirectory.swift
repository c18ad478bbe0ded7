import Connectors
import Directory
import Synchronization

/// Answers filters that it knows, and writes down what it is asked.
final class FakeDirectory: DirectoryClient {
    struct State {
        /// By filter.
        var answers: [String: [Entry]] = [:]
        /// By DN and password.
        var binds: [String: BindResult] = [:]
        var failure: DirectoryFailure?
        var searches: [SearchRequest] = []
        var names: [String] = []
        var method: PasswordChangeMethod?
        var change = PasswordChangeResult.changed
        var exchanges: [PasswordExchange] = []
    }

    let state = Mutex(State())

    func answer(_ filter: String, _ entries: Entry...) {
        state.withLock { $0.answers[filter] = entries }
    }

    func accept(_ dn: String, _ password: String, _ result: BindResult = .accepted) {
        state.withLock { $0.binds[dn + "\n" + password] = result }
    }

    func fail(_ failure: DirectoryFailure?) {
        state.withLock { $0.failure = failure }
    }

    /// The filters that were sent.
    var filters: [String] { state.withLock { $0.searches.map(\.filter) } }
    /// The names whose passwords were checked.
    var names: [String] { state.withLock { $0.names } }

    func search(_ request: SearchRequest) async throws(DirectoryFailure) -> [Entry] {
        let (found, failure) = state.withLock { state in
            state.searches.append(request)
            return (state.answers[request.filter] ?? [], state.failure)
        }
        if let failure { throw failure }
        guard found.count <= request.limit else {
            throw .failed(DirectoryError(.sizeLimitExceeded, action: "search"))
        }
        return found
    }

    func bind(dn: String, password: [UInt8]) async throws(DirectoryFailure) -> BindResult {
        let (result, failure) = state.withLock { state in
            state.names.append(dn)
            return (state.binds[dn + "\n" + String(decoding: password, as: UTF8.self)], state.failure)
        }
        if let failure { throw failure }
        return result ?? .rejected("Invalid credentials")
    }

    func passwordChangeMethod() async throws(DirectoryFailure) -> PasswordChangeMethod? {
        let (method, failure) = state.withLock { ($0.method, $0.failure) }
        if let failure { throw failure }
        return method
    }

    func changePassword(_ exchange: PasswordExchange) async throws(DirectoryFailure) -> PasswordChangeResult {
        state.withLock { state in
            state.exchanges.append(exchange)
            return state.change
        }
    }
}

func entry(_ dn: String, _ attributes: [String: [String]] = [:]) -> Entry {
    Entry(dn: dn, attributes: attributes.map { .init(name: $0, values: $1.map { Array($0.utf8) }) })
}
