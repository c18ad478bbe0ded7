import Foundation
import JOSE
import Testing

@Suite("A certificate") struct CertificateTests {
    /// EC P-256, from 2026-01-01T00:00:00Z to 2126-01-01T00:00:00Z.
    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBDDCBs6ADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwIBcN
        MjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBHRlc3Qw
        WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQcne64+O/6lHeiGB8llJOjN5SVP+fD
        bUQiK8A1tUL5nW8MrEhYQSaOj15rw/3UNDSFE6ewoOqrqCTv1kMeBK5nMAoGCCqG
        SM49BAMCA0gAMEUCIFhVsgwkffAqxVatKgdPh7JElZOXiopLSF8c3qy9e5wxAiEA
        7smtP8VVLNuxHMj+DMW4h/TFYbD5I/4XDCTps5Cc6ZA=
        -----END CERTIFICATE-----
        """

    @Test func `Its key and dates are read`() throws {
        let certificate = try #require(try Certificate.bundle(pem: Self.pem).first)
        #expect(certificate.notBefore == 1_767_225_600)
        #expect(certificate.notAfter == 4_922_899_200)
        #expect(try PublicKey(pem: certificate.publicKeyPEM).specification == .ec(.p256))
        #expect(try Certificate(der: certificate.der) == certificate)
    }

    @Test func `A bundle may have several, with empty lines and any line ends`() throws {
        let text = "\n" + Self.pem + "\n\n" + Self.pem.replacing("\n", with: "\r\n") + "\n"
        #expect(try Certificate.bundle(pem: text).count == 2)
    }

    @Test(
        "is not what looks like one",
        arguments: [
            "", "text", "@", pem + "\ntext", "text\n" + pem, String(pem.dropLast(30)), pem.replacing("CERTIFICATE", with: "KEY"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----",
        ])
    func malformed(text: String) {
        #expect(throws: KeyError.self) { try Certificate.bundle(pem: text) }
    }

    @Test func `Nothing may follow in its bytes`() throws {
        let certificate = try #require(try Certificate.bundle(pem: Self.pem).first)
        #expect(throws: KeyError.self) { try Certificate(der: certificate.der + [0]) }
        #expect(throws: KeyError.self) { try Certificate(der: Array(certificate.der.dropLast())) }
    }
}
