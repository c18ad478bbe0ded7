/// What rules tell the operator. Values are for logs and metrics: never a password, token, code or secret.
public enum ProviderEvent: Sendable {
    case loginSucceeded(connectorID: String, identity: Identity, clientID: String)
    /// `reason` and `detail` are for the operator; the person sees the same page whatever it was.
    case loginFailed(connectorID: String, username: String, clientID: String, reason: LoginFailure, detail: String = "")
    /// A connector did not stand by somebody who has a refresh token.
    case refreshFailed(connectorID: String, clientID: String, detail: String)
    case tokensIssued(grant: String, clientID: String, userID: String)
    case tokenRefused(grant: String, clientID: String, error: OAuthError)
    /// A code or refresh token was used again: what had been issued is revoked.
    case replayDetected(kind: String, clientID: String, grantID: String)
    case storeFailed(StoreError, doing: String)
    case signingFailed(SigningError)
    case keysRotated(newKeyID: String, activatesAt: String)
}

public enum LoginFailure: String, Sendable {
    case wrongCredentials = "wrong credentials"
    case unavailable = "connector unavailable"
    case refused = "refused by the connector"
    case overloaded = "too many logins at once"
}

public protocol EventLog: Sendable {
    func record(_ event: ProviderEvent)
}
