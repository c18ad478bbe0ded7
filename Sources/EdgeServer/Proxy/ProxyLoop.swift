import NIOCore
import Synchronization
import Web

/// What one event loop holds for the proxy: its connections to backends, and the time of day.
final class ProxyLoop {
    private let eventLoop: any EventLoop
    private let clock = LoopClock(clock: .system)
    private var pools: [ObjectIdentifier: UpstreamPool] = [:]

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func pool(_ upstream: ProxyUpstream) -> UpstreamPool {
        if let pool = pools[ObjectIdentifier(upstream)] { return pool }
        let pool = UpstreamPool(upstream, eventLoop: eventLoop)
        pools[ObjectIdentifier(upstream)] = pool
        return pool
    }

    func date() -> String { clock.date(at: .now()) }
}

/// The ``ProxyLoop`` of each event loop that has accepted a connection.
final class ProxyLoops: Sendable {
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<ProxyLoop>]>([:])

    /// Called on the event loop.
    func loop(of eventLoop: any EventLoop) -> ProxyLoop {
        let found = loops.withLock { loops in
            if let loop = loops[ObjectIdentifier(eventLoop)] { return loop }
            let loop = NIOLoopBound(ProxyLoop(eventLoop: eventLoop), eventLoop: eventLoop)
            loops[ObjectIdentifier(eventLoop)] = loop
            return loop
        }
        return found.value
    }
}
