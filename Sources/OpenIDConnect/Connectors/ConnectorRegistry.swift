public import Bytes
import Synchronization

/// The connectors of the configuration, in its order. A reload replaces them all at once.
public final class ConnectorRegistry: Sendable {
    public struct Entry: Sendable {
        public let id: String
        public let name: String
        public let type: String
        /// Grants it may be used for; empty means all.
        public let grantTypes: Set<GrantType>
        /// What becomes of the claims of everybody that it finds.
        public let mapping: IdentityMapping
        /// Domains of e-mail addresses, in lower case: whoever has one is sent here.
        public let emailDomains: Set<ExactText>
        public let connector: any Connector

        public init(
            id: String, name: String, type: String, grantTypes: Set<GrantType> = [], mapping: IdentityMapping = .none,
            emailDomains: some Sequence<String> = [], connector: any Connector
        ) {
            self.id = id
            self.name = name
            self.type = type
            self.grantTypes = grantTypes
            self.mapping = mapping
            self.emailDomains = Set(emailDomains.map(\.asciiLowercased.exact))
            self.connector = connector
        }

        public func allows(_ grant: GrantType) -> Bool {
            grantTypes.isEmpty || grantTypes.contains(grant)
        }

        /// Whether an e-mail address is of one of its domains.
        public func isHome(of address: String) -> Bool {
            guard let domain = address.cutLast(at: "@")?.after else { return false }
            return emailDomains.contains(domain.asciiLowercased.exact)
        }

        public var canRefresh: Bool {
            connector is any RefreshConnector && allows(.refreshToken)
        }
    }

    private struct State {
        var entries: [Entry]
        var generation = 0
    }

    private let state: Mutex<State>

    public init(_ entries: [Entry]) {
        state = Mutex(State(entries: entries))
    }

    public var entries: [Entry] { state.withLock { $0.entries } }

    /// Grows whenever the entries are replaced.
    public var generation: Int { state.withLock { $0.generation } }

    /// Sign-ins that are on their way go on with the connector that has the id of theirs, and end where there is none.
    public func replace(_ entries: [Entry]) {
        state.withLock { $0 = State(entries: entries, generation: $0.generation + 1) }
    }

    public subscript(id: String) -> Entry? {
        entries.first { $0.id.hasSameBytes(as: id) }
    }

    /// Those that a person of this client may choose from, by name as Dex sorts them.
    public func choices(for client: Client) -> [Entry] {
        entries.filter { client.allows(connector: $0.id) }
            .sorted { ($0.name.asciiLowercased.exact, $0.id.exact) < ($1.name.asciiLowercased.exact, $1.id.exact) }
    }
}

extension Client {
    public func allows(connector id: String) -> Bool {
        allowedConnectors.isEmpty || allowedConnectors.containsExactly(id)
    }
}
