import Logging
import OpenIDConnect
import Synchronization
import Testing

@testable import Dextra

/// A connector that works or not, as it is told, and counts who asks.
private final class Moody: RenewableConnector {
    struct State {
        var failure: String?
        var concern: String?
        var checks = 0
        var renewals = 0
    }

    let state = Mutex(State())

    init(failure: String? = nil) {
        state.withLock { $0.failure = failure }
    }

    func check() async throws(ConnectorError) {
        let failure = state.withLock { state in
            state.checks += 1
            return state.failure
        }
        if let failure { throw .unavailable(failure) }
    }

    func renew() async { state.withLock { $0.renewals += 1 } }

    var concern: String? { state.withLock { $0.concern } }
    var checks: Int { state.withLock { $0.checks } }
    var renewals: Int { state.withLock { $0.renewals } }
}

private final class Lines: Sendable {
    let all = Mutex<[String]>([])

    func has(_ text: String) -> Bool { all.withLock { $0.contains { $0.contains(text) } } }
    var count: Int { all.withLock { $0.count } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted()
            lines.all.withLock { $0.append(([event.message.description] + values).joined(separator: " ")) }
        }
    }
}

private func eventually(_ condition: () -> Bool) async throws {
    for _ in 0..<12_000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited for a minute")
}

@Suite("The check of connectors") struct ConnectorCheckTests {
    private let lines = Lines()

    private func entry(_ id: String, _ connector: Moody) -> ConnectorRegistry.Entry {
        ConnectorRegistry.Entry(id: id, name: id, type: "moody", connector: connector)
    }

    private func checking(
        _ registry: ConnectorRegistry, _ body: () async throws -> Void
    ) async throws {
        let check = ConnectorCheck(
            connectors: registry, logger: lines.logger, interval: .milliseconds(20), step: .milliseconds(2))
        async let _ = check.run()
        try await body()
    }

    @Test func `Tells once what fails, and when it is over`() async throws {
        let connector = Moody(failure: "no route")
        try await checking(ConnectorRegistry([entry("a", connector)])) {
            try await eventually { connector.checks >= 3 }
            #expect(lines.has("cannot be used yet") && lines.has("reason=no route") && lines.count == 1)
            connector.state.withLock { $0.failure = nil }
            try await eventually { lines.has("works now") }
            #expect(connector.renewals == 0, "only a reload reads anew")
        }
        #expect(lines.count == 2)
    }

    @Test func `Whoever a reload has removed is not asked again`() async throws {
        let removed = Moody(failure: "no route")
        let added = Moody(failure: "no name")
        let registry = ConnectorRegistry([entry("removed", removed)])
        try await checking(registry) {
            try await eventually { removed.checks >= 2 }
            registry.replace([entry("added", added)])
            try await eventually { lines.has("reason=no name") }
            let count = removed.checks
            try await eventually { added.checks >= 5 }
            #expect(removed.checks == count)
        }
        #expect(lines.count == 2)
    }

    @Test func `A reload renews, and a concern is told`() async throws {
        let connector = Moody()
        let registry = ConnectorRegistry([entry("a", connector)])
        try await checking(registry) {
            try await eventually { connector.checks >= 1 }
            #expect(connector.renewals == 0)
            connector.state.withLock { $0.concern = "no file" }
            registry.replace([entry("a", connector)])
            try await eventually { connector.renewals == 1 && lines.has("could not renew") }
            #expect(lines.has("reason=no file") && lines.count == 1)
            connector.state.withLock { $0.concern = nil }
            try await eventually { lines.has("works now") }
        }
    }
}
