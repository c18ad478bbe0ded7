import Bytes
import DexConfiguration
import OpenIDConnect

extension StoreTarget {
    /// Nothing changes a client of the configuration but the file.
    func requireStored(clientID id: String) throws(Failure) {
        guard let path = configurationPath, staticClient(id) != nil else { return }
        throw Failure("\(Printable.line(id)) is in staticClients of \(path), which hides one in the storage; change it there")
    }

    /// Those that a client may be bound to; nil when there is no configuration to ask.
    var connectorIDs: [String]? {
        configuration.map { $0.connectors.map(\.id) + ($0.enablePasswordDB ? ["local"] : []) }
    }

    func requireConnectors(_ ids: [String]) throws(Failure) {
        guard let known = connectorIDs else { return }
        for id in ids where !known.containsExactly(id) {
            throw Failure("there is no connector \(Printable.line(id)); there is \(known.joined(separator: ", "))")
        }
    }
}

extension Failure {
    static func noClient(_ id: String) -> Failure {
        Failure("there is no client \(Printable.line(id)) in the storage; dextra client list shows which are")
    }
}
