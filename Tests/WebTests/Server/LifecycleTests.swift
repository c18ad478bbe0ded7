import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import Web

@Suite("The server", .timeLimit(.minutes(1)))
struct LifecycleTests {
    @Test("lets requests in flight finish when it stops, and closes idle connections")
    func drain() async throws {
        let entered = Gate()
        let gate = Gate()
        let slow = Route([.get], "/slow", audience: .programs) { _ in
            await entered.open()
            await gate.wait()
            return .text("finished")
        }
        try await RunningServer.with([slow], ready: [keys]) { server in
            try await RawClient.with(port: server.port) { idle in
                try await idle.send("GET /keys HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await idle.response().status == 200)
                try await RawClient.with(port: server.port) { busy in
                    try await busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                    await entered.wait()
                    await server.stop()
                    #expect(try await idle.rest() == "")
                    await gate.open()
                    let response = try await busy.response()
                    #expect(response.body == "finished")
                    #expect(response.fields["connection"] == "close")
                }
            }
        }
    }

    @Test("waits for requests in flight no longer than it was told")
    func boundedDrain() async throws {
        let entered = Gate()
        let stuck = Route([.get], "/stuck", audience: .programs) { _ in
            await entered.open()
            try await Task.sleep(for: .seconds(3600))
            return .text("never")
        }
        try await RunningServer.with([stuck], limits: limits { $0.drainSeconds = 1 }) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n")
                await entered.wait()
                await server.stop()
                _ = try await client.rest()
            }
        }
    }

    @Test("says which address is taken")
    func taken() async throws {
        try await RunningServer.with { first in
            let address = ListenAddress(host: "127.0.0.1", port: first.port)
            let free = ListenAddress(host: "127.0.0.1", port: 0)
            let second = WebServer(
                listeners: [free, address].map { Listener(name: "http", address: $0, application: first.application) },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            await #expect(throws: ListenError.inUse(address)) { try await second.run() }
            #expect(ListenError.inUse(address).description == "127.0.0.1:\(first.port) is in use: another program listens there")
        }
    }

    @Test("says what is wrong with an address of another machine")
    func foreign() async throws {
        let address = ListenAddress(host: "192.0.2.1", port: 0)
        try await RunningServer.with { other in
            let server = WebServer(
                listeners: [Listener(name: "http", address: address, application: other.application)],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            await #expect(throws: ListenError.noSuchAddress(address)) { try await server.run() }
        }
    }

    @Test(
        "reads addresses as configurations write them",
        arguments: [
            ("127.0.0.1:5556", "127.0.0.1", 5556), (":0", "", 0), ("[::1]:80", "::1", 80),
            ("localhost:65535", "localhost", 65535),
        ])
    func addresses(text: String, host: String, port: Int) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test("refuses what is no address", arguments: ["", "5556", "a:b", "a:65536", "::1:80", "a:-1", "a:"])
    func noAddress(text: String) {
        #expect(throws: ListenAddressError(text: text)) { try ListenAddress(parsing: text) }
    }

    @Test(
        "counts the processors that it may use",
        arguments: [
            ("Cpus_allowed_list:\t0-1\n", 2), ("x: y\nCpus_allowed_list:\t0\nz: 1\n", 1), ("Cpus_allowed_list:\t0-3,6,8-9", 7),
            ("", nil), ("Cpus_allowed_list:\t\n", nil), ("Cpus_allowed_list:\t3-1", nil),
        ] as [(String, Int?)])
    func processors(status: String, count: Int?) {
        #expect(EventLoopCount.processorsAllowed(inStatus: status) == count)
    }

    @Test("shows operators its health and metrics, and offers no profiles")
    func telemetry() async throws {
        struct Down: Error, CustomStringConvertible { let description = "disk full" }
        let metrics = Metrics()
        let healthy = TelemetryRoutes.routes(metrics: metrics, checks: [HealthCheck(name: "storage") {}])
        try await RunningServer.with(healthy) { server in
            try await RawClient.with(port: server.port) { client in
                for (path, status, body) in [
                    ("/healthz", 200, #"{"status":"ok","checks":{"storage":"ok"}}"#), ("/healthz/live", 200, "ok"),
                    ("/debug/pprof/heap", 404, "Profiling over HTTP is not offered; attach perf to the process instead.\n"),
                ] {
                    try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                    let response = try await client.response()
                    #expect(response.status == status)
                    #expect(response.body == body)
                }
            }
        }
        let failing = TelemetryRoutes.routes(metrics: metrics, checks: [HealthCheck(name: "storage") { throw Down() }])
        try await RunningServer.with(failing) { server in
            try await RawClient.with(port: server.port) { client in
                try await client.send("GET /healthz/ready HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 503)
                #expect(response.body == #"{"status":"failing","checks":{"storage":"disk full"}}"#)
            }
        }
    }
}
