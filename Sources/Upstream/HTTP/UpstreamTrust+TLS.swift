import NIOSSL

extension UpstreamTrust {
    /// TLS 1.2 or newer, with forward secrecy and authenticated encryption, and host names checked.
    package func tls() throws(UpstreamError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.cipherSuiteValues = Self.cipherSuites
        switch self {
        case .insecure:
            tls.certificateVerification = .none
        case .system(let additional):
            var certificates: [NIOSSLCertificate] = []
            for (index, pem) in additional.enumerated() {
                guard let found = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)), !found.isEmpty else {
                    throw .untrusted("the certificate authority number \(index + 1) is no certificate in PEM")
                }
                certificates += found
            }
            if !certificates.isEmpty { tls.additionalTrustRoots = [.certificates(certificates)] }
        }
        return tls
    }

    /// Those of TLS 1.2 that RFC 9325 §4.2 recommends, and ChaCha20: no key exchange by RSA, no CBC. Those of TLS 1.3 are all so.
    package static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ]
}
