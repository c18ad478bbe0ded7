import Bytes
import FoundationEssentials
public import JOSE

/// The browser that a sign-in belongs to: the secret of its cookie.
public struct BrowserBinding: Sendable {
    let secret: String

    public init(secret: String) {
        self.secret = secret
    }

    /// A new secret: 128 random bits.
    public static func make(_ random: any RandomSource) -> String {
        Base64URL.encode(random.bytes(16))
    }

    var hash: [UInt8] { HashAlgorithm.sha256.hash(Array(secret.utf8)) }
}

/// What happens next in a sign-in.
public indirect enum SignInOutcome: Sendable {
    /// Several connectors could be meant.
    case choose(ConnectorChoices, uiLocales: [String])
    /// One connector is meant: go on at its own address, with the same parameters.
    case proceed(connectorID: String)
    /// Ask the person; `state` brings them back to this point.
    case ask(SignInPrompt, state: String, uiLocales: [String])
    /// The answer of another site is good; go on with `state` at the address of the connector's callback, where the browser
    /// has to prove itself.
    case answered(callbackURL: String, connectorID: String, state: String)
    /// Ask the browser for a ticket (`WWW-Authenticate: Negotiate`), and show the form to people whose browser has none; without
    /// a form there is no other way in.
    case challenge(SignInPrompt?, uiLocales: [String])
    /// A ticket was good: the outcome goes with what proves this side to the browser.
    case negotiated(SignInOutcome, reply: [UInt8])
    /// Somebody has just logged in, which the browser should remember (``LogoutFlow/remember(_:in:browser:)``); and what is next.
    case remember(BrowserLogin, then: SignInOutcome)
    /// Name and password do not fit: ask again.
    case wrongCredentials(SignInPrompt, uiLocales: [String])
    /// The new password will not do: ask again.
    case newPasswordRefused(SignInPrompt, NewPasswordProblem, uiLocales: [String])
    /// The end: an answer or an error for the client.
    case answer(AuthorizationResponse)
    /// The end: an error for the person.
    case refuse(PageError)
}

public struct ConnectorChoices: Sendable, Hashable {
    public let connectors: [ConnectorChoice]
    /// Whether the domain of an e-mail address may decide: it comes as `login_hint`.
    public let asksForEmail: Bool
    /// An address that has not decided it.
    public let email: String?
}

public struct ConnectorChoice: Sendable, Hashable {
    public let id: String
    public let name: String
    public let type: String
}

/// From an authorization request to its answer: prove the client → identify → consent → answer.
public struct SignInFlow: Sendable {
    let parts: ProviderParts
    private let steps: [any SignInStep]
    private let answer: AuthorizationAnswer

    public init(_ parts: ProviderParts) {
        self.parts = parts
        answer = AuthorizationAnswer(parts)
        steps = [
            NewPasswordStep(),
            IdentifyStep(connectors: parts.connectors, issuer: parts.settings.issuer, events: parts.events) {
                signIn throws(PageError) in
                try Self.seal(signIn, parts)
            },
            ConsentStep(skipsApproval: parts.settings.skipsApproval),
        ]
    }

    // MARK: The ways in

