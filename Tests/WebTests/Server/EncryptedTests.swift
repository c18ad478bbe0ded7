import HTTPTypes
import NIOSSL
import Testing

@testable import Web

@Suite("Encrypted connections", .timeLimit(.minutes(1)))
struct EncryptedTests {
    @Test("serve routes and ready answers by HTTP/1.1 and HTTP/2", arguments: [false, true])
    func protocols(http2: Bool) async throws {
        try await withCertificates { files in
            let certificates = try ServerCertificates(certificateFile: files.certificateFile, keyFile: files.keyFile)
            try await RunningServer.with([echo()], ready: [keys], certificates: [certificates]) { server in
                let ready = try await TLSClient.get("/keys", port: server.port, http2: http2)
                #expect(ready.status == 200)
                #expect(ready.body == "{\"keys\":[]}")
                #expect(ready.fields["x-content-type-options"] == "nosniff")
                #expect(ready.fields["connection"] == nil)
                let routed = try await TLSClient.get("/echo?a=1", port: server.port, http2: http2)
                #expect(routed.body == "GET /echo?a=1 ")
                #expect(try await TLSClient.get("/none", port: server.port, http2: http2).status == 404)
            }
        }
    }

    @Test("get a new certificate without a restart, and keep the old one when the new one is wrong")
    func reload() async throws {
        try await withCertificates { files in
            let certificates = try ServerCertificates(certificateFile: files.certificateFile, keyFile: files.keyFile)
            try await RunningServer.with([echo()], certificates: [certificates]) { server in
                #expect(try await TLSClient.get("/echo", port: server.port).server.contains("first.test"))
                try await files.issue(commonName: "second.test")
                try server.server.reloadCertificates()
                #expect(try await TLSClient.get("/echo", port: server.port).server.contains("second.test"))
                // A new key beside the old certificate: caught half-way through a renewal.
                try await files.issue(commonName: "third.test", certificate: files.certificateFile + ".other", key: files.keyFile)
                #expect(throws: ServerCertificatesError.self) { try server.server.reloadCertificates() }
                try files.write("no key", to: files.keyFile)
                #expect(throws: ServerCertificatesError.self) { try server.server.reloadCertificates() }
                #expect(try await TLSClient.get("/echo", port: server.port).server.contains("second.test"))
            }
        }
    }

    @Test("are refused below the smallest version of TLS allowed")
    func versions() async throws {
        try await withCertificates { files in
            let certificates = try ServerCertificates(
                certificateFile: files.certificateFile, keyFile: files.keyFile, minimum: .tls13)
            try await RunningServer.with([echo()], certificates: [certificates]) { server in
                let modern = try await TLSClient.get("/echo", port: server.port, maximum: .tlsv13)
                #expect(modern.status == 200)
                await #expect(throws: (any Error).self) {
                    try await TLSClient.get("/echo", port: server.port, maximum: .tlsv12)
                }
            }
            #expect(throws: ServerCertificatesError.versionsCrossed(minimum: .tls13, maximum: .tls12)) {
                try ServerCertificates(
                    certificateFile: files.certificateFile, keyFile: files.keyFile, minimum: .tls13, maximum: .tls12)
            }
        }
    }

    @Test("that never shake hands are closed")
    func silent() async throws {
        try await withCertificates { files in
            let certificates = try ServerCertificates(certificateFile: files.certificateFile, keyFile: files.keyFile)
            try await RunningServer.with(limits: limits { $0.headSeconds = 1 }, certificates: [certificates, nil]) { server in
                for text in ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
                    try await RawClient.with(port: server.port) { client in
                        if !text.isEmpty { try await client.send(text) }
                        let heard = try await client.rest()
                        #expect(!heard.contains("HTTP/1.1"))
                    }
                }
            }
        }
    }

    @Test("name the file that cannot be used")
    func unreadable() throws {
        let error = #expect(throws: ServerCertificatesError.self) {
            try ServerCertificates(certificateFile: "/nowhere/tls.crt", keyFile: "/nowhere/tls.key")
        }
        #expect(error?.description.contains("/nowhere/tls.crt") == true)
    }

    private func withCertificates(_ body: (TestCertificates) async throws -> Void) async throws {
        let files = try TestCertificates()
        defer { files.remove() }
        try await files.issue(commonName: "first.test")
        try await body(files)
    }
}
