import Bytes

/// The example application of `dextra dev`: a start button, and after signing in everything that an application gets.
public struct ExampleAppPage: Sendable, Hashable {
    /// What the application got.
    public struct Session: Sendable, Hashable {
        public struct Claim: Sendable, Hashable {
            public var name: String
            /// A string as it is, anything else as JSON.
            public var value: String

            public init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        public var claims: [Claim]
        /// The ID token's header and payload as indented JSON.
        public var decodedHeader: String
        public var decodedPayload: String
        public var idToken: String
        public var accessToken: String?
        public var refreshToken: String?
        /// seconds
        public var expiresIn: Int?
        /// Where the refresh button posts the refresh token to; nil for no button.
        public var refreshURL: String?

        public init(
            claims: [Claim], decodedHeader: String, decodedPayload: String, idToken: String, accessToken: String? = nil,
            refreshToken: String? = nil, expiresIn: Int? = nil, refreshURL: String? = nil
        ) {
            self.claims = claims
            self.decodedHeader = decodedHeader
            self.decodedPayload = decodedPayload
            self.idToken = idToken
            self.accessToken = accessToken
            self.refreshToken = refreshToken
            self.expiresIn = expiresIn
            self.refreshURL = refreshURL
        }
    }

    /// An error as OAuth words it.
    public struct Failure: Sendable, Hashable {
        /// `access_denied`
        public var code: String
        public var description: String?

        public init(code: String, description: String? = nil) {
            self.code = code
            self.description = description
        }
    }

    /// Where signing in begins.
    public var startURL: String
    public var session: Session?
    public var failure: Failure?

    public init(startURL: String, session: Session? = nil, failure: Failure? = nil) {
        self.startURL = startURL
        self.session = session
        self.failure = failure
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("startURL", PageURL(startURL))
        values.setUnlessEmpty("problem", failure?.code)
        values.setUnlessEmpty("problemDetail", failure?.description)
        guard let session else { return }
        values.set("session", true)
        values.set("wide", true)
        values.set("claims", session.claims.map(Self.row))
        values.set("tokenHeader", session.decodedHeader)
        values.set("tokenPayload", session.decodedPayload)
        let tokens: [(Phrase, String?)] = [
            (.exampleIDToken, session.idToken), (.exampleAccessToken, session.accessToken),
            (.exampleRefreshToken, session.refreshToken),
        ]
        values.set("tokens", tokens.compactMap { name, token in token.map { Self.row(words.html(name), $0) } })
        if let seconds = session.expiresIn {
            values.set("expiry", words.html(.exampleExpires, ["time": words.time(seconds: seconds)]))
        }
        if let refreshToken = session.refreshToken {
            values.set("refreshToken", refreshToken)
            values.set("refreshURL", session.refreshURL.flatMap { PageURL($0) })
        }
    }

    private static func row(_ claim: Session.Claim) -> TemplateValues {
        var row = TemplateValues()
        row.set("claim", claim.name)
        row.set("claimValue", claim.value)
        return row
    }

    private static func row(_ name: HTML, _ token: String) -> TemplateValues {
        var row = TemplateValues()
        row.set("tokenName", name)
        row.set("token", token)
        return row
    }
}
