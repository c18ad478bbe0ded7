import Bytes
import FoundationEssentials
public import JOSE
public import OpenIDConnect
import Synchronization

/// Begins, finds, refreshes and ends the sessions of the edge.
///
/// A session ends by its lifetime, by disuse, at sign-out, when its provider takes its refresh token back, or when a token
/// of Dextra's that it is made of is revoked. A provider that does not answer ends nothing: the session goes on to its own end.
public final class EdgeSessions: Sendable {
    public typealias Store = EdgeSessionStore & GrantStore & AssertionStore

    /// What the process knows of a session from looking at it.
    struct Found: Sendable {
        var session: EdgeSession
        /// What the browser should have, when that is not what it sent.
        var newCookie: String?
    }

    enum Lookup: Sendable {
        case found(Found)
        /// The reason is for clients.
        case none(reason: String)
        case unavailable(reason: String)
    }

    /// A cookie's session as the store has it.
    private struct Loaded: Sendable {
        var session: EdgeSession
        var reference: SessionReference?
        var version: Int64 = 0
        var newCookie: String?
    }

    private struct Known: Sendable {
        let id: String
        let host: String?
        let tokenID: String?
        let identity: EdgeIdentity
        let until: Date
    }

    let settings: SessionSettings
    private let store: any Store
    private let sealers: SealerSource
    private let revocations: RevocationList
    private let provider: any LoginProvider
    private let clock: any WallClock
    private let random: any RandomSource
    private let events: any LoginEventLog

    private let known: BoundedMemory<[UInt8], Known>
    /// Kept in cookies: what has become of sessions whose browsers still send what they had before.
    private let renewals: BoundedMemory<ExactText, (session: EdgeSession, cookie: String)>
    /// When to ask a provider again that did not answer, by session.
    private let pauses: BoundedMemory<ExactText, Date>
    /// One refresh at a time for each session.
    private let running = Mutex<[ExactText: Task<Lookup, Never>]>([:])

    public init(
        _ settings: SessionSettings, provider: any LoginProvider, store: any Store, sealers: SealerSource,
        revocations: RevocationList, clock: any WallClock, random: any RandomSource, events: any LoginEventLog
    ) {
        self.settings = settings
        self.provider = provider
        self.store = store
        self.sealers = sealers
        self.revocations = revocations
        self.clock = clock
        self.random = random
        self.events = events
        known = BoundedMemory(limit: settings.cacheLimit)
        renewals = BoundedMemory(limit: settings.cacheLimit)
        pauses = BoundedMemory(limit: settings.cacheLimit)
    }

    // MARK: Beginning

    /// - Parameter host: as the browser wrote it, in lower case.
    /// - Returns: the value of the cookie. In the store when this returns, if it is kept there.
    public func begin(_ tokens: LoginTokens, host: String) async throws(StoreError) -> (session: EdgeSession, cookie: String) {
        let now = clock.now
        let session = EdgeSession(
            id: Base64URL.encode(random.bytes(16)),
            host: settings.cookie.domain == nil ? String(EdgeRequest.name(ofHost: host)) : nil,
            idToken: tokens.idToken ?? "", accessToken: settings.keepsAccessToken ? tokens.accessToken : nil,
            refreshToken: tokens.refreshToken, createdAt: now, refreshedAt: now, usedAt: now)
        guard let session else { throw .failed("the ID token of a login has no iss, sub or exp") }
        switch settings.keeping {
        case .cookie: return (session, try sealers.seal(session.serialized, purpose: cookiePurpose))
        case .database:
            let reference = SessionReference(random: random)
            try await store.insert(try stored(session, reference, version: 1))
            return (session, reference.text)
        }
    }

    /// A cookie of one name cannot be passed off as one of another.
    private var cookiePurpose: String { "edge-session:" + settings.cookie.name }

    private func stored(
        _ session: EdgeSession, _ reference: SessionReference, version: Int64
    ) throws(StoreError) -> StoredEdgeSession {
        let content: String
        do { content = try reference.seal(session.serialized, random: random) } catch {
            throw .failed("a session could not be sealed")
        }
        return StoredEdgeSession(key: reference.key, content: content, version: version, expiresAt: end(of: session))
    }

    // MARK: Finding

