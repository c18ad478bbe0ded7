/// An error as RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6 and RFC 6750 §3.1 define them.
public struct OAuthError: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
        case invalidToken = "invalid_token"
        case insufficientScope = "insufficient_scope"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
        case unsupportedTokenType = "unsupported_token_type"
        case accessDenied = "access_denied"
        case loginRequired = "login_required"
        case interactionRequired = "interaction_required"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
        case registrationNotSupported = "registration_not_supported"
        case unmetAuthenticationRequirements = "unmet_authentication_requirements"
        case serverError = "server_error"
        case temporarilyUnavailable = "temporarily_unavailable"
    }

    public let code: Code
    /// For the developer of the client; holds nothing secret and only the characters of RFC 6749 §5.2.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = Self.allowed(description)
    }

    /// RFC 6749 §5.2 allows %x20-21 / %x23-5B / %x5D-7E.
    private static func allowed(_ text: String) -> String {
        String(
            decoding: text.utf8.map { byte in
                switch byte {
                case 0x22: UInt8(ascii: "'")
                case 0x5C: UInt8(ascii: "/")
                case 0x20...0x7E: byte
                default: UInt8(ascii: "?")
                }
            }, as: UTF8.self)
    }
}

extension OAuthError {
    init(_ error: SigningError) {
        switch error {
        case .overloaded: self.init(.temporarilyUnavailable, "The server is busy, try again.")
        case .failed: self.init(.serverError, "The server could not complete the request.")
        }
    }
}
