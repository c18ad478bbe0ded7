import Connectors
public import DexConfiguration
import FoundationEssentials
public import Logging
import OpenIDConnect
import Persistence
import ServiceLifecycle
import Synchronization
import Upstream
import Web

/// A provider. Start here: make one from a configuration, `run` it, `stop` it.
public final class Provider: Sendable {
    private let configuration: Configuration
    private let graph: ProviderGraph
    private let server: ProviderServer
    private let maintenance: Maintenance
    private let logger: Logger
    private let (listening, hasStarted): (AsyncStream<[WebServer.Bound]>, AsyncStream<[WebServer.Bound]>.Continuation)
    private let group: Mutex<ServiceGroup?> = Mutex(nil)
    private let isStopped = Mutex(false)

    /// Opens the store and prepares everything; nothing listens yet.
    /// - Throws: an error whose description is for the operator.
    public init(_ configuration: Configuration, options: ProviderOptions, logger: Logger) async throws {
        self.configuration = configuration
        self.logger = logger
        let metrics = Metrics()
        let graph = try await ProviderGraph(configuration, options: options, logger: logger, metrics: metrics)
        self.graph = graph
        let (listening, hasStarted) = AsyncStream<[WebServer.Bound]>.makeStream()
        (self.listening, self.hasStarted) = (listening, hasStarted)
        let server = try ProviderServer(
            configuration, graph: graph, options: options, logger: logger,
            checks: [
                HealthCheck(name: "storage") { try await graph.store.checkHealth() },
                HealthCheck(name: "keys") { if graph.ring.current == nil { throw StartError("there is no signing key yet") } },
            ],
            listening: { bound in
                hasStarted.yield(bound)
                hasStarted.finish()
            })
        self.server = server
        maintenance = Maintenance(
            store: graph.store, keys: graph.keys, assertionKeys: server.edge?.assertionKeys, sealers: graph.sealers,
            revocations: graph.revocations,
            refresh: graph.settings.refresh,
            clock: options.clock, logger: logger, keysChanged: { server.refreshPublicAnswers() })
        graph.revocations.onChange {
            server.answers.clear()
            server.edge?.forget()
        }
    }

    /// Serves until ``stop()`` is called or the task is cancelled; what is being answered then is finished first.
    /// - Parameter ready: called once every listener answers and there is a key to sign with.
    public func run(ready: @escaping @Sendable () -> Void = {}) async throws {
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: server.web, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: quiet(logger)))
        group.withLock { $0 = services }
        if isStopped.withLock({ $0 }) { return await graph.store.close() }
        let result: Result<Void, any Error>
        do {
            // Files are read in no time, and what is wrong with them should be said before anybody is answered.
            if graph.keys is KeyFiles, try await graph.keys.refresh() { server.refreshPublicAnswers() }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    // Stopped before everything listened: nobody needs to wait for that any more.
                    defer { self.hasStarted.finish() }
                    try await services.run()
                }
                tasks.addTask { try await self.prepareKeys(ready: ready) }
                tasks.addTask {
                    async let _ = ConnectorCheck(connectors: self.graph.parts.connectors, logger: self.logger).run()
                    await self.maintenance.run()
                }
                if let edge = server.edge { tasks.addTask { await edge.run() } }
                // The server ends when it is stopped or cannot start; preparing ends early, maintenance never.
                var ended = 0
                while ended < 2, try await tasks.next() != nil { ended += 1 }
                tasks.cancelAll()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // Connections to other servers are closed when nobody holds their connector any more.
        graph.parts.connectors.replace([])
        await graph.store.close()
        try result.get()
    }

    /// How long other servers may still take when the end is announced. Whoever waits for them gets an answer then.
    private static let upstreamGrace: Duration = .seconds(2)

    /// How long passwords may still be checked: less than the server waits for its last answers.
    private static let hashingGrace: Duration = .seconds(12)

    /// Lets ``run(ready:)`` finish what it has begun and return.
    public func stop() {
        isStopped.withLock { $0 = true }
        if let group = group.withLock({ $0 }) { Task { await group.triggerGracefulShutdown() } }
        Task { [life = graph.life, hashingLife = graph.hashingLife] in
            try await Task.sleep(for: Self.upstreamGrace)
            life.end()
            try await Task.sleep(for: Self.hashingGrace - Self.upstreamGrace)
            hashingLife.end()
        }
    }

    /// Takes clients, users, connectors, certificates, and the edge's policies, issuers and headers of a new configuration; everything
    /// else needs a restart and is named in the log.
    /// - Throws: when a certificate or an issuer's keys cannot be used; nothing has changed then.
    public func reload(_ new: Configuration) throws {
        let replaceConnectors = try graph.connectors.prepare(new.connectors)
        let replaceRules = try new.edge.flatMap { try server.edge?.prepare($0) }
        try server.web.reloadCertificates()
        graph.clients.replaceStatic(new.clients(with: graph.edgeClient))
        replaceConnectors()
        graph.local?.replaceStatic(new.staticPasswords.map { User($0, now: maintenance.clock.now) })
        replaceRules?()
        server.answers.clear()
        server.edge?.forget()
        let unchanged = changedSections(in: new)
        if !unchanged.isEmpty {
            logger.warning(
                "changes in these sections need a restart", metadata: ["sections": .string(unchanged.joined(separator: ","))])
        }
        logger.info(
            "reloaded",
            metadata: [
                "clients": .stringConvertible(new.staticClients.count), "users": .stringConvertible(new.staticPasswords.count),
                "connectors": .stringConvertible(new.connectors.count),
            ])
    }

    /// The first key may take a while to make or read: discovery is answered meanwhile, what needs a key waits for it.
    private func prepareKeys(ready: @Sendable () -> Void) async throws {
        for await bound in listening {
            _ = try await graph.keys.refresh()
            _ = try await server.edge?.assertionKeys?.refresh()
            server.refreshPublicAnswers()
            for listener in bound {
                logger.info("listening", metadata: ["server": .string(listener.name), "address": .string("\(listener.address)")])
            }
            ready()
        }
    }

    private func changedSections(in new: Configuration) -> [String] {
        let old = configuration
        let sections: [(String, Bool)] = [
            ("issuer", !isSameByBytes(old.issuer, new.issuer)), ("storage", !isSameByBytes(old.storage, new.storage)),
            ("web", !isSameByBytes(old.web, new.web)),
            ("telemetry", !isSameByBytes(old.telemetry, new.telemetry)), ("oauth2", !isSameByBytes(old.oauth2, new.oauth2)),
            ("expiry", !isSameByBytes(old.expiry, new.expiry)),
            ("signer", !isSameByBytes(old.signer, new.signer)), ("logger", !isSameByBytes(old.logger, new.logger)),
            ("frontend", !isSameByBytes(old.frontend, new.frontend)),
            ("passwords", !isSameByBytes(old.passwords, new.passwords)), ("edge", (old.edge == nil) != (new.edge == nil)),
            ("enablePasswordDB", !isSameByBytes(old.enablePasswordDB, new.enablePasswordDB)),
        ]
        var changed = sections.filter(\.1).map(\.0)
        if let before = old.edge, let after = new.edge { changed += before.needingRestart(for: after) }
        return changed
    }

    /// The service group announces every step at info.
    private func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
