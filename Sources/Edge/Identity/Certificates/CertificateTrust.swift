/// How the client certificates that trusted proxies forward become identities.
public struct CertificateTrust: Sendable, Hashable {
    /// A part of a certificate that can name its holder.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        /// The only URI among the alternative names, as SPIFFE has it.
        case uri
        /// The first host name among the alternative names.
        case dns
        /// The whole subject, as RFC 2253 writes it.
        case subject
        /// SHA-256 of the certificate: for a few that are listed one by one.
        case hash
    }

    /// Who the holder of a certificate is.
    public struct Mapping: Sendable, Hashable {
        /// Exactly the name in the certificate.
        public var name: String
        /// Nil: the name is the subject.
        public var subject: String?
        public var email: String?
        public var groups: [String]

        public init(name: String, subject: String? = nil, email: String? = nil, groups: [String] = []) {
            self.name = name
            self.subject = subject
            self.email = email
            self.groups = groups
        }
    }

    /// What policies and backends see as issuer.
    public var issuer: String
    /// Where the name is looked for, in order; the first that the certificate has counts.
    public var names: [Name]
    public var mappings: [Mapping]
    /// Whether certificates that no mapping names are refused.
    public var requiresMapping: Bool

    public init(
        issuer: String, names: [Name] = [.uri, .dns, .subject], mappings: [Mapping] = [], requiresMapping: Bool = false
    ) {
        self.issuer = issuer
        self.names = names
        self.mappings = mappings
        self.requiresMapping = requiresMapping
    }
}
