import CLDAP
import Glibc

/// Certificates as a file, which is the only form in which libldap takes several.
struct AuthoritiesFile: Sendable {
    let path: String
    private var descriptor: Int32?

    init(_ authorities: ConnectionSettings.Authorities) throws(DirectoryError) {
        switch authorities {
        case .file(let path): self.path = path
        case .system:
            guard let path = Self.systemPaths.first(where: { access($0, R_OK) == 0 }) else {
                throw DirectoryError(
                    .insecure, action: "find the system's certificates",
                    diagnostic: "none of \(Self.systemPaths.joined(separator: ", "))")
            }
            self.path = path
        case .pem(let bytes):
            let descriptor = directory_memory_file()
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard descriptor >= 0, count == bytes.count else {
                if descriptor >= 0 { _ = Glibc.close(descriptor) }
                throw DirectoryError(
                    .insecure, action: "keep certificates in memory", diagnostic: String(cString: strerror(errno)))
            }
            self.descriptor = descriptor
            path = "/proc/self/fd/\(descriptor)"
        }
    }

    /// When libldap has read it.
    func close() {
        if let descriptor { _ = Glibc.close(descriptor) }
    }

    /// Where SSL_CERT_FILE, Debian, Fedora, Alpine and others keep them.
    private static var systemPaths: [String] {
        [
            getenv("SSL_CERT_FILE").map { String(cString: $0) } ?? "/etc/ssl/certs/ca-certificates.crt",
            "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
            "/etc/ssl/cert.pem",
        ]
    }
}
