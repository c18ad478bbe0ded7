/// How this provider behaves; a value made once from the configuration.
public struct ProviderSettings: Sendable {
    /// As written in the configuration: the `iss` of every token.
    public var issuer: String
    public var responseTypes: [ResponseType]
    public var grantTypes: Set<GrantType>
    public var codeChallengeMethods: [CodeChallenge.Method]
    /// Which clients must use PKCE.
    public var codeChallengeRequirement: CodeChallengeRequirement
    /// Never ask for consent, unless the request asks for it.
    public var skipsApproval: Bool
    public var alwaysShowsConnectors: Bool
    /// Answer `prompt=none` with the login form, as Dex without sessions does and Kubeflow's proxy needs, and not with
    /// `login_required`.
    public var showsLoginOnPromptNone: Bool
    /// The connector of the password grant; nil turns the grant off.
    public var passwordConnectorID: String?
    public var accessTokenFormat: AccessTokenFormat
    /// Of ID and access tokens.
    public var tokenLifetime: Duration
    public var codeLifetime: Duration
    /// From the first page to the answer.
    public var signInLifetime: Duration
    public var refresh: RefreshPolicy
    /// Algorithms that new keys are made for, published before the first key is there.
    public var signingAlgorithm: String

    public init(
        issuer: String, responseTypes: [ResponseType] = [.code],
        grantTypes: Set<GrantType> = [.authorizationCode, .refreshToken],
        codeChallengeMethods: [CodeChallenge.Method] = [.s256],
        codeChallengeRequirement: CodeChallengeRequirement = .publicClients,
        skipsApproval: Bool = false, alwaysShowsConnectors: Bool = false, showsLoginOnPromptNone: Bool = false,
        passwordConnectorID: String? = nil,
        accessTokenFormat: AccessTokenFormat = .dex, tokenLifetime: Duration = .seconds(86_400),
        codeLifetime: Duration = .seconds(60),
        signInLifetime: Duration = .seconds(86_400), refresh: RefreshPolicy = RefreshPolicy(), signingAlgorithm: String = "RS256"
    ) {
        self.issuer = issuer
        self.responseTypes = responseTypes
        self.grantTypes = grantTypes
        self.codeChallengeMethods = codeChallengeMethods
        self.codeChallengeRequirement = codeChallengeRequirement
        self.skipsApproval = skipsApproval
        self.alwaysShowsConnectors = alwaysShowsConnectors
        self.showsLoginOnPromptNone = showsLoginOnPromptNone
        self.passwordConnectorID = passwordConnectorID
        self.accessTokenFormat = accessTokenFormat
        self.tokenLifetime = tokenLifetime
        self.codeLifetime = codeLifetime
        self.signInLifetime = signInLifetime
        self.refresh = refresh
        self.signingAlgorithm = signingAlgorithm
    }
}

extension ProviderSettings {
    /// What a request may ask for, combinations of the configured words too.
    var offeredResponseTypes: [ResponseType] { ResponseType.all.filter(offers) }

    func offers(_ type: ResponseType) -> Bool {
        type != .token && type.isAllowed(by: responseTypes) && (!type.isFrontChannel || grantTypes.contains(.implicit))
    }
}

public enum CodeChallengeRequirement: Sendable, Hashable {
    /// RFC 9700 §2.1.1: public clients must.
    case publicClients
    case everyClient
    /// Written in the configuration by someone whose clients cannot.
    case nobody
}

public enum AccessTokenFormat: Sendable, Hashable {
    /// A JWT without `typ`, as Dex issues it.
    case dex
    /// RFC 9068: `typ: at+jwt`.
    case rfc9068
}

public enum GrantType: String, Sendable, Hashable, CaseIterable {
    case authorizationCode = "authorization_code"
    case implicit
    case password
    case refreshToken = "refresh_token"
}

/// The life of refresh tokens; zero means without limit.
public struct RefreshPolicy: Sendable, Hashable {
    public var rotates: Bool
    /// How long the token before the current one is still answered, with the current one.
    public var reuseInterval: Duration
    public var idleLifetime: Duration
    public var absoluteLifetime: Duration

    public init(
        rotates: Bool = true, reuseInterval: Duration = .zero, idleLifetime: Duration = .zero, absoluteLifetime: Duration = .zero
    ) {
        self.rotates = rotates
        self.reuseInterval = reuseInterval
        self.idleLifetime = idleLifetime
        self.absoluteLifetime = absoluteLifetime
    }
}
