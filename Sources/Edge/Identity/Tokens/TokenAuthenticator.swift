import FoundationEssentials
public import OpenIDConnect
import Synchronization
public import Upstream

/// Finds out who a bearer token belongs to: the tokens of all trusted issuers, checked once and then remembered for a while.
public final class TokenAuthenticator: EdgeAuthenticator {
    /// A token about which somebody is being asked, and by which rules.
    private struct Case: Hashable, Sendable {
        let digest: TokenDigest
        let rules: [Int]
    }

    private let rules: TokenRules
    private let check: TokenCheck
    private let memory: TokenMemory
    private let ownKeys = KeyChanges()
    private let provider: Provider?
    private let clock: any OpenIDConnect.WallClock
    private let log: any IdentityLog
    private let limits: Limits
    private let waiting = Mutex<[Case: Task<EdgeAuthentication, Never>]>([:])
    private let verified = Atomic(0)
    private let refused = Atomic(0)
    private let unavailable = Atomic(0)

    /// - Parameters:
    ///   - issuers: in order; of those that a token fits, the first counts.
    ///   - provider: needed for ``TrustedIssuer/Keys/ours``.
    ///   - http: makes a client for the servers of an issuer, once for each.
    /// - Throws: ``TrustedIssuerError`` for keys that cannot be used.
    public init(
        issuers: [TrustedIssuer], provider: Provider? = nil, clock: any OpenIDConnect.WallClock, log: any IdentityLog,
        limits: Limits = Limits(), http: (TrustedIssuer) -> any HTTPExchange
    ) throws(TrustedIssuerError) {
        let memory = TokenMemory(limits)
        let rules = try TokenRules(issuers, provider: provider, limits: limits, clock: clock, log: log, http: http) {
            memory.keysChanged(somethingRemoved: $0)
        }
        self.memory = memory
        self.rules = rules
        self.provider = provider
        self.clock = clock
        self.log = log
        self.limits = limits
        check = TokenCheck(
            rules: rules.all, provider: provider, clock: clock, log: log, checking: Admission(limit: limits.signatures))
    }

    // MARK: Tokens that are known

    public func known(_ credential: EdgeCredential) -> EdgeIdentity? {
        guard rules.ignoresLocation, case .bearer(let token) = credential, token.utf8.count <= TokenForm.maximumLength else {
            return nil
        }
        return remembered(TokenDigest(token))?.identity
    }

