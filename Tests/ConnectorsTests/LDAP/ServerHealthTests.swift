import Directory
import Testing

@testable import Connectors

@Suite("Servers that did not answer") struct ServerHealthTests {
    private let first = Endpoint(host: "a", port: 1)
    private let second = Endpoint(host: "b", port: 1)
    private let health = ServerHealth()
    private let now = ContinuousClock.now

    private func error(_ kind: DirectoryError.Kind) -> DirectoryError { DirectoryError(kind, action: "connect") }

    @Test("are asked after the others for a while")
    func order() throws {
        #expect(try health.order([first, second], at: now) == [first, second])
        health.failed(first, error(.unreachable), at: now)
        #expect(try health.order([first, second], at: now) == [second, first])
        #expect(try health.order([first, second], at: now + ServerHealth.memory) == [first, second])
        health.failed(first, error(.unreachable), at: now)
        health.succeeded(first)
        #expect(try health.order([first, second], at: now) == [first, second])
    }

    @Test("are told of once, and again when they have answered or some time has gone by")
    func news() {
        #expect(health.failed(first, error(.unreachable), at: now))
        #expect(!health.failed(first, error(.timedOut), at: now + .seconds(1)))
        #expect(health.failed(second, error(.unreachable), at: now + .seconds(1)))
        health.succeeded(first)
        #expect(health.failed(first, error(.unreachable), at: now + .seconds(2)))
        #expect(health.failed(first, error(.unreachable), at: now + .seconds(2) + ServerHealth.memory))
    }

    @Test("are tried all the same when there is no other")
    func alone() throws {
        health.failed(first, error(.unreachable), at: now)
        #expect(try health.order([first], at: now) == [first])
    }

    @Test("and let somebody wait in vain are not asked at all for a moment, so that nobody else waits")
    func pause() throws {
        health.failed(first, error(.timedOut), at: now)
        #expect(throws: DirectoryError.self) { try health.order([first], at: now) }
        #expect(try health.order([first, second], at: now) == [second])
        #expect(try health.order([first], at: now + ServerHealth.pause) == [first])
    }
}
