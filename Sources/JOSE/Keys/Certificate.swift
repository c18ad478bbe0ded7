import Bytes
import COpenSSL

/// An X.509 certificate, of which nothing is used but its key and its dates. Nobody's signature on it is verified.
public struct Certificate: Sendable, Hashable {
    public let der: [UInt8]
    /// SubjectPublicKeyInfo in PEM.
    public let publicKeyPEM: String
    /// Seconds since 1970, both included.
    public let notBefore: Int64
    public let notAfter: Int64

    /// All certificates of a PEM text that holds nothing else.
    /// - Throws: ``KeyError/malformedPEM(_:)`` when there is none, or something else.
    public static func bundle(pem: String) throws(KeyError) -> [Certificate] {
        let begin: ExactText = "-----BEGIN CERTIFICATE-----"
        let end: ExactText = "-----END CERTIFICATE-----"
        var certificates: [Certificate] = []
        var body: String?
        for line in pem.cut(at: "\n").flatMap({ $0.cut(at: "\r") }) {
            let line = line.trimmedOfOptionalWhitespace
            switch (line.exact, body) {
            case (begin, nil): body = ""
            case (end, .some(let text)):
                guard let der = try? Base64.decode(text) else { throw .malformedPEM(OpenSSLFailure(description: "not base64")) }
                certificates.append(try Certificate(der: der))
                body = nil
            case ("", _): break
            case (_, .some(let text)): body = text + line
            default: throw .malformedPEM(OpenSSLFailure(description: "text outside of the certificates"))
            }
        }
        guard body == nil, !certificates.isEmpty else {
            throw .malformedPEM(OpenSSLFailure(description: "no certificate"))
        }
        return certificates
    }

    /// - Throws: when it is not a certificate, or one with a key that ``PublicKey`` refuses.
    public init(der: [UInt8]) throws(KeyError) {
        let parsed = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            let certificate = d2i_X509(nil, &cursor, buffer.count)
            guard certificate == nil || cursor == buffer.baseAddress.map({ $0 + buffer.count }) else {
                X509_free(certificate)
                return OpaquePointer?.none
            }
            return certificate
        }
        guard let parsed else { throw .malformedPEM(.take()) }
        defer { X509_free(parsed) }
        guard let key = X509_get_pubkey(parsed) else { throw .malformedPEM(.take()) }
        self.der = der
        publicKeyPEM = try PublicKey(handle: try KeyHandle(adopting: key)).pem()
        guard let notBefore = Self.seconds(X509_get0_notBefore(parsed)), let notAfter = Self.seconds(X509_get0_notAfter(parsed))
        else { throw .malformedPEM(.take()) }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Int64(days) * 86_400 + Int64(seconds)
    }
}
