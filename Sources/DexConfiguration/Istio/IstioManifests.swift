/// What is read from files with Istio's manifests (`security.istio.io/v1` and `v1beta1`).
public struct IstioManifests: Sendable, Hashable {
    public var authentications: [RequestAuthentication] = []
    public var policies: [AuthorizationPolicy] = []

    /// Whose tokens are believed.
    public struct RequestAuthentication: Sendable, Hashable {
        /// `namespace/name`.
        public var name: String
        public var rules: [JWTRule]
    }

    public struct JWTRule: Sendable, Hashable {
        public enum Keys: Sendable, Hashable {
            case discovery
            case url(String)
            /// A JWK set, as JSON.
            case inline(String)
        }

        public enum Location: Sendable, Hashable {
            case header(String, prefix: String)
            case query(String)
            case cookie(String)
        }

        public struct ClaimHeader: Sendable, Hashable {
            /// In lower case.
            public var header: String
            /// The way to the claim.
            public var claim: [String]
        }

        public var issuer: String
        /// Empty: any.
        public var audiences: [String]
        public var keys: Keys
        public var locations: [Location]
        /// A header, in lower case, for the token's payload in base64url.
        public var payloadHeader: String?
        public var claimHeaders: [ClaimHeader]
        public var keepsToken: Bool
        /// With the two that Istio always has.
        public var spaceDelimitedClaims: [String]
    }

    public struct AuthorizationPolicy: Sendable, Hashable {
        public enum Action: String, Sendable, Hashable, CaseIterable {
            case allow = "ALLOW"
            case deny = "DENY"
            case audit = "AUDIT"
            case custom = "CUSTOM"
        }

        public struct Rule: Sendable, Hashable {
            public var sources: [[Match]]
            public var operations: [[Match]]
            public var conditions: [Match]
        }

        /// `namespace/name`.
        public var name: String
        public var action: Action
        public var rules: [Rule]
        /// The annotation `istio.io/dry-run`.
        public var isDryRun: Bool
    }

    /// A field of a source or an operation with its opposite, or a condition.
    public struct Match: Sendable, Hashable {
        /// Where it stands in its rule: `from[0].source.principals`.
        public var label: String
        public var isNegated: Bool
        public var subject: Subject
    }

    public enum Subject: Sendable, Hashable {
        case principals([String])
        case namespaces([String])
        /// `namespace/name`.
        case serviceAccounts([String])
        case trustDomains([String])
        case requestPrincipals([String])
        case audiences([String])
        case presenters([String])
        case claim([String], [String])
        case peerAddresses([AddressRange])
        case clientAddresses([AddressRange])
        case destinationAddresses([AddressRange])
        /// In lower case.
        case hosts([String])
        case methods([String])
        case paths([Path])
        case ports([Int])
        /// Its name in lower case.
        case header(String, [String])
        case serverNames([String])
    }

    public enum Path: Sendable, Hashable {
        /// With a `*` at one end, perhaps.
        case text(String)
        /// Taken apart, and as it is written.
        case template(Configuration.Edge.Policy.Path, String)
    }
}
