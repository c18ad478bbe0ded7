import Bytes

/// Something that Dex can do and we cannot yet. Using it is a problem that says so, at the place where it is asked for.
///
/// When one is built: delete its line, and read its key in the section where it belongs.
struct Capability {
    private let subject: String
    private let patterns: [String]
    private let values: [String]

    /// Keys that cannot be used; `values` narrows that to these values.
    private init(_ subject: String, at patterns: [String], values: [String] = []) {
        self.subject = subject
        self.patterns = patterns
        self.values = values
    }

    private static let notBuilt: [Capability] = [
        Capability("the gRPC API is", at: ["grpc"]),
        Capability("browser sessions are", at: ["sessions"]),
        Capability("multi-factor authentication is", at: ["mfa", "staticClients[].mfaChain"]),
        Capability("single sign-on between clients is", at: ["staticClients[].ssoSharedWith"]),
        Capability("back-channel logout is", at: ["staticClients[].backchannelLogoutURI"]),
        Capability(
            "refresh tokens that end with the session are", at: ["staticClients[].refreshTokenLifetime"], values: ["session"]),
        Capability("the client credentials grant is", at: ["staticClients[].clientCredentialsClaims"]),
        Capability("the client credentials grant is", at: grantTypes, values: ["client_credentials"]),
        Capability("the device grant is", at: grantTypes, values: ["urn:ietf:params:oauth:grant-type:device_code"]),
        Capability("token exchange is", at: grantTypes, values: ["urn:ietf:params:oauth:grant-type:token-exchange"]),
        Capability("signing with Vault is", at: ["signer.type"], values: ["vault"]),
        Capability("PostgreSQL storage is", at: ["storage.type"], values: ["postgres"]),
        Capability("MySQL storage is", at: ["storage.type"], values: ["mysql"]),
        Capability("etcd storage is", at: ["storage.type"], values: ["etcd"]),
        Capability("Kubernetes storage is", at: ["storage.type"], values: ["kubernetes"]),
    ]

    private static let grantTypes = ["oauth2.grantTypes[]", "connectors[].grantTypes[]"]

    private static func connector(_ name: String, types: [String]) -> Capability {
        Capability("the \(name) connector is", at: ["connectors[].type"], values: types)
    }
}

extension Capability {
    /// What is said about a missing capability, and the proper name of the key that asks for it.
    struct Missing {
        let name: String
        let message: String
    }

    /// What is missing for a key, whatever its value.
    static func missing(at path: Path) -> Missing? {
        find(path) { $0.values.isEmpty }
    }

    /// What is missing for a value of a key.
    static func missing(at path: Path, value: String) -> Missing? {
        find(path) { $0.values.containsExactly(value) }
    }

    /// The keys directly in the mapping at `path` that are known though they cannot be used.
    static func keys(in path: Path) -> [String] {
        let prefix = path.pattern.isEmpty ? "" : path.pattern + "."
        return notBuilt.filter(\.values.isEmpty).flatMap(\.patterns).compactMap { pattern in
            guard let rest = pattern.afterBytes(of: prefix) else { return nil }
            return rest.containsByte(".") || rest.containsByte("[") ? nil : String(rest)
        }
    }

    private static func find(_ path: Path, where matches: (Capability) -> Bool) -> Missing? {
        let wanted = path.pattern
        for capability in notBuilt where matches(capability) {
            for pattern in capability.patterns where pattern.hasSameBytesFoldingASCII(as: wanted) {
                let name = pattern.fields(at: ".").last ?? ""
                return Missing(name: String(name), message: "\(capability.subject) not built yet")
            }
        }
        return nil
    }
}
