/// What goes back to the client through the browser. It can only be made from a proven redirect URI.
public struct AuthorizationResponse: Sendable, Hashable {
    public let redirectURI: String
    public let mode: ResponseMode
    /// In the order they are sent.
    public let parameters: [Parameter]

    public struct Parameter: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    /// The code is shown to the person, who carries it over by hand.
    public var isOutOfBand: Bool { redirectURI == RedirectURIRule.outOfBand }

    public subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// The address to send the browser to; for `form_post` the parameters travel in a form instead.
    public var location: String {
        let query = parameters.map { Self.encoded($0.name) + "=" + Self.encoded($0.value) }.joined(separator: "&")
        return switch mode {
        case .query: redirectURI + (redirectURI.contains("?") ? "&" : "?") + query
        case .fragment: redirectURI + "#" + query
        case .formPost: redirectURI
        }
    }

    /// Everything but RFC 3986's unreserved characters, so that no value can end a header or a parameter.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
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
