import HTTPTypes
import Logging
import ServiceLifecycle
import Testing

@testable import Web

/// A door that tests open: whoever waits goes on then. Takes the place of sleeping.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    func wait() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}

/// The real server on a free port.
struct RunningServer: Sendable {
    let ports: [Int]
    let application: WebApplication
    let metrics: Metrics
    let bearer: BearerAnswers
    let server: WebServer
    private let group: ServiceGroup

    var port: Int { ports[0] }

    /// Begins a graceful shutdown.
    func stop() async {
        await group.triggerGracefulShutdown()
    }

    static func with(
        _ routes: [Route] = [], ready: [ReadyAnswer] = [], limits: ServerLimits = ServerLimits(),
        crossOrigin: CrossOriginRule = .none, clock: WallClock = .system, certificates: [ServerCertificates?] = [nil],
        _ body: @escaping @Sendable (RunningServer) async throws -> Void
    ) async throws {
        let metrics = Metrics()
        let bearer = BearerAnswers(clock: clock)
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .debug
        let application = WebApplication(
            routes: routes, ready: ready, bearer: .init(path: "/userinfo", answers: bearer), crossOrigin: crossOrigin,
            security: try SecurityHeaders(https: false), metrics: metrics, logger: logger)
        let (bounds, listening) = AsyncStream<[WebServer.Bound]>.makeStream()
        let server = WebServer(
            listeners: certificates.map {
                Listener(
                    name: "http", address: ListenAddress(host: "127.0.0.1", port: 0), certificates: $0, application: application)
            },
            limits: limits, clock: clock, logger: logger, onListening: { listening.yield($0) })
        let group = ServiceGroup(services: [server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await group.run()
            }
            var iterator = bounds.makeAsyncIterator()
            let found = try #require(await iterator.next())
            let running = RunningServer(
                ports: found.map(\.address.port), application: application, metrics: metrics, bearer: bearer, server: server,
                group: group)
            do { try await body(running) } catch {
                await running.stop()
                throw error
            }
            await running.stop()
            try await tasks.waitForAll()
        }
    }
}

/// A route that answers with what it was asked.
func echo(_ methods: [HTTPRequest.Method]? = nil, _ pattern: String = "/echo", cors: Bool = false) -> Route {
    Route(methods, pattern, audience: .programs, cors: cors) { request in
        .text("\(request.method) \(request.path)?\(request.rawQuery) \(String(decoding: request.body, as: UTF8.self))")
    }
}

let keys = ReadyAnswer(
    path: "/keys", name: "/keys", cors: true,
    response: WebResponse(
        status: .ok, headers: [.contentType: "application/json", .eTag: "\"v1\""], body: Array("{\"keys\":[]}".utf8)))
