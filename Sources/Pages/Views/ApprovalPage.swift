import Bytes

/// The question whether an application may know what it asks for.
///
/// Both of its forms post to the page's own address: `req`, and `approval`, which is `approve` or `rejected`.
public struct ApprovalPage: Sendable, Hashable {
    public var clientName: String
    /// An `http` or `https` URL or a path; name it in ``ContentSecurityPolicy/page(images:)``, too.
    public var clientLogoURL: String?
    /// The scopes of the request as they came; the page puts them into words. `openid` goes without saying.
    public var scopes: [String]
    /// Whose access it is.
    public var username: String?
    /// The value of the field `req`.
    public var requestToken: String

    public init(
        clientName: String, clientLogoURL: String? = nil, scopes: [String], username: String? = nil, requestToken: String
    ) {
        self.clientName = clientName
        self.clientLogoURL = clientLogoURL
        self.scopes = scopes
        self.username = username
        self.requestToken = requestToken
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        let rows = scopes.compactMap { Self.meaning(of: $0, words) }.map { meaning in
            var row = TemplateValues()
            row.set("scope", meaning)
            return row
        }
        values.set("scopes", rows)
        values.set("someScopes", !rows.isEmpty)
        values.set("request", words.html(rows.isEmpty ? .clientIdentity : .clientWants, ["client": clientName]))
        values.set("clientLogo", clientLogoURL.flatMap { PageURL($0) })
        if let username, !username.isEmpty { values.set("signedInAs", words.html(.signedInAs, ["user": username])) }
        values.set("req", requestToken)
    }

    /// Nil for a scope that gives nothing away.
    private static func meaning(of scope: String, _ words: Words) -> HTML? {
        let audience = "audience:server:client_id:"
        switch scope {
        case "", "openid": return nil
        case "email": return words.html(.scopeEmail)
        case "profile": return words.html(.scopeProfile)
        case "groups": return words.html(.scopeGroups)
        case "offline_access": return words.html(.scopeOffline)
        case "federated:id": return words.html(.scopeFederated)
        default:
            guard let client = scope.afterBytes(of: audience) else { return words.html(.scopeOther, ["scope": scope]) }
            return words.html(.scopeAudience, ["client": String(client)])
        }
    }
}
