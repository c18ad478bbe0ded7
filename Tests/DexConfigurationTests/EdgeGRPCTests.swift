import Testing

@testable import DexConfiguration

struct EdgeGRPCTests {
    private func read(_ value: String) throws -> Configuration.Edge.GRPC? {
        try load(minimal + "edge: {grpc: \(value)}\n").configuration.edge?.grpc
    }

    @Test func `An address alone is in clear`() throws {
        #expect(try read("127.0.0.1:9001") == .init(address: ListenAddress(host: "127.0.0.1", port: 9001)))
        #expect(try read("{addr: ':9001'}") == .init(address: ListenAddress(host: "", port: 9001)))
    }

    @Test func `Every key is read`() throws {
        let found = try #require(
            try read("{addr: ':1', tlsCert: c.pem, tlsKey: k.pem, tlsMinVersion: '1.3', tlsClientCA: ca.pem}"))
        #expect(found.tls == .init(certificate: "c.pem", key: "k.pem", minVersion: .v1_3))
        #expect(found.clientAuthority == "ca.pem")
    }

    @Test(arguments: [
        Case.added("edge: {grpc: 9001}\n", "found a number"),
        .added("edge: {grpc: nowhere}\n", "is not an address to listen on"),
        .added("edge: {grpc: {tlsCert: c, tlsKey: k}}\n", "addr: missing"),
        .added("edge: {grpc: {addr: ':1', tlsCert: c}}\n", "tlsKey is missing"),
        .added("edge: {grpc: {addr: ':1', tlsClientCA: c}}\n", "tlsCert is missing"),
        .added("edge: {grpc: {addr: ':1', reflection: true}}\n", "unknown key"),
    ])
    func `What is wrong is said`(mistake: Case) {
        let found = problems(mistake.yaml)
        #expect(found.count == 1 && found[0].contains(mistake.lines[0]), "\(found)")
    }
}
