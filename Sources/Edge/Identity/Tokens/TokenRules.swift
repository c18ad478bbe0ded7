import Bytes
import JOSE
import OpenIDConnect
import Upstream

/// One entry of the configuration, with where its keys come from.
struct TokenRule: Sendable {
    let issuer: TrustedIssuer
    let keys: IssuerKeys
    let introspector: Introspector?
    let reader: IdentityReader

    var isOurs: Bool { issuer.keys == .ours }

    /// Whether the token stands where this entry looks for tokens.
    func finds(_ token: String, in request: EdgeRequest) -> Bool {
        issuer.locations.contains { location in
            CredentialFinder.token(at: location, in: request)?.hasSameBytes(as: token) ?? false
        }
    }
}

/// All entries in order. Those that have keys from the same place share them.
struct TokenRules: Sendable {
    let all: [TokenRule]
    /// Each once.
    let keys: [IssuerKeys]
    let remotes: [(issuer: String, keys: RemoteKeys)]
    /// Whether a token is the same wherever it stands.
    let ignoresLocation: Bool
    private let numbers: [Int]

    /// - Parameters:
    ///   - onChange: called when an issuer has other keys than before.
    ///   - http: makes a client for the servers of an issuer, once for each.
    init(
        _ issuers: [TrustedIssuer], provider: TokenAuthenticator.Provider?, limits: TokenAuthenticator.Limits,
        clock: any OpenIDConnect.WallClock, log: any IdentityLog, http: (TrustedIssuer) -> any HTTPExchange,
        onChange: @escaping @Sendable (_ somethingRemoved: Bool) -> Void
    ) throws(TrustedIssuerError) {
        var shared: [IssuerKeys.Identity: (keys: IssuerKeys, http: (any HTTPExchange)?)] = [:]
        var order: [IssuerKeys] = []
        var remotes: [(issuer: String, keys: RemoteKeys)] = []
        var rules: [TokenRule] = []
        for issuer in issuers {
            let identity = IssuerKeys.Identity(issuer)
            if shared[identity] == nil {
                let (source, client) = try Self.source(of: issuer, provider, limits, clock, log, http, onChange: onChange)
                if case .remote(let keys) = source { remotes.append((issuer.issuer, keys)) }
                let keys = IssuerKeys(source, waitingLimit: limits.waitingForIssuer)
                order.append(keys)
                shared[identity] = (keys, client)
            }
            guard let (keys, client) = shared[identity] else { continue }
            let introspector = issuer.introspection.map { introspection in
                var remote: RemoteKeys?
                if case .remote(let found) = keys.source { remote = found }
                return Introspector(
                    introspection, issuer: issuer.issuer, discovery: remote, http: client ?? http(issuer),
                    limit: limits.waitingForIssuer)
            }
            rules.append(
                TokenRule(issuer: issuer, keys: keys, introspector: introspector, reader: IdentityReader(issuer: issuer)))
        }
        all = rules
        keys = order
        self.remotes = remotes
        ignoresLocation = rules.allSatisfy { $0.issuer.locations == rules.first?.issuer.locations }
        numbers = Array(rules.indices)
    }

    /// The numbers of those that look for tokens where this one stands.
    func finding(_ token: String, in request: EdgeRequest) -> [Int] {
        ignoresLocation ? numbers : numbers.filter { all[$0].finds(token, in: request) }
    }

    private static func source(
        of issuer: TrustedIssuer, _ provider: TokenAuthenticator.Provider?, _ limits: TokenAuthenticator.Limits,
        _ clock: any OpenIDConnect.WallClock,
        _ log: any IdentityLog, _ http: (TrustedIssuer) -> any HTTPExchange,
        onChange: @escaping @Sendable (_ somethingRemoved: Bool) -> Void
    ) throws(TrustedIssuerError) -> (IssuerKeys.Source, (any HTTPExchange)?) {
        switch issuer.keys {
        case .ours:
            guard let provider else { throw .noProvider(issuer: issuer.issuer) }
            return (.ring(provider.ring), nil)
        case .inline(let text):
            guard let json = try? JSON(parsing: Array(text.utf8)), let set = try? JWKSet(json) else {
                throw .invalidKeys(issuer: issuer.issuer)
            }
            let keys = set.verificationKeys
            guard !keys.isEmpty else { throw .invalidKeys(issuer: issuer.issuer) }
            return (.inline(keys), nil)
        case .discovery: return remote(.discovery)
        case .url(let url): return remote(.url(url))
        }
        func remote(_ source: RemoteKeys.Source) -> (IssuerKeys.Source, (any HTTPExchange)?) {
            let client = http(issuer)
            let changes = KeyChanges()
            let name = issuer.issuer
            let keys = RemoteKeys(
                issuer: name, source: source, http: client, pause: limits.keyPause, now: { clock.now }
            ) { outcome in
                switch outcome {
                case .failure(let error): log.record(.keysFetchFailed(issuer: name, reason: "\(error)"))
                case .success(let keys):
                    log.record(.keysFetched(issuer: name, count: keys.count))
                    let change = changes.change(to: keys)
                    if change.removed { log.record(.keyRemoved(issuer: name)) }
                    if change.removed || change.added { onChange(change.removed) }
                }
            }
            return (.remote(keys), client)
        }
    }
}
