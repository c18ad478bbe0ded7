public import Connectors
public import DexConfiguration
import Directory
import JOSE
import Kerberos
import Logging
import OpenIDConnect
import Upstream
import Workers

extension LDAPConnector {
    /// Looks somebody up in the directory of a configuration, as a login would.
    /// - Parameter password: also tried, if there is one.
    public static func examine(
        _ configuration: Configuration.Connector.LDAP, id: String, username: String, password: String?
    ) async -> LDAPExamination {
        let servers = DirectoryServers(configuration, id: id)
        let connector = LDAPConnector(
            LDAPSettings(configuration), directory: servers, clock: SystemClock(), random: SystemRandom()
        ) { _ in }
        return await connector.examine(username, password: password, servers: servers)
    }

    /// - Throws: ``StartError`` when the keytab cannot be used.
    init(
        _ configuration: Configuration.Connector.LDAP, id: String, clock: any WallClock, random: any RandomSource,
        logger: Logger, pools: PoolWatch, life: UpstreamLife
    ) throws {
        self.init(
            LDAPSettings(configuration),
            directory: DirectoryServers(configuration, id: id, pools: pools, life: life) { server, error in
                logger.warning(
                    "a directory server does not answer",
                    metadata: [
                        "connector_id": .string(id), "server": .string(server.description), "reason": .string(error.description),
                    ])
            },
            kerberos: try configuration.kerberos.map { try LDAPKerberos($0, id: id, pools: pools) }, clock: clock, random: random
        ) { text in
            // That a login was refused the core tells; this is what the server said about it.
            logger.debug("\(text)", metadata: ["connector_id": .string(id)])
        }
    }
}

extension LDAPKerberos {
    /// What is wrong with the keys in this file; nil if tickets could be accepted.
    public static func problem(keytab: String, principal: String?) -> String? {
        do { _ = try Acceptor(keytab: keytab, principal: principal) } catch { return error.description }
        return nil
    }

    fileprivate init(_ configuration: Configuration.Connector.LDAPKerberos, id: String, pools: PoolWatch) throws {
        let acceptor: Acceptor
        do {
            acceptor = try Acceptor(keytab: configuration.keytabPath, principal: configuration.principal)
        } catch { throw StartError("the connector \(id), kerberos.keytabPath: \(error)") }
        self.init(
            acceptor: PooledAcceptor(
                acceptor, pool: pools.watching(WorkerPool(name: "kerberos:\(id)", threads: 2, queueLimit: 1024))),
            realm: configuration.expectedRealm,
            username: configuration.usernameFromPrincipal == .localPart ? .localPart : .principal,
            fallsBack: configuration.fallbackToPassword)
    }
}

extension DirectoryServers {
    convenience init(
        _ configuration: Configuration.Connector.LDAP, id: String, pools: PoolWatch = .none, life: UpstreamLife = UpstreamLife(),
        onFailure: @escaping @Sendable (Endpoint, DirectoryError) -> Void = { _, _ in }
    ) {
        let limits = configuration.limits
        self.init(
            configuration.domain.map { .domain($0) }
                ?? .servers(configuration.hosts.map { Endpoint(host: $0.name, port: $0.port) }),
            settings: ConnectionSettings(configuration),
            service: configuration.service.map { Account(dn: $0.dn, password: $0.password.text) },
            workers: pools.watching(WorkerPool(name: "ldap:\(id)", threads: limits.poolSize, queueLimit: 1024)),
            capacity: limits.poolSize, idleTimeout: limits.idleTimeout, life: life, onFailure: onFailure)
    }
}

extension ConnectionSettings {
    init(_ configuration: Configuration.Connector.LDAP) {
        let limits = configuration.limits
        self.init(
            security: Security(configuration.security), authorities: Authorities(configuration.authorities),
            verifiesServer: !configuration.insecureSkipVerify,
            certificate: configuration.clientCertificate.map { ($0.chain, $0.key) }, connectTimeout: limits.connectTimeout,
            timeout: limits.timeout, followsReferrals: limits.followReferrals)
    }
}

extension ConnectionSettings.Security {
    fileprivate init(_ security: Configuration.Connector.LDAP.Security) {
        self =
            switch security {
            case .plain: .plain
            case .startTLS: .startTLS
            case .tls: .tls
            }
    }
}

extension ConnectionSettings.Authorities {
    fileprivate init(_ authorities: Configuration.Connector.LDAPAuthorities) {
        self =
            switch authorities {
            case .system: .system
            case .file(let path): .file(path)
            case .pem(let bytes): .pem(bytes)
            }
    }
}

extension LDAPSettings {
    init(_ configuration: Configuration.Connector.LDAP) {
        let users = configuration.userSearch
        var search = UserSearch(
            baseDN: users.baseDN, usernameAttributes: users.usernameAttributes, idAttribute: users.idAttribute)
        search.scope = SearchRequest.Scope(users.scope)
        search.filter = users.filter
        search.idFormat = IDFormat(users.idFormat)
        search.emailAttribute = users.emailAttribute
        search.nameAttribute = users.nameAttribute
        search.emailSuffix = users.emailSuffix
        search.preferredUsernameAttribute = users.preferredUsernameAttribute
        search.checksAccountState = users.checksAccountState
        self.init(
            usernamePrompt: configuration.usernamePrompt, userSearch: search,
            groupSearch: configuration.groupSearch.map { GroupSearch($0, configuration.limits) })
        passwordChange =
            switch configuration.passwordChange {
            case .never: .never
            case .person: .person
            case .service: .service
            }
    }
}

extension LDAPSettings.GroupSearch {
    fileprivate init(_ groups: Configuration.Connector.LDAP.GroupSearch, _ limits: Configuration.Connector.LDAP.Limits) {
        self.init(
            baseDN: groups.baseDN,
            matchers: groups.matchers.map { matcher in
                .init(
                    userAttribute: matcher.userAttribute, groupAttribute: matcher.groupAttribute,
                    recursionAttribute: matcher.recursionGroupAttribute, inChain: matcher.inChain)
            },
            nameAttribute: groups.nameAttribute)
        scope = SearchRequest.Scope(groups.scope)
        filter = groups.filter
        pageSize = limits.pageSize
        limit = limits.maxGroups
    }
}

extension LDAPSettings.IDFormat {
    fileprivate init(_ format: Configuration.Connector.LDAP.IDFormat) {
        self =
            switch format {
            case .auto: .automatic
            case .text: .text
            case .guid: .guid
            case .sid: .sid
            case .hex: .hex
            }
    }
}

extension SearchRequest.Scope {
    fileprivate init(_ scope: Configuration.Connector.LDAP.Scope) {
        self = scope == .one ? .oneLevel : .subtree
    }
}
