import Bytes
import DexConfiguration
import FoundationEssentials
import JOSE
import OpenIDConnect

/// From the configuration's words to the rules' values.
extension ProviderSettings {
    init(_ configuration: Configuration) {
        let oauth2 = configuration.oauth2
        let refresh = configuration.expiry.refreshTokens
        let grants = Set(oauth2.grantTypes.compactMap { OpenIDConnect.GrantType(rawValue: $0.rawValue) })
        let hasFrontChannel = oauth2.responseTypes.contains { $0 != .code }
        self.init(
            issuer: configuration.issuer.text,
            responseTypes: oauth2.responseTypes.compactMap {
                OpenIDConnect.ResponseType(words: $0.rawValue.fields(at: " ").map(String.init))
            },
            // Dex's rule: implicit needs a response type for it, password needs a connector.
            grantTypes: grants.filter {
                ($0 != .implicit || hasFrontChannel) && ($0 != .password || oauth2.passwordConnector != nil)
            },
            codeChallengeMethods: oauth2.pkce.codeChallengeMethods.compactMap { CodeChallenge.Method(rawValue: $0.rawValue) },
            codeChallengeRequirement: oauth2.pkce.enforce.map { $0 ? .everyClient : .nobody } ?? .publicClients,
            skipsApproval: oauth2.skipApprovalScreen, alwaysShowsConnectors: oauth2.alwaysShowLoginScreen,
            showsLoginOnPromptNone: oauth2.promptNoneShowsLogin,
            passwordConnectorID: oauth2.passwordConnector,
            accessTokenFormat: oauth2.accessTokenFormat == .atJWT ? .rfc9068 : .dex,
            tokenLifetime: configuration.expiry.idTokens, codeLifetime: configuration.expiry.authorizationCodes,
            signInLifetime: configuration.expiry.authRequests,
            refresh: RefreshPolicy(
                rotates: !refresh.disableRotation, reuseInterval: refresh.reuseInterval,
                idleLifetime: refresh.validIfNotUsedFor ?? .zero,
                absoluteLifetime: refresh.absoluteLifetime ?? .zero),
            signingAlgorithm: configuration.signer.algorithm?.rawValue ?? "RS256")
    }
}

extension Configuration.Signer {
    /// The configured algorithm; nil for key files that decide by themselves.
    var algorithm: SignatureAlgorithm? {
        switch self {
        case .local(let local): SignatureAlgorithm(local.algorithm)
        case .files(let files): files.algorithm.map(SignatureAlgorithm.init)
        }
    }

    /// Nil for key files: they change when somebody changes them.
    var rotationPeriod: Duration? {
        switch self {
        case .local(let local): local.rotationPeriod
        case .files: nil
        }
    }
}

extension Configuration {
    /// Those of the file, and the edge's own.
    func clients(with edge: EdgeClient?) -> [Client] {
        guard let edge else { return staticClients.map(Client.init) }
        let written = staticClients.map { written in
            var client = Client(written)
            if client.id.hasSameBytes(as: edge.client.id) { client.postLogoutRedirectURIs += edge.signedOutURIs }
            return client
        }
        return written + (edge.isAutomatic ? [edge.client] : [])
    }
}

extension Client {
    init(_ client: Configuration.StaticClient) {
        self.init(
            id: client.id, secret: client.secret.map { .plain($0.text) }, name: client.name, redirectURIs: client.redirectURIs,
            postLogoutRedirectURIs: client.postLogoutRedirectURIs, trustedPeers: client.trustedPeers, isPublic: client.isPublic,
            logoURL: client.logoURL ?? "",
            allowedConnectors: client.allowedConnectors,
            authenticationMethod: client.tokenEndpointAuthMethod.flatMap { ClientAuthenticationMethod(rawValue: $0.rawValue) },
            keys: client.jwks, isUserInfoSigned: client.userinfoSignedResponseAlg != nil)
    }
}

extension User {
    init(_ password: Configuration.StaticPassword, now: Date) {
        self.init(
            email: password.email, passwordHash: password.hash.text, username: password.username, name: password.name ?? "",
            preferredUsername: password.preferredUsername ?? "", userID: password.userID, groups: password.groups,
            emailVerified: password.emailVerified, createdAt: now, updatedAt: now)
    }
}
