import Foundation
import OpenIDConnect
import Testing

@testable import Persistence

/// A small disk of its own, for who may mount one.
struct SmallDisk {
    let path: String

    /// - Parameter options: of `mount`, for instance `size=1m`.
    static func with(_ options: String, _ body: (SmallDisk) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            try mount(["-t", "tmpfs", "-o", options, "none", directory.path])
            do {
                try await body(SmallDisk(path: directory.path))
            } catch {
                try run("umount", ["-l", directory.path])
                throw error
            }
            try run("umount", [directory.path])
        }
    }

    static let isAvailable: Bool = {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("dextra-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try mount(["-t", "tmpfs", "none", directory])
            try run("umount", [directory])
            return true
        } catch {
            return false
        }
    }()

    func remount(_ options: String) throws {
        try Self.mount(["-o", "remount," + options, path])
    }

    func path(_ name: String) -> String { path + "/" + name }

    private static func mount(_ arguments: [String]) throws {
        try run("mount", arguments)
    }

    private static func run(_ command: String, _ arguments: [String]) throws {
        struct Failed: Error {}
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [command] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
    }
}

@Suite("Disks", .enabled(if: SmallDisk.isAvailable, "mounting needs root"), .serialized) struct DiskTests {
    @Test("a full disk refuses writes, keeps the acknowledged ones, and the store goes on when there is room")
    func full() async throws {
        try await SmallDisk.with("size=1m") { disk in
            let store = try SQLiteStore(location: .file(disk.path("store.db")))
            var stored: [RefreshGrant] = []
            let error = await #expect(throws: StoreError.self) {
                while stored.count < 10_000 {
                    let grant = Sample.grant()
                    try await store.insert(grant)
                    stored.append(grant)
                }
            }
            guard case .diskFull(let text) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(text.contains(disk.path))
            for grant in stored { #expect(try await store.refreshGrant(id: grant.id) == grant) }
            try disk.remount("size=8m")
            try await store.checkHealth()
            try await store.insert(Sample.grant())
            for grant in stored { #expect(try await store.refreshGrant(id: grant.id) == grant) }
            await store.close()
        }
    }

    @Test("a read-only disk is said at the start, for a database that exists and one that doesn't")
    func readOnly() async throws {
        try await SmallDisk.with("size=8m") { disk in
            await (try SQLiteStore(location: .file(disk.path("store.db")))).close()
            try disk.remount("ro")
            for name in ["store.db", "new.db"] {
                let error = #expect(throws: StoreError.self) { try SQLiteStore(location: .file(disk.path(name))) }
                guard case .readOnly(let text) = error else { Issue.record("\(name): \(String(describing: error))"); continue }
                #expect(text.contains(disk.path(name)))
            }
        }
    }
}
