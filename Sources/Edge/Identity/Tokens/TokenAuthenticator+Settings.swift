public import OpenIDConnect

extension TokenAuthenticator {
    public struct Limits: Sendable, Hashable {
        /// Identities kept, and their bytes.
        public var identities = 16_384
        public var identityBytes = 48 << 20
        /// Refusals kept, and for how many seconds.
        public var refusals = 4096
        public var refusalSeconds = 10.0
        /// New tokens that are looked into at once.
        public var newTokens = 4096
        /// Signatures that are checked at once. Each takes a fraction of a millisecond of one processor.
        public var signatures = 1024
        /// New tokens that wait for the server of one issuer.
        public var waitingForIssuer = 1024
        /// Seconds between two fetches of keys because of a token with an unknown one.
        public var keyPause = 10.0

        public init() {}
    }

    /// What checks the tokens of ``TrustedIssuer/Keys/ours``.
    public struct Provider: Sendable {
        let ring: KeyRing
        let revocations: RevocationList

        public init(ring: KeyRing, revocations: RevocationList) {
            self.ring = ring
            self.revocations = revocations
        }
    }
}
