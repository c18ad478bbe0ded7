import Bytes

/// What goes back to the client through the browser. It can only be made from a proven redirect URI.
public struct AuthorizationResponse: Sendable, Hashable {
    @Exact public private(set) var redirectURI: String
    public let mode: ResponseMode
    /// In the order they are sent.
    public let parameters: [Parameter]

    public struct Parameter: Sendable, Hashable {
        @Exact public private(set) var name: String
        @Exact public private(set) var value: String

        init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    init(redirectURI: String, mode: ResponseMode, parameters: [Parameter]) {
        self.redirectURI = redirectURI
        self.mode = mode
        self.parameters = parameters
    }

    /// The code is shown to the person, who carries it over by hand.
    public var isOutOfBand: Bool { redirectURI.hasSameBytes(as: RedirectURIRule.outOfBand) }

    public subscript(name: String) -> String? {
        parameters.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// The address to send the browser to; for `form_post` the parameters travel in a form instead.
    public var location: String {
        // Nothing but unreserved characters, so that no value can end a header or a parameter.
        let query = parameters.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(
            separator: "&")
        return switch mode {
        case .query: redirectURI + (redirectURI.containsByte("?") ? "&" : "?") + query
        case .fragment: redirectURI + "#" + query
        case .formPost: redirectURI
        }
    }
}

/// Where an answer may be sent: a client and a redirect URI of its own, proven first and kept together.
struct ProvenRedirect: Sendable {
    let client: Client
    let redirectURI: String
    let mode: ResponseMode
    let state: String?
    let issuer: String

    func response(_ parameters: [(String, String)]) -> AuthorizationResponse {
        var all = parameters
        if let state { all.append(("state", state)) }
        // RFC 9207: in errors too.
        all.append(("iss", issuer))
        return AuthorizationResponse(redirectURI: redirectURI, mode: mode, parameters: all.map { .init(name: $0.0, value: $0.1) })
    }

    func response(_ error: OAuthError) -> AuthorizationResponse {
        response([("error", error.code.rawValue), ("error_description", error.description)])
    }
}

extension AuthorizationRequest {
    func redirect(issuer: String, client: Client) -> ProvenRedirect {
        ProvenRedirect(client: client, redirectURI: redirectURI, mode: responseMode, state: state, issuer: issuer)
    }
}