    /// What is known without waiting.
    func knownIdentity(_ cookie: String, host: String) -> EdgeIdentity? {
        guard let known = known[Self.hash(cookie)], clock.now < known.until, Self.matches(host, known.host),
            !isRevoked(known.id, known.tokenID)
        else { return nil }
        return known.identity
    }

    /// Finds a session, and refreshes it when that is due.
    func find(_ cookie: String, host: String) async -> Lookup {
        let loaded: Loaded
        switch await load(cookie) {
        case .success(let found?): loaded = found
        case .success(nil): return .none(reason: "the session is unknown")
        case .failure(let error):
            events.record(.storeFailed(error, doing: "find a session of the edge"))
            return .unavailable(reason: "the store of sessions: \(error)")
        }
        if let reason = refusal(of: loaded.session, host: host) { return .none(reason: reason) }
        let isDue = isRefreshDue(loaded.session) || isTouchDue(loaded.session)
        return isDue ? await renewOnce(loaded) : .found(Found(session: loaded.session, newCookie: loaded.newCookie))
    }

    /// The identity of a cookie, kept for those who cannot wait.
    func identity(_ cookie: String, host: String) async -> Recognition {
        let found: Found
        switch await find(cookie, host: host) {
        case .none(let reason): return .invalid(reason: reason)
        case .unavailable(let reason): return .unavailable(reason: reason)
        case .found(let session): found = session
        }
        let session = found.session
        let until = nextLook(at: session)
        let identity: EdgeIdentity
        do { identity = try session.identity(settings.claims, now: clock.now, until: until) } catch {
            return .invalid(reason: error.reason)
        }
        // A browser that should have another cookie by now is told with every answer until it has.
        known[Self.hash(found.newCookie ?? cookie)] = Known(
            id: session.id, host: session.host, tokenID: session.tokenID, identity: identity, until: until)
        return .identity(identity, session, newCookie: found.newCookie)
    }

    enum Recognition: Sendable {
        case identity(EdgeIdentity, EdgeSession, newCookie: String?)
        case invalid(reason: String)
        case unavailable(reason: String)
    }

    /// Until when nothing about a session can change but by revocation.
    private func nextLook(at session: EdgeSession) -> Date {
        let now = clock.now
        var until = end(of: session)
        if now < session.tokenExpiresAt { until = min(until, session.tokenExpiresAt) }
        if let due = refreshTime(of: session) {
            // Late, because the provider does not answer or another process asks it: soon looked at again.
            until = min(until, now < due ? due : max(now + 1, pauses[session.id.exact] ?? now))
        }
        if let due = touchTime(of: session) { until = min(until, now < due ? due : now + 1) }
        return until
    }

    private func load(_ cookie: String) async -> Result<Loaded?, StoreError> {
        switch settings.keeping {
        case .cookie:
            guard let bytes = await sealers.open(cookie, purpose: cookiePurpose), let session = EdgeSession(bytes) else {
                return .success(nil)
            }
            guard let renewal = renewals[session.id.exact], !renewal.cookie.hasSameBytes(as: cookie),
                (renewal.session.refreshedAt, renewal.session.usedAt) > (session.refreshedAt, session.usedAt)
            else { return .success(Loaded(session: session)) }
            return .success(Loaded(session: renewal.session, newCookie: renewal.cookie))
        case .database:
            guard let reference = SessionReference(cookie) else { return .success(nil) }
            do throws(StoreError) {
                guard let row = try await store.edgeSession(key: reference.key), let bytes = reference.open(row.content),
                    let session = EdgeSession(bytes)
                else { return .success(nil) }
                return .success(Loaded(session: session, reference: reference, version: row.version))
            } catch {
                return .failure(error)
            }
        }
    }

    /// - Returns: for clients, nil when nothing is wrong.
    private func refusal(of session: EdgeSession, host: String) -> String? {
        if isRevoked(session) { return "the session has ended" }
        // The site that it was stolen at cannot use it at another.
        if !isOf(host, session) { return "the session is of another host" }
        return clock.now < end(of: session) ? nil : "the session has expired"
    }

    private func isOf(_ host: String, _ session: EdgeSession) -> Bool { Self.matches(host, session.host) }

