/// What the issuer's address shows to someone who opens it.
public struct LandingPage: Sendable, Hashable {
    /// The issuer, as applications need it.
    public var issuer: String
    /// Links; nil, or an address that a page may not link, shows none.
    public var discoveryURL: String?
    public var keysURL: String?
    /// The program's version; nil to keep it to ourselves.
    public var version: String?

    public init(issuer: String, discoveryURL: String? = nil, keysURL: String? = nil, version: String? = nil) {
        self.issuer = issuer
        self.discoveryURL = discoveryURL
        self.keysURL = keysURL
        self.version = version
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("issuerURL", issuer)
        values.set("discoveryURL", discoveryURL.flatMap { PageURL($0) })
        values.set("keysURL", keysURL.flatMap { PageURL($0) })
        values.setUnlessEmpty("version", version)
    }
}
