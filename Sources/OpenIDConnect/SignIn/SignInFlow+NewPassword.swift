import Bytes

/// Why the form for a new password is shown again.
public enum NewPasswordProblem: Sendable, Hashable {
    /// The two new passwords are not the same, or empty.
    case different
    /// The new one is the old one.
    case unchanged
    /// The old one is wrong.
    case wrongPassword
    case refused(PasswordRefusal)
}

/// Another password in place of one that has expired. Both are typed on one form and kept nowhere: what travels between the
/// pages is only whose they are, sealed.
extension SignInFlow {
    /// The form, shown or shown again.
    public func newPasswordForm(connectorID: String, state: String?, browser: BrowserBinding?) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            let (signIn, client, _, _) = try await expired(state, connectorID: connectorID, browser: browser)
            return try await next(signIn, client)
        }
    }

    /// The form, sent. When the password is changed the login goes on with it.
    public func changePassword(
        from old: String, to new: String, repeated: String, connectorID: String, state: String?, browser: BrowserBinding?
    ) async -> SignInOutcome {
        await outcome { () throws(AuthorizationFailure) in
            var (signIn, client, username, entry) = try await expired(state, connectorID: connectorID, browser: browser)
            guard let connector = entry.connector as? any PasswordChangeConnector else { throw .page(Self.expired) }
            let again = { [signIn, client] (problem: NewPasswordProblem) in
                SignInOutcome.newPasswordRefused(
                    .newPassword(connectorID: connectorID, username: username, clientName: client.name), problem,
                    uiLocales: signIn.request.uiLocales)
            }
            guard !new.isEmpty, new.hasSameBytes(as: repeated) else { return again(.different) }
            guard !new.hasSameBytes(as: old) else { return again(.unchanged) }
            let call = ConnectorCall(entry: entry, events: parts.events)
            do throws(ConnectorError) {
                let change = try await call.changePassword(with: connector, username: username, from: old, to: new)
                parts.events.record(
                    .passwordChange(connectorID: connectorID, username: username, clientID: client.id, .success(change)))
                switch change {
                case .changed: break
                case .wrongPassword: return again(.wrongPassword)
                case .refused(let refusal, _): return again(.refused(refusal))
                }
            } catch {
                parts.events.record(
                    .passwordChange(connectorID: connectorID, username: username, clientID: client.id, .failure(error)))
                throw .page(PageError(connector: error))
            }
            signIn.expiredUsername = nil
            return try await logIn(username, password: new, with: connector, call, signIn, client)
        }
    }

    private func logIn(
        _ username: String, password: String, with connector: any PasswordChangeConnector, _ call: ConnectorCall,
        _ signIn: SignIn,
        _ client: Client
    ) async throws(AuthorizationFailure) -> SignInOutcome {
        var signIn = signIn
        do throws(ConnectorError) {
            // A server that does not know the new password yet: the login form is next.
            if let found = try await call.authenticate(
                with: connector, username: username, password: password, scopes: signIn.request.scopes)
            {
                identify(&signIn, as: found, client)
            }
        } catch {
            parts.events.record(
                .loginFailed(
                    connectorID: signIn.connectorID, username: username, clientID: client.id, reason: LoginFailure(error),
                    detail: error.detail))
            throw .page(PageError(connector: error))
        }
        return try await remembering(signIn, client)
    }

    /// Somebody whose password has expired, as the login form has found out.
    private func expired(
        _ state: String?, connectorID: String, browser: BrowserBinding?
    ) async throws(AuthorizationFailure) -> (SignIn, Client, username: String, ConnectorRegistry.Entry) {
        let (signIn, client) = try await resumed(state, connectorID: connectorID, browser: browser)
        guard let username = signIn.expiredUsername, let entry = parts.connectors[connectorID] else {
            throw .page(Self.expired)
        }
        // A reload may have ended passwords there in the meantime.
        try requirePasswords(at: entry.connector)
        return (signIn, client, username, entry)
    }
}
