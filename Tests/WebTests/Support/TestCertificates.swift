import Foundation
import Testing

/// Certificates made by the `openssl` command for one test, in a folder of their own.
struct TestCertificates {
    let folder: URL

    var certificateFile: String { folder.appending(path: "tls.crt").path }
    var keyFile: String { folder.appending(path: "tls.key").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "dextra-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Replaces both files by a new pair.
    func issue(commonName: String) async throws {
        try await issue(commonName: commonName, certificate: certificateFile, key: keyFile)
    }

    func issue(commonName: String, certificate: String, key: String) async throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=\(commonName)",
        ]
        openssl.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            openssl.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try openssl.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(status == 0)
    }

    func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}
