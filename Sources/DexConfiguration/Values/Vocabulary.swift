/// The words that OAuth 2.0 and OpenID Connect use in a configuration. Raw values are the words as written.

/// What a client may show at the token endpoint, RFC 6749 §1.3 and its extensions.
public enum GrantType: String, Sendable, Hashable, CaseIterable {
    case authorizationCode = "authorization_code"
    case implicit
    case password
    case refreshToken = "refresh_token"
    case clientCredentials = "client_credentials"
    case deviceCode = "urn:ietf:params:oauth:grant-type:device_code"
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
}

/// What a client may ask for at the authorization endpoint, OAuth 2.0 Multiple Response Type Encoding Practices.
public enum ResponseType: String, Sendable, Hashable, CaseIterable {
    case code
    case token
    case idToken = "id_token"
    case codeToken = "code token"
    case codeIDToken = "code id_token"
    case idTokenToken = "id_token token"
    case codeIDTokenToken = "code id_token token"
}

/// How a code challenge is made from its verifier, RFC 7636 §4.2.
public enum PKCEMethod: String, Sendable, Hashable, CaseIterable {
    case S256
    case plain
}

/// Asymmetric signature algorithms, RFC 7518 §3.1 and RFC 8037.
public enum SigningAlgorithm: String, Sendable, Hashable, CaseIterable {
    case RS256, RS384, RS512
    case PS256, PS384, PS512
    case ES256, ES384, ES512
    case EdDSA
}

/// How a client proves who it is at the token endpoint, OpenID Connect Core 1.0 §9.
public enum ClientAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    case clientSecretBasic = "client_secret_basic"
    case clientSecretPost = "client_secret_post"
    case clientSecretJWT = "client_secret_jwt"
    case privateKeyJWT = "private_key_jwt"
    case none

    /// Whether the proof is the client's secret.
    public var usesSecret: Bool {
        switch self {
        case .clientSecretBasic, .clientSecretPost, .clientSecretJWT: true
        case .privateKeyJWT, .none: false
        }
    }
}

/// The `typ` of access tokens.
public enum AccessTokenFormat: String, Sendable, Hashable, CaseIterable {
    /// A JWT without `typ`, as Dex issues it.
    case jwt
    /// A JWT of type `at+jwt`, RFC 9068.
    case atJWT = "at+jwt"
}

/// A version of TLS. Older ones are not offered.
public enum TLSVersion: String, Sendable, Hashable, CaseIterable {
    case v1_2 = "1.2"
    case v1_3 = "1.3"
}

/// How log lines look.
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    case text, json
}
