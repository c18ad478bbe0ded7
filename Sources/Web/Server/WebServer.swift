import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Transport
import Workers

/// Listens, serves, and stops without losing what it has begun.
///
/// Run it in a `ServiceGroup`: a graceful shutdown closes the listeners, lets requests in flight finish for
/// ``ServerLimits/drainSeconds``, then closes what is left.
public final class WebServer: Service {
    /// A listener that has started.
    public struct Bound: Sendable, Hashable {
        /// ``Listener/name``.
        public let name: String
        /// With the real port where port 0 was asked for.
        public let address: ListenAddress
        public let isEncrypted: Bool
    }

    private let listeners: [Listener]
    private let limits: ServerLimits
    private let clock: WallClock
    private let logger: Logger
    private let onListening: @Sendable ([Bound]) async -> Void

    /// - Parameter onListening: called once, when all listeners have started: from then on every one of them answers.
    public init(
        listeners: [Listener], limits: ServerLimits = ServerLimits(), clock: WallClock = .system, logger: Logger,
        onListening: @escaping @Sendable ([Bound]) async -> Void = { _ in }
    ) {
        self.listeners = listeners
        self.limits = limits
        self.clock = clock
        self.logger = logger
        self.onListening = onListening
    }

    /// Reads all certificates and keys again, for new connections. All are tried; the first error is thrown at the end, and
    /// a listener whose files are wrong goes on with what it has.
    public func reloadCertificates() throws(ServerCertificatesError) {
        var first: ServerCertificatesError?
        for certificates in listeners.compactMap(\.certificates) {
            do throws(ServerCertificatesError) { try certificates.reload() } catch { first = first ?? error }
        }
        if let first { throw first }
    }

    /// Returns when the server has stopped.
    /// - Throws: ``ListenError`` when a listener cannot start; none is left running then.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: EventLoopCount.available)
        let result: Result<Void, any Error>
        do {
            try await serve(on: group)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    private enum Event: Sendable {
        /// One of the listeners has stopped.
        case stopped
        case drainTimeOver
        case cancelled
    }

    private func serve(on eventLoops: MultiThreadedEventLoopGroup) async throws {
        let bodies = BodyBudget(limit: limits.heldBodyBytes)
        var services: [@Sendable (_ started: @escaping @Sendable (Bound) async -> Void) async throws -> Void] = []
        for listener in listeners {
            switch listener.content {
            case .application(let application):
                let connections = Connections(
                    application: application, certificates: listener.certificates, limits: limits, bodies: bodies,
                    loops: try await readyLoops(eventLoops, application))
                services.append { started in try await self.run(listener, connections, eventLoops, started) }
            case .connections(let handling):
                let connections = HandledConnections(handling: handling, certificates: listener.certificates)
                services.append { started in try await self.run(listener, connections, eventLoops, started) }
            }
        }
        let accepting = EventLoopTasks(eventLoops.next())
        let (bounds, started) = AsyncStream<(Int, Bound)>.makeStream()
        try await withThrowingTaskGroup(of: Event.self) { group in
            for (index, service) in services.enumerated() {
                // Whoever connects does not stand in line behind requests: what they want may be answered on the event loop.
                group.addTask(executorPreference: accepting) {
                    try await service { started.yield((index, $0)) }
                    return .stopped
                }
            }
            group.addTask { [count = services.count, onListening] in
                await Self.announce(bounds, count: count, onListening)
                try? await gracefulShutdown()
                try? await Task.sleep(for: .seconds(self.limits.drainSeconds))
                return Task.isCancelled ? .cancelled : .drainTimeOver
            }
            defer { started.finish() }
            var running = services.count
            while running > 0, let event = try await group.next() {
                switch event {
                case .stopped: running -= 1
                case .cancelled: break
                case .drainTimeOver:
                    logger.warning("requests were cut off: they took longer than the time to drain")
                    group.cancelAll()
                }
            }
            group.cancelAll()
        }
    }

    private static func announce(
        _ bounds: AsyncStream<(Int, Bound)>, count: Int, _ onListening: @Sendable ([Bound]) async -> Void
    ) async {
        var found: [Int: Bound] = [:]
        for await (index, bound) in bounds {
            found[index] = bound
            if found.count == count { break }
        }
        guard found.count == count else { return }
        await onListening(found.sorted { $0.key < $1.key }.map(\.value))
    }

    private func readyLoops(
        _ group: MultiThreadedEventLoopGroup, _ application: WebApplication
    ) async throws -> [ObjectIdentifier: NIOLoopBound<ReadyLoop>] {
        var loops: [ObjectIdentifier: NIOLoopBound<ReadyLoop>] = [:]
        for loop in group.makeIterator() {
            loops[ObjectIdentifier(loop)] = try await loop.submit { [clock] in
                // What a loop can answer by itself must not wait for signatures.
                Scheduling.prompt()
                return NIOLoopBound(ReadyLoop(shared: application.ready, clock: LoopClock(clock: clock)), eventLoop: loop)
            }.get()
        }
        return loops
    }

    private func run(
        _ listener: Listener, _ connections: some ServerChildChannel, _ group: MultiThreadedEventLoopGroup,
        _ started: @escaping @Sendable (Bound) async -> Void
    ) async throws {
        // Dual-stack where the machine has IPv6, as `:5556` has always meant.
        let hosts = listener.address.host.isEmpty ? ["::", "0.0.0.0"] : [listener.address.host]
        for (attempt, host) in hosts.enumerated() {
            let server = Server(
                childChannelSetup: connections,
                configuration: ServerConfiguration(
                    address: .hostname(host, port: listener.address.port), backlog: 1024,
                    availableConnectionsDelegate: .maximum(connectionLimit, logger: logger)),
                onServerRunning: { channel in
                    await started(Self.bound(listener, channel))
                },
                eventLoopGroup: group, logger: quietLogger)
            do {
                try await server.run()
                return
            } catch {
                let failure = ListenError(error, address: listener.address)
                if attempt + 1 < hosts.count, case .failed = failure { continue }
                if attempt + 1 < hosts.count, case .noSuchAddress = failure { continue }
                throw failure
            }
        }
    }

    private static func bound(_ listener: Listener, _ channel: any Channel) -> Bound {
        let address = channel.localAddress
        return Bound(
            name: listener.name,
            address: ListenAddress(
                host: address?.ipAddress ?? listener.address.host, port: address?.port ?? listener.address.port),
            isEncrypted: listener.certificates != nil)
    }

    /// HummingbirdCore announces itself at info; what listens is ours to say.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    /// What the process may open, less what it needs itself.
    private var connectionLimit: Int {
        max(1, min(limits.connections, FileLimit.openFiles - 128))
    }
}
