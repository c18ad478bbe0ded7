/// One step between a proven request and its answer. The steps are a list in ``SignInFlow``: a second factor or a single
/// sign-on session is one more entry there.
protocol SignInStep: Sendable {
    /// What the person has to be asked now; nil when this step is done, or not needed.
    func prompt(for signIn: SignIn, client: Client) async throws(PageError) -> SignInPrompt?
}

/// What a person is asked.
public enum SignInPrompt: Sendable {
    /// To type a name and a password; `hasAlternatives` if other connectors could be chosen instead.
    case password(connectorID: String, prompt: UsernamePrompt, clientName: String, username: String?, hasAlternatives: Bool)
    /// To choose a new password, as the old one has expired.
    case newPassword(connectorID: String, username: String, clientName: String)
    /// To go to another site and come back.
    case visit(ConnectorDestination)
    /// Whether the client may have what it asks for.
    case consent(clientName: String, logoURL: String, scopes: [String])
}

/// Has the password expired? Then there is no way on but another one.
struct NewPasswordStep: SignInStep {
    func prompt(for signIn: SignIn, client: Client) async throws(PageError) -> SignInPrompt? {
        guard signIn.authentication == nil, let username = signIn.expiredUsername else { return nil }
        return .newPassword(connectorID: signIn.connectorID, username: username, clientName: client.name)
    }
}

/// Who is it? The connector asks.
struct IdentifyStep: SignInStep {
    let connectors: ConnectorRegistry
    let issuer: String
    let events: any EventLog
    /// Seals the state that travels to another site and back.
    let seal: @Sendable (SignIn) throws(PageError) -> String

    func prompt(for signIn: SignIn, client: Client) async throws(PageError) -> SignInPrompt? {
        if signIn.authentication != nil { return nil }
        guard let entry = connectors[signIn.connectorID] else {
            throw PageError(.invalid, "The requested connector does not exist.")
        }
        if let connector = entry.connector as? any PasswordConnector {
            return .password(
                connectorID: entry.id, prompt: connector.usernamePrompt, clientName: client.name,
                username: signIn.request.loginHint,
                hasAlternatives: connectors.choices(for: client).count > 1)
        }
        guard let connector = entry.connector as? any CallbackConnector else {
            throw PageError(.failed, "The requested connector cannot be used for a login.")
        }
        let visit = ConnectorVisit(
            callbackURL: issuer + "/callback", scopes: signIn.request.scopes, loginHint: signIn.request.loginHint
        ) { [seal] memory throws(ConnectorError) in
            var remembering = signIn
            remembering.memory = memory
            do { return try seal(remembering) } catch { throw .unavailable("the sign-in cannot be sealed") }
        }
        do { return .visit(try await connector.destination(for: visit)) } catch {
            events.record(
                .loginFailed(
                    connectorID: entry.id, username: "", clientID: client.id, reason: LoginFailure(error), detail: error.detail))
            throw PageError(connector: error)
        }
    }
}

/// May the client have it?
struct ConsentStep: SignInStep {
    let skipsApproval: Bool

    func prompt(for signIn: SignIn, client: Client) async throws(PageError) -> SignInPrompt? {
        if signIn.hasConsented || (skipsApproval && !signIn.request.forcesConsent) { return nil }
        return .consent(clientName: client.name, logoURL: client.logoURL, scopes: signIn.request.scopes)
    }
}

extension PageError {
    init(connector error: ConnectorError) {
        switch error {
        case .unavailable: self.init(.failed, "Login error: the sign-in service cannot be reached. Try again later.")
        case .overloaded: self.init(.unavailable, "Too many people are logging in. Try again in a moment.")
        case .gone, .refused: self.init(.forbidden, "Login error: this account may not log in here.")
        case .denied(let denial, _): self.init(.forbidden, "Login error: \(denial.message)")
        }
    }
}

extension LoginDenial {
    fileprivate var message: String {
        switch self {
        case .accountDisabled: "this account is disabled. Ask your administrator."
        case .accountLocked: "this account is locked. Try again later, or ask your administrator."
        case .accountExpired: "this account has expired. Ask your administrator."
        case .passwordExpired, .mustChangePassword: "the password has expired. Change it, then log in again."
        case .outsideLogonHours: "this account may not log in at this time."
        case .notAMember: "this account is not a member of a group that may log in here."
        case .incompleteProfile: "the identity provider did not give a verified e-mail address or another value that is needed."
        case .declined: "the identity provider was told not to log you in."
        }
    }
}