    /// `/auth`: which connector?
    public func begin(_ parameters: RequestParameters) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            let (request, client) = try await AuthorizationRequestValidator(parts).validate(parameters)
            let choices = parts.connectors.choices(for: client)
            if let id = parameters["connector_id"] {
                guard choices.contains(where: { $0.id.hasSameBytes(as: id) }) else {
                    let error = OAuthError(.invalidRequest, "The connector '\(id)' does not exist or is not for this client.")
                    throw .redirect(request.redirect(issuer: parts.settings.issuer, client: client).response(error))
                }
                return .proceed(connectorID: id)
            }
            if let hint = request.loginHint, let home = choices.first(where: { $0.isHome(of: hint) }) {
                return .proceed(connectorID: home.id)
            }
            guard let only = choices.first else { throw .page(PageError(.forbidden, "This application has no way to log in.")) }
            if choices.count == 1, !parts.settings.alwaysShowsConnectors { return .proceed(connectorID: only.id) }
            return .choose(
                ConnectorChoices(
                    connectors: choices.map { ConnectorChoice(id: $0.id, name: $0.name, type: $0.type) },
                    asksForEmail: choices.contains { !$0.emailDomains.isEmpty }, email: request.loginHint),
                uiLocales: request.uiLocales)
        }
    }

    /// `/auth/{connector}`: the request begins with that connector.
    public func begin(_ parameters: RequestParameters, connectorID: String, browser: BrowserBinding) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            let (request, client) = try await AuthorizationRequestValidator(parts).validate(parameters)
            guard let entry = parts.connectors[connectorID] else {
                throw .page(PageError(.invalid, "Requested resource does not exist."))
            }
            guard client.allows(connector: entry.id) else {
                throw .page(PageError(.forbidden, "This application does not use that connector."))
            }
            let grant: GrantType = request.responseType.contains(.code) ? .authorizationCode : .implicit
            guard entry.allows(grant) else { throw .page(PageError(.invalid, "That connector is not for this kind of login.")) }
            let end = parts.clock.now + parts.settings.signInLifetime.timeInterval
            return try await next(
                SignIn(
                    id: parts.random.bytes(16), request: request, browser: browser.hash, endsAt: end, expiresAt: end,
                    connectorID: entry.id), client)
        }
    }

    // MARK: The ways on

    /// The password form, shown or shown again.
    /// - Parameter token: the ticket that the browser has sent, for connectors that take one.
    public func form(
        connectorID: String, state: String?, browser: BrowserBinding?, token: [UInt8]? = nil
    ) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            var (signIn, client) = try await resumed(state, connectorID: connectorID, browser: browser)
            // Whoever comes back here begins anew.
            signIn.expiredUsername = nil
            if let outcome = try await negotiate(token, signIn, client) { return outcome }
            return try await next(signIn, client)
        }
    }

    /// The password form, sent.
    public func submit(
        username: String, password: String, connectorID: String, state: String?, browser: BrowserBinding?
    ) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            var (signIn, client) = try await resumed(state, connectorID: connectorID, browser: browser)
            guard let entry = parts.connectors[connectorID], let connector = entry.connector as? any PasswordConnector else {
                throw .page(PageError(.invalid, "Requested resource does not exist."))
            }
            try requirePasswords(at: connector)
            let found: ConnectorIdentity?
            do throws(ConnectorError) {
                found = try await ConnectorCall(entry: entry, events: parts.events).authenticate(
                    with: connector, username: username, password: password, scopes: signIn.request.scopes)
            } catch {
                parts.events.record(
                    .loginFailed(
                        connectorID: connectorID, username: username, clientID: client.id, reason: LoginFailure(error),
                        detail: error.detail))
                guard case .denied(.mustChangePassword, _) = error, connector is any PasswordChangeConnector else {
                    throw .page(PageError(connector: error))
                }
                signIn.expiredUsername = username
                return try await next(signIn, client)
            }
            guard let found else {
                parts.events.record(
                    .loginFailed(
                        connectorID: connectorID, username: username, clientID: client.id, reason: .wrongCredentials, detail: ""))
                return .wrongCredentials(
                    .password(
                        connectorID: connectorID, prompt: connector.usernamePrompt, clientName: client.name, username: username,
                        hasAlternatives: parts.connectors.choices(for: client).count > 1),
                    uiLocales: signIn.request.uiLocales)
            }
            identify(&signIn, as: found, client)
            return try await remembering(signIn, client)
        }
    }

    /// Back from another site.
    /// - Parameter isPost: whether the answer came by POST.
    public func callback(
        _ parameters: RequestParameters, isPost: Bool = false, connectorID: String?, browser: BrowserBinding?,
        sender: ConnectorAnswer.Sender? = nil
    ) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            var state = parameters["state"] ?? parameters["RelayState"]
            if isPost, state?.isEmpty ?? true { state = await carriedState(in: parameters) }
            if let answered = await opened(state, purpose: SignIn.answeredPurpose) {
                let (signIn, client) = try await proven(answered, connectorID: connectorID, browser: browser)
                if let authentication = signIn.authentication {
                    parts.events.record(
                        .loginSucceeded(
                            connectorID: signIn.connectorID, identity: authentication.identity, clientID: client.id))
                }
                return try await remembering(signIn, client)
            }
            let sealed = await opened(state, purpose: SignIn.purpose)
            if let sealed, parts.connectors[sealed.connectorID]?.connector is any PostedAnswerConnector {
                guard isPost else { throw .page(Self.expired) }
                return try await posted(parameters, sealed, state: state ?? "", connectorID: connectorID)
            }
            var (signIn, client) = try await proven(sealed, connectorID: connectorID, browser: browser)
            let found = try await identity(
                from: parameters, signIn, client, state: state ?? "", sender: connectorID == nil ? nil : sender)
            signIn.memory = []
            identify(&signIn, as: found, client)
            return try await remembering(signIn, client)
        }
    }

    /// An answer that came without the browser's cookie (see ``PostedAnswerConnector``). Nothing is given for it but an address
    /// that is worth something only in the browser where the sign-in began.
    private func posted(
        _ parameters: RequestParameters, _ sealed: SignIn, state: String, connectorID: String?
    ) async throws(AuthorizationFailure) -> SignInOutcome {
        var (signIn, client) = try await current(sealed, connectorID: connectorID)
        let found: ConnectorIdentity
        do throws(AuthorizationFailure) {
            found = try await identity(from: parameters, signIn, client, state: state)
        } catch {
            // The connector comes first, so that an answer that is shown again is told to the operator as what it is.
            try await requireNoAnswer(to: signIn)
            throw error
        }
        try await requireNoAnswer(to: signIn)
        signIn.memory = []
        signIn.expiresAt = min(signIn.expiresAt, parts.clock.now + SignIn.answeredLifetime)
        signIn.authentication = authentication(of: found, connectorID: signIn.connectorID)
        signIn.logoutMemory = found.logoutMemory
        do {
            return .answered(
                callbackURL: parts.settings.issuer + "/callback", connectorID: signIn.connectorID,
                state: try Self.seal(signIn, parts, purpose: SignIn.answeredPurpose))
        } catch { throw .page(error) }
    }

    /// The state of an answer that comes with none beside it. Whether it is one of ours is for its seal to say.
    private func carriedState(in parameters: RequestParameters) async -> String? {
        for entry in parts.connectors.entries {
            guard let connector = entry.connector as? any PostedAnswerConnector else { continue }
            if let state = await connector.state(in: parameters) { return state }
        }
        return nil
    }

    private func identity(
        from parameters: RequestParameters, _ signIn: SignIn, _ client: Client, state: String,
        sender: ConnectorAnswer.Sender? = nil
    ) async throws(AuthorizationFailure) -> ConnectorIdentity {
        guard let entry = parts.connectors[signIn.connectorID], let connector = entry.connector as? any CallbackConnector else {
            throw .page(PageError(.invalid, "Requested resource does not exist."))
        }
        do throws(ConnectorError) {
            return try await ConnectorCall(entry: entry, events: parts.events).identity(
                with: connector,
                from: ConnectorAnswer(
                    parameters: parameters, callbackURL: parts.settings.issuer + "/callback", scopes: signIn.request.scopes,
                    memory: signIn.memory, state: state, sender: sender))
        } catch {
            parts.events.record(
                .loginFailed(
                    connectorID: signIn.connectorID, username: "", clientID: client.id, reason: LoginFailure(error),
                    detail: error.detail))
            throw .page(PageError(connector: error))
        }
    }

    /// The consent page, shown.
    public func consentForm(state: String?, browser: BrowserBinding?) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            let (signIn, client) = try await resumed(state, browser: browser, needsIdentity: true)
            return try await next(signIn, client)
        }
    }

    /// The consent page, answered.
    public func consent(approved: Bool, state: String?, browser: BrowserBinding?) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            var (signIn, client) = try await resumed(state, browser: browser, needsIdentity: true)
            guard approved else {
                let error = OAuthError(.accessDenied, "The user did not agree.")
                do throws(PageError) { return .answer(try await answer.refusal(of: signIn, client: client, error)) } catch {
                    throw .page(error)
                }
            }
            signIn.hasConsented = true
            return try await next(signIn, client)
        }
    }

    // MARK: The line itself

    /// Walks on to the first step that has something to ask, or to the answer.
    func next(_ signIn: SignIn, _ client: Client) async throws(AuthorizationFailure) -> SignInOutcome {
        do throws(PageError) {
            for step in steps {
                if let prompt = try await step.prompt(for: signIn, client: client) {
                    return .ask(prompt, state: try Self.seal(signIn, parts), uiLocales: signIn.request.uiLocales)
                }
            }
            return .answer(try await answer.answer(signIn, client: client))
        } catch {
            throw .page(error)
        }
    }

    func identify(_ signIn: inout SignIn, as found: ConnectorIdentity, _ client: Client) {
        parts.events.record(.loginSucceeded(connectorID: signIn.connectorID, identity: found.identity, clientID: client.id))
        signIn.authentication = authentication(of: found, connectorID: signIn.connectorID)
        signIn.logoutMemory = found.logoutMemory
    }

    /// What the connector wants to know at the logout goes into the browser's cookie, and no further with the sign-in.
    func remembering(_ signIn: SignIn, _ client: Client) async throws(AuthorizationFailure) -> SignInOutcome {
        var signIn = signIn
        guard let userID = signIn.authentication?.identity.userID else { return try await next(signIn, client) }
        let login = BrowserLogin(
            userID: userID, connectorID: signIn.connectorID, clientID: client.id, logoutMemory: signIn.logoutMemory)
        signIn.logoutMemory = nil
        return .remember(login, then: try await next(signIn, client))
    }

    private func authentication(of found: ConnectorIdentity, connectorID: String) -> Authentication {
        Authentication(
            identity: found.identity, connectorID: connectorID, connectorData: found.connectorData, time: parts.clock.now,
            methods: found.methods)
    }

    private static func seal(
        _ signIn: SignIn, _ parts: ProviderParts, purpose: String = SignIn.purpose
    ) throws(PageError) -> String {
        do { return try parts.sealers.seal(signIn.json.serialized(), purpose: purpose) } catch {
            throw PageError(error, doing: "seal a sign-in", toldTo: parts.events)
        }
    }

    static let expired = PageError(
        .invalid, "This sign-in has expired or belongs to another browser. Go back to the application and start again.")
    static let answered = PageError(
        .finished, "This sign-in is finished: the application has its answer. To sign in again, go back to it and start again.")

    /// Opens what was sealed, and proves that it is this browser's, still good, and its client still there.
    func resumed(
        _ state: String?, connectorID: String? = nil, browser: BrowserBinding?, needsIdentity: Bool = false
    ) async throws(AuthorizationFailure) -> (SignIn, Client) {
        try await proven(
            await opened(state, purpose: SignIn.purpose), connectorID: connectorID, browser: browser, needsIdentity: needsIdentity
        )
    }

    private func opened(_ state: String?, purpose: String) async -> SignIn? {
        guard let state, let bytes = await parts.sealers.open(state, purpose: purpose) else { return nil }
        return SignIn(sealed: bytes)
    }

    private func proven(
        _ signIn: SignIn?, connectorID: String?, browser: BrowserBinding?, needsIdentity: Bool = false
    ) async throws(AuthorizationFailure) -> (SignIn, Client) {
        guard let signIn, let browser, constantTimeEquals(signIn.browser, browser.hash),
            !needsIdentity || signIn.authentication != nil
        else { throw .page(Self.expired) }
        let found = try await current(signIn, connectorID: connectorID)
        try await requireNoAnswer(to: signIn)
        return found
    }

    /// Still good, and its client still there; whose browser it is remains open.
    private func current(_ signIn: SignIn, connectorID: String?) async throws(AuthorizationFailure) -> (SignIn, Client) {
        guard parts.clock.now < signIn.expiresAt, connectorID?.hasSameBytes(as: signIn.connectorID) ?? true else {
            throw .page(Self.expired)
        }
        let client: Client?
        do { client = try await parts.clients.client(id: signIn.request.clientID) } catch {
            throw .page(PageError(error, doing: "find a client", toldTo: parts.events))
        }
        // A reload may have taken the client or its redirect URI away in the meantime.
        guard let client, RedirectURIRule(client: client).accepts(signIn.request.redirectURI) else { throw .page(Self.expired) }
        return (signIn, client)
    }

    /// The Back button at a shared computer: whoever comes after the answer is somebody else, perhaps. Two at the same moment both
    /// pass here, and one of them where the answer is stored.
    private func requireNoAnswer(to signIn: SignIn) async throws(AuthorizationFailure) {
        let isAnswered: Bool
        do { isAnswered = try await parts.assertions.isUsed(assertion: signIn.use.key) } catch {
            throw .page(PageError(error, doing: "find an answered sign-in", toldTo: parts.events))
        }
        guard !isAnswered else { throw .page(Self.answered) }
    }

    func outcome(_ body: () async throws(AuthorizationFailure) -> SignInOutcome) async -> SignInOutcome {
        do throws(AuthorizationFailure) { return try await body() } catch {
            switch error {
            case .page(let page): return .refuse(page)
            case .redirect(let response): return .answer(response)
            }
        }
    }
}
