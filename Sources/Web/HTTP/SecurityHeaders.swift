public import Bytes
import HTTPTypes

/// The fields that tell browsers to be careful, added to every answer that does not say otherwise itself.
public struct SecurityHeaders: Sendable {
    private let defaults: HTTPFields
    private let overrides: HTTPFields

    /// - Parameters:
    ///   - https: the issuer is reached by https; adds `Strict-Transport-Security` for one year.
    ///   - overrides: `web.headers` of the configuration; they win over the defaults and over what a route set.
    public init(https: Bool, overrides: [ExactText: String] = [:]) throws(SecurityHeadersError) {
        var defaults: [ExactText: String] = [
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
        ]
        if https { defaults["Strict-Transport-Security"] = "max-age=31536000" }
        self.defaults = try Self.fields(defaults)
        self.overrides = try Self.fields(overrides)
    }

    private static func fields(_ values: [ExactText: String]) throws(SecurityHeadersError) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let field = HTTPField.Name(name.text) else { throw .invalidName(name.text) }
            guard HTTPField.isValidValue(value) else { throw .invalidValue(name: name.text) }
            fields[field] = value
        }
        return fields
    }

    func apply(to response: inout WebResponse) {
        for field in defaults where response.headers[field.name] == nil {
            response.headers.append(field)
        }
        // Answers may hold tokens or a person's data; the few that may be kept say so (RFC 9111 §5.2.2.5).
        if response.headers[.cacheControl] == nil {
            response.headers[.cacheControl] = "no-store"
        }
        // No other site may draw our pages inside its own and steal clicks (RFC 9700 §4.16).
        if response.headers[.contentSecurityPolicy] == nil,
            response.headers[.contentType]?.startsWithBytes(of: "text/html") == true
        {
            response.headers[.contentSecurityPolicy] = "frame-ancestors 'none'"
        }
        for field in overrides {
            response.headers[field.name] = field.value
        }
    }
}

/// What is wrong with a configured header.
public enum SecurityHeadersError: Error, Hashable, Sendable {
    case invalidName(String)
    /// Contains a line break or another control character.
    case invalidValue(name: String)
}
