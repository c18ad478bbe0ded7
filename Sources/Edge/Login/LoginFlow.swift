import Bytes
import FoundationEssentials
public import JOSE
public import OpenIDConnect
import Upstream

/// The login of the edge: to the provider by the authorization code flow with PKCE, and back to the page first asked for.
public struct LoginFlow: Sendable {
    /// A browser's request at one of the login's addresses.
    public struct Visit: Sendable {
        /// `http` or `https`, as the browser used it.
        public var scheme: String
        /// As the browser wrote it, in lower case.
        public var host: String
        public var headers: EdgeHeaders
        /// Query and form, decoded.
        public var parameters: [(name: String, value: String)]

        public init(scheme: String, host: String, headers: EdgeHeaders, parameters: [(name: String, value: String)]) {
            self.scheme = scheme
            self.host = host
            self.headers = headers
            self.parameters = parameters
        }

        func all(_ name: String) -> [String] { parameters.filter { $0.name.hasSameBytes(as: name) }.map(\.value) }
        /// Nil also when it is there twice: nobody can mean that well (RFC 6749 §3.1).
        func only(_ name: String) -> String? {
            let values = all(name)
            return values.count == 1 ? values[0] : nil
        }
    }

    /// What the browser is told.
    public struct Redirect: Sendable, Hashable {
        public var location: String
        /// Values of `Set-Cookie`.
        public var cookies: [String]
    }

    public enum Failure: Error, Sendable, Hashable {
        /// Begun in another browser, too long ago, or ended already: the person may begin again.
        case unknownAttempt
        /// The person, or the provider for them, said no.
        case declined
        /// The answer of the provider is not for us.
        case refused
        /// The host is none that a login may be begun at.
        case unknownHost
        case unavailable
        /// The session is larger than cookies can be.
        case tooLarge
        /// A page of somebody else may have sent the browser to the sign-out: the person is asked first.
        case unconfirmed
    }

    public let settings: LoginSettings
    let provider: any LoginProvider
    let sessions: EdgeSessions
    let sealers: SealerSource
    private let clock: any WallClock
    private let random: any RandomSource
    let events: any LoginEventLog

    public init(
        _ settings: LoginSettings, provider: any LoginProvider, sessions: EdgeSessions, sealers: SealerSource,
        clock: any WallClock, random: any RandomSource, events: any LoginEventLog
    ) {
        self.settings = settings
        self.provider = provider
        self.sessions = sessions
        self.sealers = sealers
        self.clock = clock
        self.random = random
        self.events = events
    }

    var cookie: SessionCookie { settings.session.cookie }
    var attemptPrefix: String { Self.attemptPrefix(of: cookie.name) }

    /// What the cookies of log-ins under way begin with.
    /// - Parameter sessionCookie: the name of the session's.
    public static func attemptPrefix(of sessionCookie: String) -> String { sessionCookie + "_login_" }
    private var purpose: String { "edge-login:" + cookie.name }

    /// Where the person of a visit wants to go.
    public func target(of visit: Visit) -> String {
        settings.targets.target(
            asked: visit.all("rd"), headers: visit.headers, here: "\(visit.scheme)://\(visit.host)")
    }

    // MARK: There

