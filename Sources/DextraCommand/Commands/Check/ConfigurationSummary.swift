import DexConfiguration
import Dextra
import JOSE

/// A good configuration in a few lines, so that one sees whether it is the right one.
struct ConfigurationSummary: Sendable {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    var text: String {
        let details = [
            ("  issuer", configuration.issuer.text),
            ("  storage", storage),
            ("  listens", listeners.map { "\($0.name) \($0.address)" }.joined(separator: ", ")),
            ("  connectors", connectors.map { "\($0.id) (\($0.type))" }.joined(separator: ", ")),
            ("  users", "\(configuration.staticPasswords.count) in the file"),
            ("  clients", "\(configuration.staticClients.count) in the file"),
            ("  signing", signing),
            ("  tokens", "valid for \(DurationText(configuration.expiry.idTokens))"),
        ]
        return Table(details: details + edgeDetails).text
    }

    /// What somebody has to copy who lets a proxy ask that hands on only what it is told to.
    private var edgeDetails: [(String, String)] {
        guard !headerNames.isEmpty else { return [] }
        return [
            ("  edge headers", headerNames.joined(separator: " ")),
            ("", "all of them belong in allowed_upstream_headers of an Envoy that asks by HTTP, and in Istio's"),
            ("", "headersToUpstreamOnAllow: under a name that is not there the client's own value reaches the backend"),
        ]
    }

    /// Empty where no proxy asks: the reverse proxy hands on what is right by itself.
    private var headerNames: [String] {
        configuration.edge.map { $0.listen == nil ? $0.headerNames : [] } ?? []
    }

    var json: JSON {
        [
            "issuer": .string(configuration.issuer.text),
            "storage": .string(storage),
            "listeners": .array(listeners.map { ["name": .string($0.name), "address": .string($0.address)] }),
            "connectors": .array(connectors.map { ["id": .string($0.id), "type": .string($0.type)] }),
            "staticPasswords": .integer(Int64(configuration.staticPasswords.count)),
            "staticClients": .integer(Int64(configuration.staticClients.count)),
            "signing": .string(signing),
            "edgeHeaders": .array(headerNames.map { .string($0) }),
        ]
    }

    private var storage: String {
        switch configuration.storage {
        case .memory: "memory: everything is gone when it stops"
        case .sqlite3(let file): "SQLite file \(file)"
        }
    }

    private var listeners: [(name: String, address: String)] {
        let all = [
            ("http", configuration.web.http), ("https", configuration.web.https), ("telemetry", configuration.telemetry.http),
        ]
        return all.compactMap { name, address in address.map { (name, $0.description) } }
    }

    private var connectors: [(id: String, type: String)] {
        configuration.connectors.map { ($0.id, $0.kind.typeName + remark($0.kind)) }
            + (configuration.enablePasswordDB ? [("local", "passwords")] : [])
    }

    private func remark(_ kind: Configuration.Connector.Kind) -> String {
        switch kind {
        case .saml(let saml) where saml.insecureSkipSignatureValidation: ", UNSIGNED ANSWERS ARE TAKEN"
        case .oidc(let oidc): ", \(oidc.issuer)"
        default: ""
        }
    }

    private var signing: String {
        switch configuration.signer {
        case .local(let local): "\(local.algorithm.rawValue), a new key every \(DurationText(local.rotationPeriod))"
        case .files(let files): "key files \(files.keys.joined(separator: ", "))"
        }
    }
}
