import Foundation
import JOSE
import Persistence
import Synchronization

@testable import OpenIDConnect

/// The rules over a real store in memory, with real keys. Only the clock, the connector and a busy signer are the test's.
struct TestProvider: Sendable {
    static let issuer = "https://issuer.example/dex"
    static let redirectURI = "https://app.example/callback"
    static let app = Client(id: "app", secret: .plain("app-secret"), name: "App", redirectURIs: [redirectURI])
    static let other = Client(id: "other", secret: .plain("other-secret"), name: "Other", redirectURIs: [redirectURI])
    static let identity = Identity(
        userID: "0001", username: "Jane Doe", preferredUsername: "jane", email: "jane@example.com", emailVerified: true,
        groups: ["staff"])

    let clock = TestClock()
    let log = TestLog()
    let connector = TestConnector()
    let signer: TestSigner
    let store: SQLiteStore
    /// What the rules see of the store.
    let faults: FaultyStore
    let keeper: KeyKeeper
    let clients: ClientDirectory
    let parts: ProviderParts

    init(clients: [Client] = [app, other], change: (inout ProviderSettings) -> Void = { _ in }) async throws {
        var settings = ProviderSettings(
            issuer: Self.issuer, grantTypes: [.authorizationCode, .refreshToken, .password], skipsApproval: true,
            passwordConnectorID: "local",
            signingAlgorithm: "ES256")
        change(&settings)
        store = try SQLiteStore(location: .memory)
        faults = FaultyStore(store)
        let ring = KeyRing()
        keeper = KeyKeeper(
            store: store, ring: ring,
            schedule: KeySchedule(rotationPeriod: .seconds(6 * 3600), tokenLifetime: settings.tokenLifetime),
            algorithm: .ES256, clock: clock, events: log
        ) { specification in try PrivateKey.generate(specification) }
        signer = TestSigner(ring: ring, clock: clock)
        let sealers = SealerSource(store: store, clock: clock, random: SystemRandom())
        self.clients = ClientDirectory(static: clients, store: faults)
        parts = ProviderParts(
            settings: settings, clients: self.clients,
            connectors: ConnectorRegistry([
                .init(id: "local", name: "Email", type: "local", connector: connector),
                .init(id: "second", name: "Second", type: "test", connector: TestConnector()),
            ]), grants: faults,
            assertions: faults, revocations: RevocationList(), ring: ring, signer: signer, sealers: sealers, clock: clock,
            random: SystemRandom(), events: log)
        try await keeper.refresh()
        try await sealers.refresh()
    }

    // MARK: What a client does

    func token(_ parameters: [(name: String, value: String)], client: Client = app) async throws(OAuthError) -> TokenResponse {
        try await TokenEndpoint(parts).answer(
            TokenRequest(parameters: RequestParameters(parameters + Self.credentials(client)), authorization: nil))
    }

    static func credentials(_ client: Client) -> [(name: String, value: String)] {
        [("client_id", client.id), ("client_secret", client.id + "-secret")]
    }