    public func start(_ visit: Visit) async throws(Failure) -> Redirect {
        let addresses = try await addresses()
        guard Authority(visit.host) != nil, let redirectURI = redirectURI(visit) else { throw .unknownHost }
        let now = clock.now
        let attempt = LoginAttempt(
            target: target(of: visit), redirectURI: redirectURI, host: visit.host, startedAt: now, random: random)
        guard let suffix = LoginAttempt.suffix(state: attempt.state) else { throw .unavailable }
        let sealed: String
        do throws(StoreError) { sealed = try sealers.seal(attempt.serialized, purpose: purpose) } catch {
            events.record(.storeFailed(error, doing: "seal a login"))
            throw .unavailable
        }
        var fields: [(String, String)] = [
            ("client_id", settings.clientID), ("redirect_uri", redirectURI), ("response_type", "code"),
            ("scope", settings.scopes.joined(separator: " ")), ("state", attempt.state), ("nonce", attempt.nonce),
            ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
        ]
        if let prompt = settings.prompt { fields.append(("prompt", prompt)) }
        fields += settings.parameters.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }
        let query = fields.map { $0.0 + "=" + PercentEncoding.encode($0.1) }.joined(separator: "&")
        let separator = addresses.authorization.containsByte("?") ? "&" : "?"
        let set = cookie.field(setting: sealed, name: attemptPrefix + suffix, maximumAge: Int(LoginAttempt.lifetime))
        return Redirect(
            location: addresses.authorization + separator + query, cookies: [set] + (await leftovers(visit, now: now)))
    }

    /// Deletions of attempts that are over, and of the oldest of too many: cookies that pile up make requests that are refused.
    private func leftovers(_ visit: Visit, now: Date) async -> [String] {
        var alive: [(name: String, startedAt: Date)] = []
        var gone: [String] = []
        for name in Set(EdgeCookies.names(in: visit.headers).map(\.exact)).sorted().map(\.text)
        where name.startsWithBytes(of: attemptPrefix) {
            if let attempt = await attempt(named: name, visit), attempt.isAlive(now) {
                alive.append((name, attempt.startedAt))
            } else {
                gone.append(name)
            }
        }
        let surplus = alive.count - (LoginAttempt.mostAtOnce - 1)
        if surplus > 0 { gone += alive.sorted { $0.startedAt < $1.startedAt }.prefix(surplus).map(\.name) }
        return gone.map(cookie.deletion)
    }

    private func attempt(named name: String, _ visit: Visit) async -> LoginAttempt? {
        guard let value = EdgeCookies.value(name, in: visit.headers), let bytes = await sealers.open(value, purpose: purpose)
        else { return nil }
        return LoginAttempt(bytes)
    }

    private func redirectURI(_ visit: Visit) -> String? {
        switch settings.redirectURI {
        case .fixed(let uri): return uri
        case .host(let otherwise):
            let origin = "\(visit.scheme)://\(visit.host)"
            if let parsed = WebOrigin(of: origin), settings.targets.allowedHosts.contains(where: { $0.allows(parsed) }) {
                return origin + settings.prefix + LoginSettings.callbackPage
            }
            return otherwise.map { $0 + settings.prefix + LoginSettings.callbackPage }
        }
    }

    // MARK: And back

    /// The attempt that a visit at the callback is the end of, with the name of its cookie; nil if it was begun elsewhere.
    private func attempt(of visit: Visit) async -> (attempt: LoginAttempt, name: String)? {
        guard let state = visit.only("state"), let suffix = LoginAttempt.suffix(state: state),
            let attempt = await attempt(named: attemptPrefix + suffix, visit),
            constantTimeEquals(Array(attempt.state.utf8), Array(state.utf8)), isAt(visit.host, attempt)
        else { return nil }
        return (attempt, attemptPrefix + suffix)
    }

    /// The page that was asked for before a login that came to nothing: where the next one is to lead.
    public func firstTarget(of visit: Visit) async -> String? { await attempt(of: visit)?.attempt.target }

    public func finish(_ visit: Visit) async throws(Failure) -> Redirect {
        let now = clock.now
        // Whose answer this is must be known before anything of it is believed: a page elsewhere could have sent the browser
        // here with a code of its own (RFC 9700 §4.7).
        guard let (attempt, name) = await attempt(of: visit), attempt.isAlive(now) else {
            events.record(.loginRefused(reason: "the login was not begun in this browser, or too long ago"))
            throw .unknownAttempt
        }
        try checkSender(visit, try await addresses())
        if let error = visit.only("error") {
            let text = ForeignText.clean(error, visit.only("error_description"))
            switch error {
            case "server_error", "temporarily_unavailable":
                events.record(.loginUnavailable(reason: text))
                throw .unavailable
            case "access_denied":
                events.record(.loginRefused(reason: text))
                throw .declined
            default:
                events.record(.loginRefused(reason: text))
                throw .refused
            }
        }
        guard let code = visit.only("code") else {
            events.record(.loginRefused(reason: "the browser came back without a code"))
            throw .refused
        }
        let tokens: LoginTokens
        do throws(LoginProviderError) {
            tokens = try await provider.redeem(
                LoginCode(code: code, redirectURI: attempt.redirectURI, verifier: attempt.verifier, nonce: attempt.nonce))
        } catch {
            throw failure(error)
        }
        return try await admit(tokens, attempt, visit, attemptName: name)
    }

    /// A new session for every login, whatever the browser had before: that one ends.
    private func admit(
        _ tokens: LoginTokens, _ attempt: LoginAttempt, _ visit: Visit, attemptName: String
    ) async throws(Failure) -> Redirect {
        let begun: (session: EdgeSession, cookie: String)
        do throws(StoreError) { begun = try await sessions.begin(tokens, host: visit.host) } catch {
            events.record(.storeFailed(error, doing: "begin a session of the edge"))
            throw .unavailable
        }
        let present = EdgeCookies.names(in: visit.headers)
        guard
            let fields = cookie.fields(
                setting: begun.cookie, maximumAge: sessions.cookieAge(of: begun.session), present: present)
        else {
            events.record(.loginRefused(reason: "the session is too large for cookies; write edge.session.store: database"))
            throw .tooLarge
        }
        if let former = EdgeCookies.chunked(cookie.name, in: visit.headers), !former.isEmpty {
            do throws(StoreError) { try await sessions.end(former) } catch {
                events.record(.storeFailed(error, doing: "end the session before"))
            }
        }
        events.record(
            .signedIn(session: begun.session.id, issuer: begun.session.issuer, subject: begun.session.subject))
        return Redirect(location: attempt.target, cookies: fields + [cookie.deletion(of: attemptName)])
    }

    /// With a cookie for a whole domain the login may come back at another of its hosts.
    private func isAt(_ host: String, _ attempt: LoginAttempt) -> Bool {
        cookie.domain != nil || EdgeRequest.name(ofHost: attempt.host).hasSameBytes(as: EdgeRequest.name(ofHost: host))
    }

    /// An answer of one provider must not be taken for one of another (RFC 9207 §2.4).
    private func checkSender(_ visit: Visit, _ addresses: LoginAddresses) throws(Failure) {
        let issuers = visit.all("iss")
        guard issuers.isEmpty ? !addresses.sendsIssuer : issuers.count == 1 && issuers[0].hasSameBytes(as: addresses.issuer)
        else {
            events.record(.loginRefused(reason: "the answer does not say that it is of \(addresses.issuer)"))
            throw .refused
        }
    }

    private func failure(_ error: LoginProviderError) -> Failure {
        switch error {
        case .refused(let reason):
            events.record(.loginRefused(reason: "the provider did not take its code: \(reason)"))
            return .refused
        case .unavailable(let reason):
            events.record(.loginUnavailable(reason: reason))
            return .unavailable
        }
    }

    private func addresses() async throws(Failure) -> LoginAddresses {
        do { return try await provider.addresses() } catch { throw failure(error) }
    }
}