    /// Without the port, as cookies do: some proxies leave it out.
    private static func matches(_ host: String, _ bound: String?) -> Bool {
        bound.map { $0.hasSameBytes(as: EdgeRequest.name(ofHost: host)) } ?? true
    }

    private func isRevoked(_ session: EdgeSession) -> Bool { isRevoked(session.id, session.tokenID) }

    private func isRevoked(_ id: String, _ tokenID: String?) -> Bool {
        revocations.contains(tokenID: id) || (tokenID.map(revocations.contains(tokenID:)) ?? false)
    }

    // MARK: Times

    /// Seconds for `Max-Age`: to the absolute end, as the use that ends by disuse is known here only.
    public func cookieAge(of session: EdgeSession) -> Int {
        max(1, Int((session.createdAt + settings.lifetime.timeInterval).timeIntervalSince(clock.now)))
    }

    func end(of session: EdgeSession) -> Date {
        let end = session.createdAt + settings.lifetime.timeInterval
        guard settings.idleLifetime > .zero else { return end }
        return min(end, session.usedAt + settings.idleLifetime.timeInterval)
    }

    private func refreshTime(of session: EdgeSession) -> Date? {
        guard session.refreshToken != nil else { return nil }
        let life = session.tokenExpiresAt.timeIntervalSince(session.refreshedAt)
        let beforeExpiry = session.tokenExpiresAt - min(300, life / 5)
        guard settings.refreshInterval > .zero else { return beforeExpiry }
        return min(beforeExpiry, session.refreshedAt + settings.refreshInterval.timeInterval)
    }

    private func isRefreshDue(_ session: EdgeSession) -> Bool {
        let now = clock.now
        guard let time = refreshTime(of: session), time <= now else { return false }
        return pauses[session.id.exact].map { $0 <= now } ?? true
    }

    /// Use is written down ten times in an idle lifetime, not with every request.
    private func touchTime(of session: EdgeSession) -> Date? {
        guard settings.idleLifetime > .zero else { return nil }
        return session.usedAt + settings.idleLifetime.timeInterval / 10
    }

    private func isTouchDue(_ session: EdgeSession) -> Bool { touchTime(of: session).map { $0 <= clock.now } ?? false }

    // MARK: Refreshing

    /// All who come meanwhile wait for the one that is under way.
    private func renewOnce(_ loaded: Loaded) async -> Lookup {
        let id = loaded.session.id.exact
        let task = running.withLock { running in
            if let task = running[id] { return task }
            // A task of its own: the request that began it may go, those that wait for it stay.
            let task = Task {
                let outcome = await self.renew(loaded)
                self.running.withLock { $0[id] = nil }
                return outcome
            }
            running[id] = task
            return task
        }
        return await task.value
    }

    private func renew(_ given: Loaded) async -> Lookup {
        // Whoever came a moment too late has what it was before.
        var loaded = given
        if let renewal = renewals[given.session.id.exact], settings.keeping == .cookie,
            (renewal.session.refreshedAt, renewal.session.usedAt) > (given.session.refreshedAt, given.session.usedAt)
        {
            loaded.session = renewal.session
            loaded.newCookie = renewal.cookie
        } else if let reference = given.reference, case .success(let current?) = await load(reference.text) {
            loaded = current
        }
        var session = loaded.session
        if isRefreshDue(session), await mayRefresh(loaded) {
            switch await refreshed(session) {
            case .success(let fresh): session = fresh
            case .failure(.unavailable(let reason)):
                pauses[session.id.exact] = clock.now + Self.pause
                events.record(.refreshPostponed(session: session.id, reason: reason))
            case .failure(.refused(let reason)):
                events.record(.refreshRefused(session: session.id, subject: session.subject, reason: reason))
                await revoke(session, loaded.reference)
                return .none(reason: "the session has ended")
            }
        }
        if isTouchDue(session) || session.refreshedAt != loaded.session.refreshedAt { session.usedAt = clock.now }
        guard session != loaded.session else { return .found(Found(session: session, newCookie: loaded.newCookie)) }
        return await save(session, loaded)
    }

    /// Seconds until a provider is asked again that did not answer.
    private static let pause: TimeInterval = 30

