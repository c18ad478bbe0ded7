import Bytes
import FoundationEssentials
public import JOSE

/// What clients find at both well-known places (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), in Dex's order.
public struct DiscoveryDocument: Sendable {
    public let json: JSON

    /// - Parameter algorithms: of the published keys, the signing one first.
    public init(settings: ProviderSettings, algorithms: [String]) {
        let issuer = settings.issuer
        let strings: ([String]) -> JSON = { .array($0.map(JSON.string)) }
        let methods = ClientAuthenticationMethod.allCases.map(\.rawValue)
        let assertionAlgorithms = SignatureAlgorithm.allCases.map(\.rawValue)
        json = .object([
            "issuer": .string(issuer),
            "authorization_endpoint": .string(issuer + "/auth"),
            "token_endpoint": .string(issuer + "/token"),
            "jwks_uri": .string(issuer + "/keys"),
            "userinfo_endpoint": .string(issuer + "/userinfo"),
            "introspection_endpoint": .string(issuer + "/token/introspect"),
            "revocation_endpoint": .string(issuer + "/token/revoke"),
            "end_session_endpoint": .string(issuer + "/logout"),
            "grant_types_supported": strings(settings.grantTypes.map(\.rawValue.exact).sorted().map(\.text)),
            "response_types_supported": strings(settings.offeredResponseTypes.map(\.text.exact).sorted().map(\.text)),
            "response_modes_supported": strings(ResponseMode.allCases.map(\.rawValue)),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": strings(algorithms),
            "userinfo_signing_alg_values_supported": strings(algorithms),
            "code_challenge_methods_supported": strings(settings.codeChallengeMethods.map(\.rawValue)),
            "scopes_supported": ["openid", "email", "groups", "profile", "offline_access"],
            "token_endpoint_auth_methods_supported": strings(methods),
            "token_endpoint_auth_signing_alg_values_supported": strings(assertionAlgorithms),
            "introspection_endpoint_auth_methods_supported": strings(methods.filter { $0 != "none" }),
            "revocation_endpoint_auth_methods_supported": strings(methods),
            "claims_supported": [
                "iss", "sub", "aud", "iat", "exp", "auth_time", "amr", "email", "email_verified", "locale", "name",
                "preferred_username",
                "at_hash", "c_hash", "groups", "federated_claims",
            ],
            "claims_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "authorization_response_iss_parameter_supported": true,
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
        ])
    }
}
