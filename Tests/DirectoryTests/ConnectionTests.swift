import Testing

@testable import Directory

@Suite("A connection to a directory") struct ConnectionTests {
    @Test("that nobody accepts is an error that says so")
    func refused() {
        #expect(throws: DirectoryError.self) {
            try Connection(to: Endpoint(host: "127.0.0.1", port: 1), ConnectionSettings(security: .plain))
        }
    }

    @Test("is not made with certificates that cannot be read")
    func unreadable() {
        do throws(DirectoryError) {
            _ = try Connection(
                to: Endpoint(host: "127.0.0.1", port: 1),
                ConnectionSettings(security: .tls, authorities: .file("/nonexistent/ca.pem")))
            Issue.record("a connection was made")
        } catch {
            #expect(error.action.hasPrefix("prepare TLS"))
        }
    }
}
