import OpenIDConnect
import XMLSecurity

/// Why a response is not accepted, for the operator.
struct SAMLRefusal: Error {
    let reason: String
    /// What the person may know.
    var denial: LoginDenial?

    init(_ reason: String, denial: LoginDenial? = nil) {
        self.reason = reason
        self.denial = denial
    }

    init(_ error: XMLSecurityError) {
        self.init(error.description)
    }
}

/// What a response says that is known to be true, and meant for us and now.
struct VerifiedLogin: Sendable {
    let identity: Identity
    /// Tells this assertion from all others of its issuer.
    let assertionID: String
    let issuer: String
    /// Until when it would be accepted again.
    let expiresAt: Double
    /// Whose session it is at the identity provider.
    let session: SAMLLogoutMemory?
}
