/// Picks who looks at a credential by what it is.
public struct Authenticators: EdgeAuthenticator {
    private let tokens: (any EdgeAuthenticator)?
    private let sessions: (any EdgeAuthenticator)?
    private let certificates: (any EdgeAuthenticator)?

    /// - Parameter tokens: nil, as the others: such a credential proves nothing here.
    public init(
        tokens: (any EdgeAuthenticator)? = nil, sessions: (any EdgeAuthenticator)? = nil,
        certificates: (any EdgeAuthenticator)? = nil
    ) {
        self.tokens = tokens
        self.sessions = sessions
        self.certificates = certificates
    }

    private func authenticator(of credential: EdgeCredential) -> (any EdgeAuthenticator)? {
        switch credential {
        case .bearer: tokens
        case .session: sessions
        case .certificate: certificates
        }
    }

    public func known(_ credential: EdgeCredential) -> EdgeIdentity? {
        authenticator(of: credential)?.known(credential)
    }

    public func known(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeIdentity? {
        authenticator(of: credential)?.known(credential, for: request)
    }

    public func authenticateNow(_ credential: EdgeCredential, for request: EdgeRequest) -> EdgeAuthentication? {
        authenticator(of: credential)?.authenticateNow(credential, for: request)
    }

    public func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication {
        guard let authenticator = authenticator(of: credential) else {
            return .invalid(reason: "this kind of credential is not accepted here")
        }
        return await authenticator.authenticate(credential, for: request)
    }
}
