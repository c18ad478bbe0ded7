import FoundationEssentials
import JOSE
import OpenIDConnect
import Persistence
import Synchronization

@testable import Edge

final class MovableClock: WallClock {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
}

/// A provider that answers at once, and counts.
final class FakeLoginProvider: LoginProvider {
    struct State {
        var refreshes = 0
        var revoked: [String] = []
        var refusal: LoginProviderError?
        var usedRefreshTokens: Set<String> = []
        var usedCodes: Set<String> = []
        var groups = ["staff"]
        var endSession: String?
        var redeemed: [LoginCode] = []
        var padding = ""
    }

    static let issuer = "https://issuer.example"
    let state = Mutex(State())
    let clock: any WallClock
    let tokenLifetime: TimeInterval

    init(clock: any WallClock, tokenLifetime: TimeInterval = 3600) {
        self.clock = clock
        self.tokenLifetime = tokenLifetime
    }

    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    func addresses() async throws(LoginProviderError) -> LoginAddresses {
        LoginAddresses(
            issuer: Self.issuer, authorization: Self.issuer + "/auth", endSession: state.withLock { $0.endSession },
            sendsIssuer: true)
    }

    func redeem(_ code: LoginCode) async throws(LoginProviderError) -> LoginTokens {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        let isFirst = state.withLock { state in
            state.redeemed.append(code)
            return state.usedCodes.insert(code.code).inserted
        }
        guard isFirst else { throw .refused("used") }
        return tokens(number: 0)
    }

    func refresh(_ refreshToken: String, subject: String) async throws(LoginProviderError) -> LoginTokens {
        // Long enough for others to come meanwhile.
        for _ in 0..<20 { await Task.yield() }
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        let (number, isFirst) = state.withLock { state in
            state.refreshes += 1
            return (state.refreshes, state.usedRefreshTokens.insert(refreshToken).inserted)
        }
        // As Dextra does: a token that comes twice was stolen.
        guard isFirst else { throw .refused("the refresh token was used before") }
        return tokens(number: number)
    }

    func revoke(_ refreshToken: String) async { state.withLock { $0.revoked.append(refreshToken) } }

    func tokens(number: Int) -> LoginTokens {
        let (groups, padding) = state.withLock { ($0.groups, $0.padding) }
        let now = clock.now.timeIntervalSince1970
        let claims = JSON.object([
            "iss": .string(Self.issuer), "sub": "jane", "aud": "edge", "exp": .integer(Int64(now + tokenLifetime)),
            "iat": .integer(Int64(now)), "jti": .string("grant-\(number).token"), "email": "jane@example.com",
            "email_verified": true, "groups": .array(groups.map(JSON.string)), "padding": .string(padding),
        ])
        let token = "e30." + Base64URL.encode(claims.serialized()) + ".c2ln"
        return LoginTokens(idToken: token, accessToken: "access-\(number)", refreshToken: "refresh-\(number)")
    }
}

final class LoginEvents: LoginEventLog {
    private let all = Mutex<[LoginEvent]>([])
    var count: Int { all.withLock { $0.count } }
    func record(_ event: LoginEvent) { all.withLock { $0.append(event) } }
}

/// Sessions over a real store in memory.
struct SessionBench: Sendable {
    let clock: MovableClock
    let store: SQLiteStore
    let sealers: SealerSource
    let revocations = RevocationList()
    let provider: FakeLoginProvider
    let events = LoginEvents()
    let settings: SessionSettings
    let sessions: EdgeSessions
    let authenticator: SessionAuthenticator

    static let host = "app.example.com"

    init(
        _ keeping: SessionSettings.Keeping, sharing other: SessionBench? = nil, tokenLifetime: TimeInterval = 3600,
        domain: String? = nil, change: (inout SessionSettings) -> Void = { _ in }
    ) async throws {
        clock = other?.clock ?? MovableClock()
        store = try other?.store ?? SQLiteStore(location: .memory)
        provider = other?.provider ?? FakeLoginProvider(clock: clock, tokenLifetime: tokenLifetime)
        sealers = SealerSource(store: store, clock: clock, random: SystemRandom())
        try await sealers.refresh()
        var settings = SessionSettings(cookie: SessionCookie(name: "edge", domain: domain, isSecure: true))
        settings.keeping = keeping
        change(&settings)
        self.settings = settings
        sessions = EdgeSessions(
            settings, provider: provider, store: store, sealers: sealers, revocations: revocations, clock: clock,
            random: SystemRandom(), events: events)
        authenticator = SessionAuthenticator(sessions)
    }

    func begin() async throws -> String {
        try await sessions.begin(provider.tokens(number: 0), host: Self.host).cookie
    }

    func request(_ host: String = host) -> EdgeRequest { EdgeRequest(host: host) }

    func ask(_ cookie: String, host: String = host) async -> EdgeAuthentication {
        await authenticator.authenticate(.session(cookie), for: request(host))
    }

    func known(_ cookie: String, host: String = host) -> EdgeIdentity? {
        authenticator.known(.session(cookie), for: request(host))
    }

    /// What another process reads every second.
    func readRevocations() async throws {
        revocations.add(try await store.revocations(after: revocations.position), now: clock.now)
    }
}

extension EdgeAuthentication {
    var identity: EdgeIdentity? {
        switch self {
        case .identity(let identity), .renewed(let identity, _): identity
        case .invalid, .unavailable: nil
        }
    }

    var reason: String? {
        switch self {
        case .invalid(let reason), .unavailable(let reason): reason
        case .identity, .renewed: nil
        }
    }

    /// The value of the session cookie that comes with it.
    var newCookie: String? {
        guard case .renewed(_, let fields) = self, let field = fields.first, let equals = field.firstIndex(of: "=") else {
            return nil
        }
        return String(field[field.index(after: equals)...].prefix { $0 != ";" })
    }
}
