import HTTPTypes

/// The names of fields that HTTPTypes has no word for.
///
/// They are made here alone: a name that is misspelled so that it is none stops the first test that touches it, and never becomes
/// the name of another field.
extension HTTPField.Name {
    package static let pragma = named("Pragma")
    package static let requestID = named("X-Request-Id")
    package static let forwardedFor = named("X-Forwarded-For")
    package static let forwardedHost = named("X-Forwarded-Host")
    package static let forwardedMethod = named("X-Forwarded-Method")
    package static let forwardedPort = named("X-Forwarded-Port")
    package static let forwardedProto = named("X-Forwarded-Proto")
    package static let forwardedURI = named("X-Forwarded-Uri")
    package static let forwardedClientCertificate = named("X-Forwarded-Client-Cert")
    package static let originalMethod = named("X-Original-Method")
    package static let originalURI = named("X-Original-URI")
    package static let originalURL = named("X-Original-URL")
    package static let envoyHeadersToRemove = named("x-envoy-auth-headers-to-remove")

    /// - Precondition: the text is a token (RFC 9110 §5.6.2), as the literals of this program are.
    package static func named(_ text: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name(text.description) else { preconditionFailure("\(text) is no field name") }
        return name
    }
}
