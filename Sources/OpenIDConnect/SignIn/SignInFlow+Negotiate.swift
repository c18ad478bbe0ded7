/// A login by a ticket that the browser has already (RFC 4559): asked for where the password form would be.
extension SignInFlow {
    /// - Throws: where only tickets count.
    func requirePasswords(at connector: any Connector) throws(AuthorizationFailure) {
        if let connector = connector as? any NegotiateConnector, connector.negotiation == .only {
            throw .page(PageError(.forbidden, "This connector takes no passwords."))
        }
    }

    /// - Parameter token: what the browser has sent; nil if nothing.
    /// - Returns: nil where a ticket is not asked for, or was of no use and a password may be typed.
    func negotiate(
        _ token: [UInt8]?, _ signIn: SignIn, _ client: Client
    ) async throws(AuthorizationFailure) -> SignInOutcome? {
        guard signIn.authentication == nil, let entry = parts.connectors[signIn.connectorID],
            let connector = entry.connector as? any NegotiateConnector, connector.negotiation != .off
        else { return nil }
        let mayTypePassword = connector.negotiation == .beforePassword
        guard let token else {
            let form = mayTypePassword ? try await next(signIn, client) : nil
            guard case .ask(let prompt, _, _)? = form else { return .challenge(nil, uiLocales: signIn.request.uiLocales) }
            return .challenge(prompt, uiLocales: signIn.request.uiLocales)
        }
        let answer: NegotiatedIdentity
        do throws(ConnectorError) {
            answer = try await ConnectorCall(entry: entry, events: parts.events).identity(
                with: connector, negotiating: token, scopes: signIn.request.scopes)
        } catch {
            parts.events.record(
                .loginFailed(
                    connectorID: entry.id, username: "", clientID: client.id, reason: LoginFailure(error), detail: error.detail))
            if mayTypePassword, case .refused = error { return nil }
            throw .page(PageError(connector: error))
        }
        var signIn = signIn
        identify(&signIn, as: answer.found, client)
        let outcome = try await remembering(signIn, client)
        guard case .remember(let login, let next) = outcome, !answer.reply.isEmpty else { return outcome }
        return .remember(login, then: .negotiated(next, reply: answer.reply))
    }
}
