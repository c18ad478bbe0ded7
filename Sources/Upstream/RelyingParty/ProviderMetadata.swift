import Bytes
public import JOSE

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), as far as we use it.
public struct ProviderMetadata: Sendable {
    /// `issuer`, which is also what `iss` must be.
    public var issuer: String
    public var authorizationEndpoint: String
    public var tokenEndpoint: String
    public var keysURL: String
    public var userInfoEndpoint: String?
    public var endSessionEndpoint: String?
    /// RFC 8414 §2, of RFC 7009.
    public var revocationEndpoint: String?
    /// Algorithms of ID tokens that are acceptable: with key pairs only.
    public var signatureAlgorithms: Set<SignatureAlgorithm>
    /// `token_endpoint_auth_methods_supported`; empty when it does not say.
    public var clientAuthenticationMethods: [String]
    public var codeChallengeMethods: [String]
    /// Whether every authorization response carries `iss` (RFC 9207 §3).
    public var sendsIssuer: Bool

    /// - Parameters:
    ///   - issuer: what the document must say (§4.3): byte by byte.
    ///   - allowsPlain: whether addresses may be `http`: only where the issuer's own is.
    /// - Throws: ``RelyingPartyError/invalid(_:)`` with what is wrong.
    public init(
        _ json: JSON, issuer: String, allowsPlain: Bool, overrides: EndpointOverrides = EndpointOverrides()
    ) throws(RelyingPartyError) {
        guard let document = json.object else { throw .invalid("the discovery document of \(issuer) is not a JSON object") }
        guard let stated = document["issuer"]?.string else {
            throw .invalid("the discovery document of \(issuer) names no issuer")
        }
        guard stated.hasSameBytes(as: issuer) else {
            throw .invalid(
                "the discovery document is of the issuer \(ForeignText.clean(stated, nil, most: 200)) and not of \(issuer); write its issuer exactly as it does"
            )
        }
        func address(_ name: String, _ override: String?) throws(RelyingPartyError) -> String? {
            // The operator's own word is not a stranger's.
            if let override { return override }
            guard let text = document[name]?.string, !text.isEmpty else { return nil }
            guard let url = UpstreamURL(text), url.isSecure || allowsPlain else {
                throw .invalid("\(name) of \(issuer) is not an https URL")
            }
            return text
        }
        func required(_ name: String, _ override: String?) throws(RelyingPartyError) -> String {
            guard let text = try address(name, override) else { throw .invalid("\(issuer) has no \(name)") }
            return text
        }
        func words(_ name: String) -> [String] { document[name]?.array?.compactMap(\.string) ?? [] }
        self.issuer = stated
        authorizationEndpoint = try required("authorization_endpoint", overrides.authorization)
        tokenEndpoint = try required("token_endpoint", overrides.token)
        keysURL = try required("jwks_uri", overrides.keys)
        userInfoEndpoint = try address("userinfo_endpoint", overrides.userInfo)
        endSessionEndpoint = try address("end_session_endpoint", overrides.endSession)
        revocationEndpoint = try address("revocation_endpoint", nil)
        let names = words("id_token_signing_alg_values_supported")
        // RS256 is what everybody must support (§3), for those who do not say.
        signatureAlgorithms =
            names.isEmpty
            ? [.RS256] : Set(names.compactMap(SignatureAlgorithm.init(rawValue:))).intersection(SignatureAlgorithm.asymmetric)
        clientAuthenticationMethods = words("token_endpoint_auth_methods_supported")
        codeChallengeMethods = words("code_challenge_methods_supported")
        sendsIssuer = document["authorization_response_iss_parameter_supported"]?.bool ?? false
    }
}

/// Addresses that stand in for those of the discovery document.
public struct EndpointOverrides: Sendable, Hashable {
    public var authorization: String?
    public var token: String?
    public var keys: String?
    public var userInfo: String?
    public var endSession: String?

    public init(
        authorization: String? = nil, token: String? = nil, keys: String? = nil, userInfo: String? = nil,
        endSession: String? = nil
    ) {
        self.authorization = authorization
        self.token = token
        self.keys = keys
        self.userInfo = userInfo
        self.endSession = endSession
    }
}
