import Bytes

/// What tokens are to be about.
struct TokenSubject: Sendable {
    let clientID: String
    let scopes: [String]
    let nonce: String
    let authentication: Authentication
    let requestedClaims: [String]
    /// The grant that the tokens belong to: revoking it ends them all.
    let grantID: String

    init(
        clientID: String, scopes: [String], nonce: String, authentication: Authentication, requestedClaims: [String],
        grantID: String
    ) {
        self.clientID = clientID
        self.scopes = scopes
        self.nonce = nonce
        self.authentication = authentication
        self.requestedClaims = requestedClaims
        self.grantID = grantID
    }

    init(_ code: AuthorizationCode) {
        self.init(
            clientID: code.clientID, scopes: code.scopes, nonce: code.nonce, authentication: code.authentication,
            requestedClaims: code.requestedClaims, grantID: code.grantID)
    }

    /// - Parameter scopes: of this answer, which may be fewer than the grant's.
    init(_ grant: RefreshGrant, scopes: [String]) {
        self.init(
            clientID: grant.clientID, scopes: scopes, nonce: grant.nonce, authentication: grant.authentication,
            requestedClaims: grant.requestedClaims, grantID: grant.id)
    }

    /// Whether a claim was asked for, with the others of its scope or alone.
    func wants(scope: String, claim: String) -> Bool {
        scopes.containsExactly(scope) || requestedClaims.containsExactly(claim)
    }
}
