/// A checked configuration: Dex's YAML as one typed value, defaults filled in, secrets from the environment in place.
///
/// Make one with ``load(yaml:file:environment:options:readFile:)``. Each section is a type of its own, in `Sections/`;
/// docs/configuration.md describes every key.
public struct Configuration: Sendable, Hashable {
    public var issuer: Issuer
    public var storage: Storage
    public var web: Web
    public var telemetry: Telemetry
    public var oauth2: OAuth2
    public var expiry: Expiry
    public var signer: Signer
    public var logger: Logger
    public var frontend: Frontend
    public var passwords: Passwords
    /// Whether users log in with `staticPasswords` and the passwords in the storage: the connector `local`.
    public var enablePasswordDB: Bool
    public var staticPasswords: [StaticPassword]
    public var staticClients: [StaticClient]
    /// As they are written; without the one of `enablePasswordDB`.
    public var connectors: [Connector]
    /// Nil: there is no edge.
    public var edge: Edge?
}

extension Configuration {
    static var schema: Schema<Configuration> {
        .mapping { keys in
            let issuer = keys.required("issuer", .issuer, hint: "write for example issuer: https://sso.example.com/dex")
            let storage = keys.required(
                "storage", Storage.schema, hint: "write for example storage: {type: sqlite3, config: {file: dextra.db}}")
            let web = keys.required("web", Web.schema, hint: "write for example web: {http: 127.0.0.1:5556}")
            let telemetry = keys("telemetry", Telemetry.schema) ?? Telemetry(keys.loading.options)
            let oauth2 = keys("oauth2", OAuth2.schema, default: OAuth2())
            let expiry = keys("expiry", Expiry.schema, default: Expiry())
            let signer =
                keys("signer", Signer.schema(signingKeys: expiry.signingKeys))
                ?? .local(Signer.Local(rotationPeriod: expiry.signingKeys ?? Signer.Local.defaultRotationPeriod))
            let logger = keys("logger", Logger.schema, default: Logger())
            let frontend = keys("frontend", Frontend.schema) ?? Frontend(environment: keys.loading.environment)
            let passwords = keys("passwords", Passwords.schema, default: Passwords())
            let enablePasswordDB = keys("enablePasswordDB", .bool, default: false)
            let staticPasswords = keys("staticPasswords", .list(of: StaticPassword.schema), default: [])
            let staticClients = keys("staticClients", .list(of: StaticClient.schema), default: [])
            let connectors = keys("connectors", .list(of: Connector.schema), default: [])
            let edge = keys("edge", Edge.schema)
            CrossChecks(keys).run()
            guard let issuer, let storage, let web else { return nil }
            return Configuration(
                issuer: issuer, storage: storage, web: web, telemetry: telemetry, oauth2: oauth2, expiry: expiry, signer: signer,
                logger: logger, frontend: frontend, passwords: passwords, enablePasswordDB: enablePasswordDB,
                staticPasswords: staticPasswords, staticClients: staticClients, connectors: connectors, edge: edge)
        }
    }
}
