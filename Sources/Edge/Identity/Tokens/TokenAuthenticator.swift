import FoundationEssentials
import JOSE
public import OpenIDConnect
import Synchronization
public import Upstream

/// Finds out who a bearer token belongs to: the tokens of all trusted issuers, checked once and then remembered for a while.
public final class TokenAuthenticator: EdgeAuthenticator {
    public struct Limits: Sendable, Hashable {
        /// Identities kept, and their bytes.
        public var identities = 16_384
        public var identityBytes = 48 << 20
        /// Refusals kept, and for how many seconds.
        public var refusals = 4096
        public var refusalSeconds = 10.0
        /// New tokens that are looked into at once.
        public var newTokens = 4096
        /// Signatures that are checked at once. Each takes a fraction of a millisecond of one processor.
        public var signatures = 1024
        /// New tokens that wait for the server of one issuer.
        public var waitingForIssuer = 1024
        /// Seconds between two fetches of keys because of a token with an unknown one.
        public var keyPause = 10.0

        public init() {}
    }

    /// What checks the tokens of ``TrustedIssuer/Keys/ours``.
    public struct Provider: Sendable {
        let ring: KeyRing
        let revocations: RevocationList

        public init(ring: KeyRing, revocations: RevocationList) {
            self.ring = ring
            self.revocations = revocations
        }
    }

    /// One entry of the configuration, with where its keys come from.
    private struct Rule: Sendable {
        let issuer: TrustedIssuer
        let keys: IssuerKeys
        let introspector: Introspector?
        let reader: IdentityReader

        var isOurs: Bool { issuer.keys == .ours }
    }

    /// Somebody who is known by a token.
    private final class Known: Sendable {
        let identity: EdgeIdentity
        let rule: Int
        /// Of our own tokens, which can be revoked.
        let tokenID: String?
        /// ``RevocationList/revision`` before the list was asked last.
        let checked: Atomic<Int>

        init(identity: EdgeIdentity, rule: Int, tokenID: String?, checked: Int) {
            self.identity = identity
            self.rule = rule
            self.tokenID = tokenID
            self.checked = Atomic(checked)
        }
    }

    /// A token that is looked into, and by which rules.
    private struct Case: Hashable, Sendable {
        let digest: TokenDigest
        let rules: [Int]
    }

    private let rules: [Rule]
    private let remotes: [(issuer: String, keys: RemoteKeys)]
    private let sources: [IssuerKeys]
    private let ownKeys = KeyChanges()
    /// Whether a token is the same wherever it stands.
    private let ignoresLocation: Bool
    private let provider: Provider?
    private let clock: any OpenIDConnect.WallClock
    private let log: any IdentityLog
    private let limits: Limits
    private let identities: DigestCache<Known>
    private let refusals: DigestCache<String>
    private let checking: Admission
    private let running = Mutex<[Case: Task<EdgeAuthentication, Never>]>([:])
    private let verified = Atomic(0)
    private let refused = Atomic(0)
    private let unavailable = Atomic(0)

    /// How far clocks of others may be from ours, in seconds.
    static let skew = 60.0

