import NIOSSL

extension UpstreamTrust {
    /// TLS 1.2 or newer, with host names checked.
    package func tls() throws(UpstreamError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
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
}
