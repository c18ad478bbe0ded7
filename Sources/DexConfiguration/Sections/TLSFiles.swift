extension Configuration {
    /// The files from which a listener speaks TLS. They are read again when they change.
    public struct TLSFiles: Sendable, Hashable {
        /// The path of the certificate chain, in PEM.
        public var certificate: String
        /// The path of its private key, in PEM.
        public var key: String
        public var minVersion: TLSVersion
        /// Nil: the newest there is.
        public var maxVersion: TLSVersion?
    }
}

extension Configuration.TLSFiles {
    /// Reads `tlsCert`, `tlsKey`, `tlsMinVersion` and `tlsMaxVersion` of a listener's section.
    static func read(_ keys: Keys) -> Self? {
        let certificate = keys("tlsCert", .text)
        let key = keys("tlsKey", .text)
        let minVersion = keys("tlsMinVersion", .word("TLS version", TLSVersion.self))
        let maxVersion = keys("tlsMaxVersion", .word("TLS version", TLSVersion.self))
        if let written = keys["tlsCert"], keys["tlsKey"] == nil { keys.loading.problem("tlsKey is missing", at: written) }
        if let written = keys["tlsKey"], keys["tlsCert"] == nil { keys.loading.problem("tlsCert is missing", at: written) }
        if minVersion == .v1_3, maxVersion == .v1_2, let written = keys["tlsMaxVersion"] {
            keys.loading.problem("lower than tlsMinVersion", at: written)
        }
        guard let certificate, let key else { return nil }
        return Self(certificate: certificate, key: key, minVersion: minVersion ?? .v1_2, maxVersion: maxVersion)
    }
}
