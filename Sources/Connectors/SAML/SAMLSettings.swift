public import FoundationEssentials
public import JOSE

/// How a SAML connector is configured.
public struct SAMLSettings: Sendable {
    public enum Binding: Sendable, Hashable { case post, redirect }

    /// A key of ours with its certificate, which the identity provider knows.
    public struct KeyPair: Sendable {
        public let key: PrivateKey
        public let certificate: Certificate?

        public init(key: PrivateKey, certificate: Certificate?) {
            self.key = key
            self.certificate = certificate
        }
    }

    /// Where people log in.
    public var ssoURL: String
    public var binding: Binding = .post
    /// What the identity provider calls itself; nil accepts any name, as its key tells who it is.
    public var ssoIssuer: String?
    /// Who we are; nil sends no issuer, and expects ``redirectURI`` as audience.
    public var entityIssuer: String?
    /// Where answers are posted to.
    public var redirectURI: String
    /// The identity provider's, each good between its dates.
    public var certificates: [Certificate]
    public var skipsSignatures = false
    public var allowsSHA1 = false
    /// Without, the sign-in travels as the ID of the request.
    public var sendsRelayState = true
    /// A full URN.
    public var nameIDFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    public var usernameAttribute: String
    public var emailAttribute: String
    public var preferredUsernameAttribute: String?
    public var groupsAttribute: String?
    /// Splits one value into groups.
    public var groupsDelimiter: String?
    /// Whoever is in none of them is refused; empty lets everybody in.
    public var allowedGroups: [String] = []
    /// Only allowed groups are told on.
    public var filtersGroups = false
    /// Requests and metadata are signed with it.
    public var signing: KeyPair?
    /// Of RSA; the first is the one that the metadata shows.
    public var decryption: [KeyPair] = []
    /// How far the clocks may be apart, in seconds.
    public var skew = 30.0
    /// When the identity provider's metadata ends; nil if it does not, or there is none.
    public var metadataValidUntil: Date?
    /// After how many seconds it wants to be read again.
    public var metadataCacheDuration: Double?
    /// Nil for none.
    public var logout: SAMLLogoutSettings?

    public init(
        ssoURL: String, redirectURI: String, certificates: [Certificate], usernameAttribute: String, emailAttribute: String
    ) {
        self.ssoURL = ssoURL
        self.redirectURI = redirectURI
        self.certificates = certificates
        self.usernameAttribute = usernameAttribute
        self.emailAttribute = emailAttribute
    }

    func certificates(at time: Date) -> [Certificate] {
        let now = Int64(time.timeIntervalSince1970)
        return certificates.filter { $0.notBefore <= now && now <= $0.notAfter }
    }

    /// Who we are, to those who must know (saml-core §2.5.1.4).
    var entityID: String { entityIssuer ?? redirectURI }
}