    /// Only one of many processes may use a refresh token: its second use would be taken for a theft.
    private func mayRefresh(_ loaded: Loaded) async -> Bool {
        let now = clock.now
        let session = loaded.session
        do throws(StoreError) {
            if let reference = loaded.reference {
                return try await store.claimRefresh(
                    key: reference.key, version: loaded.version, now: now, until: now + Self.pause)
            }
            // This process has asked with it before and got no answer.
            if pauses[session.id.exact] != nil { return true }
            let used = HashAlgorithm.sha256.hash(Array(("edge refresh\0" + (session.refreshToken ?? "")).utf8))
            return try await store.use(assertion: used, until: end(of: session))
        } catch {
            events.record(.storeFailed(error, doing: "begin a session's refresh"))
            return false
        }
    }

    private func refreshed(_ session: EdgeSession) async -> Result<EdgeSession, LoginProviderError> {
        do throws(LoginProviderError) {
            let tokens = try await provider.refresh(session.refreshToken ?? "", subject: session.subject)
            let now = clock.now
            let fresh = EdgeSession(
                id: session.id, host: session.host, idToken: tokens.idToken ?? session.idToken,
                accessToken: settings.keepsAccessToken ? tokens.accessToken : nil,
                refreshToken: tokens.refreshToken ?? session.refreshToken, createdAt: session.createdAt, refreshedAt: now,
                usedAt: session.usedAt)
            guard let fresh else { return .failure(.unavailable("its ID token has no iss, sub or exp")) }
            pauses[session.id.exact] = nil
            events.record(.refreshed(session: session.id, subject: session.subject))
            return .success(fresh)
        } catch {
            return .failure(error)
        }
    }

    private func save(_ session: EdgeSession, _ loaded: Loaded) async -> Lookup {
        do throws(StoreError) {
            guard let reference = loaded.reference else {
                let cookie = try sealers.seal(session.serialized, purpose: cookiePurpose)
                renewals[session.id.exact] = (session, cookie)
                return .found(Found(session: session, newCookie: cookie))
            }
            if try await store.update(try stored(session, reference, version: loaded.version + 1)) {
                return .found(Found(session: session))
            }
            // Another process was faster with its use, or the session has ended meanwhile.
            guard let row = try await store.edgeSession(key: reference.key) else { return .none(reason: "the session has ended") }
            let isRefreshed = session.refreshedAt != loaded.session.refreshedAt
            guard isRefreshed, try await store.update(try stored(session, reference, version: row.version + 1)) else {
                return .found(Found(session: loaded.session))
            }
            return .found(Found(session: session))
        } catch {
            events.record(.storeFailed(error, doing: "keep a session of the edge"))
            return .unavailable(reason: "the store of sessions: \(error)")
        }
    }

    // MARK: Ending

    /// Ends the session of a cookie, if there is one. Here it is over when this returns, in other processes within a second.
    /// - Returns: the session that was; nil when there was none.
    @discardableResult
    public func end(_ cookie: String) async throws(StoreError) -> EdgeSession? {
        guard let loaded = try await load(cookie).get() else { return nil }
        try await end(loaded.session, loaded.reference)
        events.record(.signedOut(session: loaded.session.id, subject: loaded.session.subject))
        return loaded.session
    }

    private func end(_ session: EdgeSession, _ reference: SessionReference?) async throws(StoreError) {
        // Clocks of other machines may be behind.
        let until = session.createdAt + settings.lifetime.timeInterval + 60
        try await store.revoke(id: session.id, until: until)
        revocations.add(id: session.id, until: until)
        renewals[session.id.exact] = nil
        if let reference { try await store.removeEdgeSession(key: reference.key) }
        if let refreshToken = session.refreshToken { await provider.revoke(refreshToken) }
    }

    /// What the provider has refused has ended here even if the store cannot be told.
    private func revoke(_ session: EdgeSession, _ reference: SessionReference?) async {
        revocations.add(id: session.id, until: session.createdAt + settings.lifetime.timeInterval + 60)
        do { try await end(session, reference) } catch {
            events.record(.storeFailed(error, doing: "end a session of the edge"))
        }
    }

    private static func hash(_ cookie: String) -> [UInt8] { HashAlgorithm.sha256.hash(cookie.utf8) }
}