    /// - Parameters:
    ///   - issuers: in order; of those that a token fits, the first counts.
    ///   - provider: needed for ``TrustedIssuer/Keys/ours``.
    ///   - http: makes a client for the servers of an issuer, once for each.
    /// - Throws: ``TrustedIssuerError`` for keys that cannot be used.
    public init(
        issuers: [TrustedIssuer], provider: Provider? = nil, clock: any OpenIDConnect.WallClock, log: any IdentityLog,
        limits: Limits = Limits(), http: (TrustedIssuer) -> any HTTPExchange
    ) throws(TrustedIssuerError) {
        self.provider = provider
        self.clock = clock
        self.log = log
        self.limits = limits
        let identities = DigestCache<Known>(countLimit: limits.identities, byteLimit: limits.identityBytes)
        let refusals = DigestCache<String>(countLimit: limits.refusals, byteLimit: limits.refusals * 512)
        self.identities = identities
        self.refusals = refusals
        checking = Admission(limit: limits.signatures)
        var shared: [IssuerKeys.Identity: (keys: IssuerKeys, http: (any HTTPExchange)?)] = [:]
        var order: [IssuerKeys] = []
        var remotes: [(issuer: String, keys: RemoteKeys)] = []
        var rules: [Rule] = []
        for issuer in issuers {
            let identity = IssuerKeys.Identity(issuer: issuer.issuer, keys: issuer.keys, rootCAs: issuer.rootCAs)
            if shared[identity] == nil {
                let (source, client) = try Self.source(of: issuer, provider, limits, clock, log, http) {
                    if $0 { identities.clear() }
                    refusals.clear()
                }
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
            rules.append(Rule(issuer: issuer, keys: keys, introspector: introspector, reader: IdentityReader(issuer: issuer)))
        }
        self.rules = rules
        self.remotes = remotes
        sources = order
        ignoresLocation = rules.allSatisfy { $0.issuer.locations == rules.first?.issuer.locations }
    }

    // MARK: Answers

    public func known(_ credential: EdgeCredential) -> EdgeIdentity? {
        guard ignoresLocation else { return nil }
        return remembered(credential)?.identity
    }

    public func known(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeIdentity? {
        guard let known = remembered(credential) else { return nil }
        guard ignoresLocation || stands(credential, where: rules[known.rule], in: request) else { return nil }
        return known.identity
    }

    public func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication {
        guard case .bearer(let token) = credential else { return .invalid(reason: "not a token") }
        guard !token.isEmpty else { return .invalid(reason: "there is no token, or there are several") }
        guard token.utf8.count <= TokenForm.maximumLength else {
            return .invalid(reason: "the token is longer than \(TokenForm.maximumLength) bytes")
        }
        let places = rules.indices.filter { ignoresLocation || stands(credential, where: rules[$0], in: request) }
        let digest = TokenDigest(token)
        if let reason = refusals.value(for: digest, now: clock.now.timeIntervalSince1970) { return .invalid(reason: reason) }
        let task = running.withLock { running -> Task<EdgeAuthentication, Never>? in
            let subject = Case(digest: digest, rules: places)
            if let task = running[subject] { return task }
            guard running.count < limits.newTokens else { return nil }
            let task = Task {
                let answer = await self.look(into: token, digest, places)
                _ = self.running.withLock { $0.removeValue(forKey: subject) }
                return answer
            }
            running[subject] = task
            return task
        }
        guard let task else {
            log.record(.overloaded)
            return .unavailable(reason: TokenRefusal.overloaded.reason)
        }
        return await task.value
    }

    /// Somebody known by a token, if it may still be believed. One hash and one look into a dictionary.
    private func remembered(_ credential: EdgeCredential) -> Known? {
        guard case .bearer(let token) = credential, token.utf8.count <= TokenForm.maximumLength else { return nil }
        let digest = TokenDigest(token)
        guard let known = identities.value(for: digest, now: clock.now.timeIntervalSince1970) else { return nil }
        guard let tokenID = known.tokenID, let revocations = provider?.revocations else { return known }
        let revision = revocations.revision
        if known.checked.load(ordering: .relaxed) == revision { return known }
        guard !revocations.contains(tokenID: tokenID) else {
            identities.remove(digest)
            return nil
        }
        known.checked.store(revision, ordering: .relaxed)
        return known
    }

    private func stands(_ credential: EdgeCredential, where rule: Rule, in request: EdgeRequest) -> Bool {
        guard case .bearer(let token) = credential else { return false }
        return rule.issuer.locations.contains { location in
            CredentialFinder.token(at: location, in: request)?.utf8.elementsEqual(token.utf8) ?? false
        }
    }

    // MARK: A new token

    private func look(into token: String, _ digest: TokenDigest, _ places: [Int]) async -> EdgeAuthentication {
        let epoch = identities.epoch
        let refusalEpoch = refusals.epoch
        do throws(TokenRefusal) {
            let found = try await TokenForm.isJWS(token) ? signed(token, places) : opaque(token, places)
            verified.add(1, ordering: .relaxed)
            let identity = found.known.identity
            let now = clock.now.timeIntervalSince1970
            identities.insert(
                digest, found.known, bytes: token.utf8.count + 4 * found.claimBytes + 512,
                expires: min(identity.expiresAt.timeIntervalSince1970, now + found.seconds), since: epoch)
            return .identity(identity)
        } catch {
            switch error.kind {
            case .unavailable:
                unavailable.add(1, ordering: .relaxed)
                if error == .overloaded { log.record(.overloaded) }
                return .unavailable(reason: error.reason)
            case .invalidForNow:
                refusals.insert(
                    digest, error.reason, bytes: error.reason.utf8.count,
                    expires: clock.now.timeIntervalSince1970 + limits.refusalSeconds, since: refusalEpoch)
                fallthrough
            case .invalid:
                refused.add(1, ordering: .relaxed)
                return .invalid(reason: error.reason)
            }
        }
    }

    private struct Found {
        let known: Known
        let claimBytes: Int
        /// For how long it is remembered at most.
        let seconds: Double
    }

    /// What is cheap is looked at first: nobody should make us check signatures of tokens that would be refused anyway.
    private func signed(_ token: String, _ places: [Int]) async throws(TokenRefusal) -> Found {
        let form = try TokenForm(token)
        let now = clock.now.timeIntervalSince1970
        let named = places.filter { rules[$0].issuer.issuer.utf8.elementsEqual(form.issuer.utf8) }
        guard !named.isEmpty else { throw .invalid("the token's issuer is not trusted here") }
        // Our own clock wrote our own tokens; and a revocation is remembered until its token expires, not longer.
        let isOurs = named.contains { rules[$0].isOurs }
        let end = try form.claims.checkTimes(now: now, skew: Self.skew, expirySkew: isOurs ? 0 : Self.skew)
        let fitting = named.filter { form.claims.isFor(rules[$0].issuer.audiences) }
        guard !fitting.isEmpty else { throw .wrongAudience }
        var refusal: TokenRefusal?
        for index in fitting {
            do throws(TokenRefusal) { return try await believed(form, token, rules[index], index, end) } catch {
                // That an issuer cannot be asked weighs more than that another one's keys do not fit.
                if refusal?.kind != .unavailable { refusal = error }
            }
        }
        throw refusal ?? .wrongAudience
    }

    private func believed(
        _ form: TokenForm, _ token: String, _ rule: Rule, _ index: Int, _ end: Double
    ) async throws(TokenRefusal) -> Found {
        guard rule.issuer.algorithms.contains(form.algorithm) else {
            throw .invalid("the token is signed with an algorithm that is not accepted from its issuer")
        }
        try await rule.keys.verify(form, algorithms: rule.issuer.algorithms, checking: checking)
        var revision = 0
        var tokenID: String?
        if rule.isOurs, let revocations = provider?.revocations {
            guard let id = form.claims.tokenID else { throw .invalid("the token has no number (jti)") }
            // Before asking: what is added meanwhile makes the next one ask again.
            revision = revocations.revision
            guard !revocations.contains(tokenID: id) else { throw .revoked }
            tokenID = id
        }
        let identity = try read(rule, form.claims, token, end)
        return Found(
            known: Known(identity: identity, rule: index, tokenID: tokenID, checked: revision),
            claimBytes: form.jws.payload.count, seconds: rule.issuer.cacheSeconds)
    }

    private func opaque(_ token: String, _ places: [Int]) async throws(TokenRefusal) -> Found {
        // Only the first is asked: a token is not to be shown to servers that have nothing to do with it.
        guard let index = places.first(where: { rules[$0].introspector != nil }), let introspector = rules[index].introspector
        else { throw .invalid("not a token: it is no signed JWT (RFC 7519)") }
        let rule = rules[index]
        let answer: JSONObject
        do throws(TokenRefusal) { answer = try await introspector.claims(of: token) } catch {
            if error.kind == .unavailable {
                log.record(.introspectionFailed(issuer: rule.issuer.issuer, reason: error.reason))
            }
            throw error
        }
        let claims = TokenClaims(all: answer)
        guard claims.isFor(rule.issuer.audiences) else { throw .wrongAudience }
        let seconds = rule.issuer.introspection?.cacheSeconds ?? 0
        let now = clock.now.timeIntervalSince1970
        // The server said that it is active; `exp` is optional in its answer (RFC 7662 §2.2).
        let end =
            answer["exp"] == nil
            ? now + max(seconds, Self.skew)
            : try claims.checkTimes(now: now, skew: Self.skew, expirySkew: Self.skew)
        let identity = try read(rule, claims, token, end)
        return Found(
            known: Known(identity: identity, rule: index, tokenID: nil, checked: 0),
            claimBytes: JSON.object(answer).serialized().count, seconds: seconds)
    }

    private func read(
        _ rule: Rule, _ claims: TokenClaims, _ token: String, _ end: Double
    ) throws(TokenRefusal) -> EdgeIdentity {
        let count = rule.reader.groups(claims).count
        if count > IdentityReader.groupLimit {
            log.record(.tooManyGroups(issuer: rule.issuer.issuer, subject: claims.subject ?? "", count: count))
        }
        let reading = try rule.reader.identity(claims, token: token, end: end)
        if let event = reading.event { log.record(event) }
        return reading.identity
    }

    // MARK: Care

    /// Fetches the keys that are missing or get old, and forgets what has expired. Call at start and every ``refreshInterval``.
    public func refresh() async {
        identities.prune(now: clock.now.timeIntervalSince1970)
        refusals.prune(now: clock.now.timeIntervalSince1970)
        if let keys = provider?.ring.current, ownKeys.change(to: keys.verification).removed { identities.clear() }
        await withTaskGroup { group in
            for source in sources { group.addTask { await source.prefetch() } }
        }
    }

    public static let refreshInterval: Duration = .seconds(30)

    /// Forgets all that is known: the next token of everybody is verified again.
    public func forget() {
        identities.clear()
        refusals.clear()
    }

    public var counts: IdentityCounts {
        let statistics = identities.statistics
        var counts = IdentityCounts()
        counts.hits = statistics.hits
        counts.misses = statistics.misses
        counts.verified = verified.load(ordering: .relaxed)
        counts.refused = refused.load(ordering: .relaxed)
        counts.unavailable = unavailable.load(ordering: .relaxed)
        counts.remembered = statistics.count
        counts.bytes = statistics.bytes
        return counts
    }

    /// Seconds since the keys of each issuer were fetched; nil where that was never done.
    public var keyAges: [(issuer: String, seconds: Double?)] { remotes.map { ($0.issuer, $0.keys.age) } }

    // MARK: Keys

    private static func source(
        of issuer: TrustedIssuer, _ provider: Provider?, _ limits: Limits, _ clock: any OpenIDConnect.WallClock,
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
