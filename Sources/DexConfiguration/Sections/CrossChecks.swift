import Bytes

/// Checks that involve several sections. They look at what is written, so that they can tell where.
struct CrossChecks {
    private let root: Located
    private let loading: Loading
    private let hasPasswordDB: Bool

    init(_ keys: Keys) {
        root = keys.mapping
        loading = keys.loading
        hasPasswordDB = if case .bool(true)? = root["enablePasswordDB"]?.value.content { true } else { false }
    }

    func run() {
        connectorExists()
        namesAreUnique()
        passwordsNeedTheirConnector()
        passwordConnectorExists()
        allowedConnectorsExist()
        emailDomainsAreUnique()
        redirectURIsAreOurs()
        signingKeysHaveOnePeriod()
        userinfoIsSignedAsRegistered()
    }

    private var connectors: [Located] { root["connectors"]?.elements ?? [] }

    private var connectorIDs: Set<ExactText> {
        Set(connectors.compactMap { $0["id"]?.string?.exact } + (hasPasswordDB ? ["local"] : []))
    }

    private func connectorExists() {
        guard connectors.isEmpty, !hasPasswordDB else { return }
        loading.problem("no connector, so nobody could log in", hint: "write enablePasswordDB: true, or connectors", at: root)
    }

    /// A domain that leads to two connectors leads to neither.
    private func emailDomainsAreUnique() {
        var domains = UniqueNames(loading)
        for connector in connectors {
            for domain in connector["emailDomains"]?.elements ?? [] { domains.add(domain.string?.asciiLowercased, at: domain) }
        }
    }

    private func namesAreUnique() {
        var ids = UniqueNames(loading)
        for client in root["staticClients"]?.elements ?? [] {
            if let id = client["id"] {
                ids.add(id.string, at: id)
            } else if let variable = client["idEnv"] {
                ids.add(variable.string.flatMap { loading.environment[$0.exact] }, at: variable)
            }
        }
        var emails = UniqueNames(loading)
        for password in root["staticPasswords"]?.elements ?? [] {
            if let email = password["email"] { emails.add(email.string?.asciiLowercased, at: email) }
        }
        var connectorIDs = UniqueNames(loading, taken: hasPasswordDB ? ["local": "enablePasswordDB"] : [:])
        for connector in connectors {
            if let id = connector["id"] { connectorIDs.add(id.string, at: id) }
        }
    }

    private func passwordsNeedTheirConnector() {
        guard let passwords = root["staticPasswords"], !passwords.elements.isEmpty, !hasPasswordDB else { return }
        loading.problem("nobody could use these passwords", hint: "write enablePasswordDB: true", at: passwords)
    }

    private func passwordConnectorExists() {
        guard let written = root["oauth2"]?["passwordConnector"], let id = written.string else { return }
        guard connectorIDs.contains(id.exact) else {
            let closest = Suggestion.closest(to: id, among: connectorIDs.sorted().map(\.text)).map {
                "did you mean \(quoted($0))?"
            }
            let hint = id == "local" ? "write enablePasswordDB: true" : closest
            loading.problem("there is no connector \(quoted(id))", hint: hint, at: written)
            return
        }
        guard let type = connectors.first(where: { $0["id"]?.string?.exact == id.exact })?["type"]?.string else { return }
        if !Configuration.Connector.typesWithPasswords.contains(type.exact) {
            loading.problem("the connector \(quoted(id)) has no passwords", at: written)
        }
    }

    /// Types of connectors to whose sites browsers go, and come back.
    private static let visited: Set<ExactText> = [
        "oidc", "oauth", "github", "gitlab", "gitea", "google", "microsoft", "linkedin", "bitbucket-cloud", "openshift",
    ]

    private func allowedConnectorsExist() {
        for client in root["staticClients"]?.elements ?? [] {
            for allowed in client["allowedConnectors"]?.elements ?? [] {
                guard let id = allowed.string, !allowed.isAbsent, !connectorIDs.contains(id.exact) else { continue }
                loading.warning("there is no connector \(quoted(id))", at: allowed)
            }
        }
    }

    /// Where browsers come back to from another provider is not for the operator to choose, as in Dex; they only repeat it,
    /// because it has to be registered there.
    private func redirectURIsAreOurs() {
        guard let issuer = root["issuer"]?.string else { return }
        let right = issuer + "/callback"
        for connector in connectors {
            guard let type = connector["type"]?.string, Self.visited.contains(type.exact), let written = connector["config"]
            else {
                continue
            }
            let config = written.expanded(loading)
            guard case .mapping = config.value.content else { continue }
            guard let redirectURI = config["redirectURI"] else {
                loading.problem(
                    "missing", hint: "write redirectURI: \(right), and register that at the provider", at: written.position,
                    path: written.path.key("redirectURI"))
                continue
            }
            guard let text = redirectURI.string, !text.hasSameBytes(as: right) else { continue }
            loading.problem(
                "\(quoted(text)) is not where people come back to", hint: "write \(right), and register that at the provider",
                at: redirectURI)
        }
    }

    /// One key signs everything, so that a client can register for its algorithm only.
    private func userinfoIsSignedAsRegistered() {
        let signer = root["signer"]
        let written = signer?["config"]?["algorithm"]?.string
        guard let algorithm = written ?? (signer?["type"]?.string == "file" ? nil : SigningAlgorithm.RS256.rawValue) else {
            return
        }
        for client in root["staticClients"]?.elements ?? [] {
            guard let wanted = client["userinfoSignedResponseAlg"], let name = wanted.string,
                SigningAlgorithm(rawValue: name) != nil, !name.hasSameBytes(as: algorithm)
            else { continue }
            loading.problem(
                "the provider signs with \(algorithm)", hint: "write \(algorithm), or change signer.config.algorithm", at: wanted)
        }
    }

    private func signingKeysHaveOnePeriod() {
        guard let written = root["expiry"]?["signingKeys"] else { return }
        if root["signer"]?["type"]?.string == "file" {
            loading.problem(
                "keys in files have no rotation period", hint: "remove signingKeys, or write signer.type: local", at: written)
        } else if root["signer"]?["config"]?["keysRotationPeriod"] != nil {
            loading.warning("not used, because signer.config.keysRotationPeriod is set", at: written)
        }
    }
}

/// Notices names that are given twice.
private struct UniqueNames {
    private let loading: Loading
    private var owners: [ExactText: String]

    init(_ loading: Loading, taken: [ExactText: String] = [:]) {
        self.loading = loading
        owners = taken
    }

    mutating func add(_ name: String?, at place: Located) {
        guard let name else { return }
        if let owner = owners[name.exact] {
            loading.problem("\(quoted(name)) is taken", hint: "\(owner) has it", at: place)
        } else {
            owners[name.exact] = place.path.description
        }
    }
}
