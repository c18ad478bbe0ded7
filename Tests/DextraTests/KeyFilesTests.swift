import Foundation
import JOSE
import OpenIDConnect
import Persistence
import Synchronization
import Testing

@testable import Dextra

@Suite("Keys in files") struct KeyFilesTests {
    private let clock = TestClock()
    private let files = TestFiles()
    private let store: SQLiteStore
    private let schedule = KeySchedule(rotationPeriod: nil, tokenLifetime: .seconds(86_400))

    init() throws {
        store = try SQLiteStore(location: .memory)
    }

    /// A process that reads them.
    private struct Process {
        let ring: KeyRing
        let files: KeyFiles

        func signing(at clock: TestClock) -> String? { ring.current?.signingKey(at: clock.now)?.keyID }
        var published: Set<String> { Set((ring.current?.verification ?? []).compactMap(\.keyID)) }
    }

    private func process(_ paths: [String] = ["a.pem"]) -> Process {
        let ring = KeyRing()
        return Process(
            ring: ring,
            files: KeyFiles(
                paths: paths, passphrase: nil, algorithm: nil, store: store, ring: ring, schedule: schedule, clock: clock,
                events: Silence()
            ) { [files] path in try files.read(path) })
    }

    @Test("sign at once when they are the first, and only the first of them signs")
    func first() async throws {
        let (one, two) = (try files.put("a.pem"), try files.put("b.pem"))
        let process = process(["a.pem", "b.pem"])
        #expect(try await process.files.refresh())
        #expect(process.signing(at: clock) == one)
        #expect(process.published == [one, two])
        #expect(try await !process.files.refresh(), "nothing changed")
    }

    @Test("that change are published before they sign, and the old one until its last token has expired; on two processes")
    func changed() async throws {
        let old = try files.put("a.pem")
        let processes = [process(), process()]
        for process in processes { _ = try await process.files.refresh() }
        let new = try files.put("a.pem")
        _ = try await processes[0].files.refresh()
        // The second one has not looked yet, and whatever the first one signs it can verify.
        #expect(processes[0].signing(at: clock) == old)
        #expect(processes[1].published.contains(old))
        _ = try await processes[1].files.refresh()
        for process in processes {
            #expect(process.published == [old, new])
            #expect(process.signing(at: clock) == old)
        }
        clock.advance(schedule.lead.timeInterval - 1)
        for process in processes { #expect(process.signing(at: clock) == old) }
        clock.advance(1)
        for process in processes { #expect(process.signing(at: clock) == new, "without another look at the file") }
        clock.advance(86_400)
        for process in processes {
            _ = try await process.files.refresh()
            #expect(process.published == [old, new])
        }
        clock.advance(61)
        for process in processes {
            _ = try await process.files.refresh()
            #expect(process.published == [new])
        }
    }

    @Test("that changed sign at once after a restart, as the old key is gone; its public half is not")
    func restarted() async throws {
        let old = try files.put("a.pem")
        _ = try await process().files.refresh()
        let new = try files.put("a.pem")
        let restarted = process()
        _ = try await restarted.files.refresh()
        #expect(restarted.signing(at: clock) == new)
        #expect(restarted.published == [old, new])
    }

    @Test("that change places wait for their turn also across a restart, as the old key is still there")
    func reordered() async throws {
        let (one, two) = (try files.put("a.pem"), try files.put("b.pem"))
        _ = try await process(["a.pem", "b.pem"]).files.refresh()
        let restarted = process(["b.pem", "a.pem"])
        _ = try await restarted.files.refresh()
        #expect(restarted.signing(at: clock) == one)
        clock.advance(schedule.lead.timeInterval)
        #expect(restarted.signing(at: clock) == two)
    }

    @Test("that are put back sign again")
    func putBack() async throws {
        let old = try files.put("a.pem")
        let text = try files.read("a.pem")
        let process = process()
        _ = try await process.files.refresh()
        let new = try files.put("a.pem")
        _ = try await process.files.refresh()
        clock.advance(schedule.lead.timeInterval)
        #expect(process.signing(at: clock) == new)
        files.write("a.pem", text)
        _ = try await process.files.refresh()
        #expect(process.published == [old, new])
        #expect(process.signing(at: clock) == new)
        clock.advance(schedule.lead.timeInterval)
        #expect(process.signing(at: clock) == old)
    }

    @Test("that turn into something else are named, and the keys in use stay")
    func broken() async throws {
        let old = try files.put("a.pem")
        let process = process()
        _ = try await process.files.refresh()
        files.write("a.pem", "nonsense")
        let error = await #expect(throws: KeyFileError.self) { try await process.files.refresh() }
        #expect(error?.description.hasPrefix("a.pem: ") == true)
        #expect(process.signing(at: clock) == old)
    }
}

/// Files that a test writes.
private final class TestFiles: Sendable {
    private let texts = Mutex<[String: String]>([:])

    /// Writes a new key and returns its id.
    func put(_ path: String) throws -> String {
        let key = try PrivateKey.generate(.ec(.p256))
        write(path, try key.pem())
        return key.publicKey.thumbprint
    }

    func write(_ path: String, _ text: String) {
        texts.withLock { $0[path] = text }
    }

    func read(_ path: String) throws -> String {
        struct Missing: Error {}
        guard let text = texts.withLock({ $0[path] }) else { throw Missing() }
        return text
    }
}

/// A clock that stands still until it is moved.
private final class TestClock: OpenIDConnect.WallClock {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: TimeInterval) {
        time.withLock { $0 += seconds }
    }
}

private struct Silence: EventLog {
    func record(_ event: ProviderEvent) {}
}