    func redeem(
        _ code: String, client: Client = app, redirectURI: String = redirectURI, verifier: String? = nil
    ) async throws(OAuthError) -> TokenResponse {
        try await token(
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI)]
                + (verifier.map { [("code_verifier", $0)] } ?? []),
            client: client)
    }

    func refresh(_ token: String?, client: Client = app, scope: String? = nil) async throws(OAuthError) -> TokenResponse {
        try await self.token(
            [("grant_type", "refresh_token"), ("refresh_token", token ?? "none")] + (scope.map { [("scope", $0)] } ?? []),
            client: client)
    }

    /// Tokens by the password grant, a refresh token among them.
    func tokens(client: Client = app) async throws(OAuthError) -> TokenResponse {
        try await token(
            [("grant_type", "password"), ("username", "jane"), ("password", "right"), ("scope", "openid email offline_access")],
            client: client)
    }

    func isAccepted(_ accessToken: String) async -> Bool {
        await parts.verifier.verify(accessToken) != nil
    }

    // MARK: What a browser does

    let browser = BrowserBinding(secret: "a browser's secret")

    func authorization(
        client: Client = app, scope: String = "openid offline_access", _ more: [(name: String, value: String)] = []
    ) -> RequestParameters {
        RequestParameters(
            [
                ("client_id", client.id), ("redirect_uri", Self.redirectURI), ("response_type", "code"), ("scope", scope),
                ("state", "s"),
            ] + more)
    }

    /// The sealed state of a password form.
    func begin(_ parameters: RequestParameters? = nil) async throws -> String {
        let outcome = await SignInFlow(parts).begin(parameters ?? authorization(), connectorID: "local", browser: browser)
        guard case .ask(.password, let state, _) = outcome else { throw Unexpected(outcome) }
        return state
    }

    func submit(_ state: String, password: String = "right", browser: BrowserBinding? = nil) async -> SignInOutcome {
        await SignInFlow(parts).submit(
            username: "jane", password: password, connectorID: "local", state: state, browser: browser ?? self.browser
        ).next
    }

    /// From the request to a code.
    func code(_ parameters: RequestParameters? = nil) async throws -> String {
        let outcome = await submit(try await begin(parameters))
        guard case .answer(let response) = outcome, let code = response["code"] else { throw Unexpected(outcome) }
        return code
    }
}

extension SignInOutcome {
    /// What is next, for a browser that remembers nobody.
    var next: SignInOutcome {
        if case .remember(_, let next) = self { next } else { self }
    }
}

struct Unexpected: Error {
    let outcome: SignInOutcome

    init(_ outcome: SignInOutcome) { self.outcome = outcome }
}

/// A clock that stands still until it is moved.
final class TestClock: WallClock {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: TimeInterval) {
        time.withLock { $0 += seconds }
    }
}

final class TestLog: EventLog {
    private let all = Mutex<[ProviderEvent]>([])

    var events: [ProviderEvent] { all.withLock { $0 } }

    func record(_ event: ProviderEvent) {
        all.withLock { $0.append(event) }
    }
}

/// Knows one person; may be out of order, or know that person no more.
final class TestConnector: PasswordConnector, RefreshConnector {
    private let state = Mutex<(identity: Identity, problem: ConnectorError?)>((TestProvider.identity, nil))

    var usernamePrompt: UsernamePrompt { .email }

    func set(problem: ConnectorError?) {
        state.withLock { $0.problem = problem }
    }

    func change(_ change: (inout Identity) -> Void) {
        state.withLock { change(&$0.identity) }
    }

    func authenticate(username: String, password: String, scopes: [String]) async throws(ConnectorError) -> ConnectorIdentity? {
        let (identity, problem) = state.withLock { $0 }
        if let problem { throw problem }
        return password == "right" ? ConnectorIdentity(identity: identity, methods: ["pwd"]) : nil
    }

    func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        let (identity, problem) = state.withLock { $0 }
        if let problem { throw problem }
        return ConnectorIdentity(identity: identity, methods: ["pwd"])
    }
}

/// Signs with the key of the moment, or is too busy.
final class TestSigner: TokenSigner {
    private let ring: KeyRing
    private let clock: TestClock
    private let busy = Mutex(false)

    init(ring: KeyRing, clock: TestClock) {
        self.ring = ring
        self.clock = clock
    }

    func set(isBusy: Bool) {
        busy.withLock { $0 = isBusy }
    }

    func sign<Value: Sendable>(_ body: @escaping @Sendable (SigningKey) throws -> Value) async throws(SigningError) -> Value {
        if busy.withLock({ $0 }) { throw .overloaded }
        guard let key = ring.current?.signingKey(at: clock.now) else { throw .failed("no key") }
        do { return try body(key) } catch { throw .failed("\(error)") }
    }
}
