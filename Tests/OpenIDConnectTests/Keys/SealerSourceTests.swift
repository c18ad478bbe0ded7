import Foundation
import JOSE
import Persistence
import Testing

@testable import OpenIDConnect

@Suite("Sealing keys") struct SealerSourceTests {
    @Test("of one process open what another one sealed, also with a key that is new to it")
    func shared() async throws {
        let store = try SQLiteStore(location: .memory)
        let clock = TestClock()
        let sources = (0..<2).map { _ in SealerSource(store: store, clock: clock, random: SystemRandom()) }
        for source in sources { try await source.refresh() }
        clock.advance(SealerSource.period.timeInterval)
        // Only the first one knows of the new key yet.
        try await sources[0].refresh()
        let sealed = try sources[0].seal([1, 2, 3], purpose: "p")
        #expect(await sources[1].open(sealed, purpose: "p") == [1, 2, 3])
    }

    @Test("open for their purpose only, and not what was changed")
    func purpose() async throws {
        let source = SealerSource(store: try SQLiteStore(location: .memory), clock: TestClock(), random: SystemRandom())
        try await source.refresh()
        let sealed = try source.seal(Array("text".utf8), purpose: "p")
        #expect(await source.open(sealed, purpose: "q") == nil)
        for index in sealed.indices {
            var changed = sealed
            changed.replaceSubrange(index...index, with: sealed[index] == "A" ? "B" : "A")
            #expect(await source.open(changed, purpose: "p") == nil)
        }
        #expect(await source.open("", purpose: "p") == nil)
    }

    @Test("are forgotten when they have expired")
    func expiry() async throws {
        let clock = TestClock()
        let source = SealerSource(store: try SQLiteStore(location: .memory), clock: clock, random: SystemRandom())
        try await source.refresh()
        let sealed = try source.seal([1], purpose: "p")
        clock.advance(SealerSource.period.timeInterval)
        try await source.refresh()
        #expect(await source.open(sealed, purpose: "p") == [1])
        clock.advance(SealerSource.period.timeInterval)
        try await source.refresh()
        #expect(await source.open(sealed, purpose: "p") == nil)
    }
}
