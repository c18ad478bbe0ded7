extension Configuration {
    /// How long things live.
    public struct Expiry: Sendable, Hashable {
        /// Also the lifetime of access tokens.
        public var idTokens = Duration.seconds(24 * 3600)
        /// From the first page of a login to its last.
        public var authRequests = Duration.seconds(24 * 3600)
        /// Not in Dex, where it is 30 minutes; RFC 6749 §4.1.2 recommends at most 10.
        public var authorizationCodes = Duration.seconds(60)
        public var deviceRequests = Duration.seconds(5 * 60)
        public var refreshTokens = RefreshTokens()
        /// The old name of `signer.config.keysRotationPeriod`; already in ``Configuration/Signer``.
        var signingKeys: Duration?
    }
}

extension Configuration.Expiry {
    /// Rules for refresh tokens.
    public struct RefreshTokens: Sendable, Hashable {
        /// Whether a refresh token stays the same when it is used.
        public var disableRotation = false
        /// How long after a rotation the former token is still taken; 0: not at all.
        public var reuseInterval = Duration.zero
        /// Nil: for ever.
        public var validIfNotUsedFor: Duration?
        /// From the login on; nil: for ever.
        public var absoluteLifetime: Duration?
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let defaults = Self()
            return Self(
                idTokens: keys("idTokens", .positiveDuration, default: defaults.idTokens),
                authRequests: keys("authRequests", .positiveDuration, default: defaults.authRequests),
                authorizationCodes: keys("authorizationCodes", .positiveDuration, default: defaults.authorizationCodes),
                deviceRequests: keys("deviceRequests", .positiveDuration, default: defaults.deviceRequests),
                refreshTokens: keys("refreshTokens", RefreshTokens.schema, default: RefreshTokens()),
                signingKeys: keys("signingKeys", .positiveDuration))
        }
    }
}

extension Configuration.Expiry.RefreshTokens {
    static var schema: Schema<Self> {
        .mapping { keys in
            Self(
                disableRotation: keys("disableRotation", .bool, default: false),
                reuseInterval: keys("reuseInterval", .duration, default: .zero),
                validIfNotUsedFor: keys("validIfNotUsedFor", .duration).flatMap { $0 == .zero ? nil : $0 },
                absoluteLifetime: keys("absoluteLifetime", .duration).flatMap { $0 == .zero ? nil : $0 })
        }
    }
}