    public func known(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeIdentity? {
        guard case .bearer(let token) = credential, token.utf8.count <= TokenForm.maximumLength else { return nil }
        return remembered(TokenDigest(token), token, request)?.identity
    }

    private func remembered(_ digest: TokenDigest, _ token: String, _ request: EdgeRequest) -> KnownToken? {
        guard let known = remembered(digest) else { return nil }
        return rules.ignoresLocation || rules.all[known.rule].finds(token, in: request) ? known : nil
    }

    /// Somebody known by a token, if it may still be believed.
    private func remembered(_ digest: TokenDigest) -> KnownToken? {
        guard let known = memory.known(digest, now: clock.now.timeIntervalSince1970) else { return nil }
        if let revocations = provider?.revocations, known.isRevoked(by: revocations) {
            memory.forget(digest)
            return nil
        }
        return known
    }

    // MARK: New tokens

    /// Nothing but a signature that is checked as fast as a request is read; see ``TokenCheck/foundNow(_:_:quickly:)``.
    public func authenticateNow(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeAuthentication? {
        let token: String
        do throws(TokenRefusal) { token = try text(credential) } catch { return .invalid(reason: error.reason) }
        let digest = TokenDigest(token)
        if let known = remembered(digest, token, request) { return .identity(known.identity) }
        if let reason = memory.refusal(digest, now: clock.now.timeIntervalSince1970) { return .invalid(reason: reason) }
        return answerNow(token, digest, rules.finding(token, in: request), quickly: true)
    }

    /// Looks into a new token on the spot; only who must ask somebody waits, and then all who bring the same token together.
    public func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication {
        let token: String
        do throws(TokenRefusal) { token = try text(credential) } catch { return .invalid(reason: error.reason) }
        let digest = TokenDigest(token)
        if let reason = memory.refusal(digest, now: clock.now.timeIntervalSince1970) { return .invalid(reason: reason) }
        let places = rules.finding(token, in: request)
        if let answer = answerNow(token, digest, places, quickly: false) { return answer }
        let task = waiting.withLock { waiting -> Task<EdgeAuthentication, Never>? in
            let subject = Case(digest: digest, rules: places)
            if let task = waiting[subject] { return task }
            guard waiting.count < limits.newTokens else { return nil }
            let task = Task {
                let answer = await self.answer(token, digest, places)
                _ = self.waiting.withLock { $0.removeValue(forKey: subject) }
                return answer
            }
            waiting[subject] = task
            return task
        }
        guard let task else {
            log.record(.overloaded)
            return .unavailable(reason: TokenRefusal.overloaded.reason)
        }
        return await task.value
    }

    private func text(_ credential: EdgeCredential) throws(TokenRefusal) -> String {
        guard case .bearer(let token) = credential else { throw .invalid("not a token") }
        guard !token.isEmpty else { throw .invalid("there is no token, or there are several") }
        guard token.utf8.count <= TokenForm.maximumLength else {
            throw .invalid("the token is longer than \(TokenForm.maximumLength) bytes")
        }
        return token
    }

    private func answerNow(
        _ token: String, _ digest: TokenDigest, _ places: [Int], quickly: Bool
    ) -> EdgeAuthentication? {
        let epoch = memory.epoch
        do throws(TokenRefusal) {
            return try check.foundNow(token, places, quickly: quickly).map { accept($0, token, digest, epoch) }
        } catch {
            return refuse(error, digest, epoch)
        }
    }

    private func answer(_ token: String, _ digest: TokenDigest, _ places: [Int]) async -> EdgeAuthentication {
        let epoch = memory.epoch
        do throws(TokenRefusal) {
            return accept(try await check.found(token, places), token, digest, epoch)
        } catch {
            return refuse(error, digest, epoch)
        }
    }

    private func accept(
        _ found: TokenCheck.Found, _ token: String, _ digest: TokenDigest, _ epoch: TokenMemory.Epoch
    ) -> EdgeAuthentication {
        verified.add(1, ordering: .relaxed)
        let identity = found.known.identity
        memory.remember(
            found.known, as: digest, bytes: token.utf8.count + 4 * found.claimBytes + 512,
            expires: min(identity.expiresAt, clock.now + found.seconds).timeIntervalSince1970, since: epoch)
        return .identity(identity)
    }

    private func refuse(_ refusal: TokenRefusal, _ digest: TokenDigest, _ epoch: TokenMemory.Epoch) -> EdgeAuthentication {
        switch refusal.kind {
        case .unavailable:
            unavailable.add(1, ordering: .relaxed)
            if refusal == .overloaded { log.record(.overloaded) }
            return .unavailable(reason: refusal.reason)
        case .invalidForNow:
            memory.remember(
                refusal: refusal.reason, of: digest, expires: clock.now.timeIntervalSince1970 + limits.refusalSeconds,
                since: epoch)
            fallthrough
        case .invalid:
            refused.add(1, ordering: .relaxed)
            return .invalid(reason: refusal.reason)
        }
    }

    // MARK: Care

    /// Fetches the keys that are missing or get old, and forgets what has expired. Call at start and every ``refreshInterval``.
    public func refresh() async {
        memory.prune(now: clock.now.timeIntervalSince1970)
        if let keys = provider?.ring.current, ownKeys.change(to: keys.verification).removed {
            memory.keysChanged(somethingRemoved: true)
        }
        await withTaskGroup { group in
            for keys in rules.keys { group.addTask { await keys.prefetch() } }
        }
    }

    public static let refreshInterval: Duration = .seconds(30)

    /// Forgets all that is known: the next token of everybody is verified again.
    public func forget() { memory.clear() }

    public var counts: IdentityCounts {
        let statistics = memory.statistics
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
    public var keyAges: [(issuer: String, seconds: Double?)] { rules.remotes.map { ($0.issuer, $0.keys.age) } }
}
