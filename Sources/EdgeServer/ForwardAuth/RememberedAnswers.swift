import Edge
import FoundationEssentials
import HTTPTypes
import JOSE
import NIOHTTP1
public import OpenIDConnect
import Synchronization
public import Web

/// Yeses that are good for seconds: the next request that agrees in everything that matters is answered on the event loop.
///
/// What matters is the method, the target, who asks, and those headers that anything looks at; all of it is hashed together
/// (SHA-256), so that nothing secret is kept. ``clear()`` must be called when something is revoked or changed.
public final class RememberedAnswers: RememberedReplies {
    /// Seconds for which an answer is used.
    public static let life = 5.0
    static let shardCount = 8
    static let shardLimit = 2048

    struct Key: Hashable {
        fileprivate let words: (UInt64, UInt64, UInt64, UInt64)

        fileprivate init(_ bytes: [UInt8]) {
            let hash = HashAlgorithm.sha256.hash(bytes)
            words = hash.withUnsafeBytes { bytes in
                (
                    bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
                )
            }
        }

        static func == (left: Key, right: Key) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private final class Entry: Sendable {
        let until: Date
        private let response: WebResponse
        private let name: String
        private let prepared = Mutex<PreparedReply?>(nil)

        init(_ response: WebResponse, name: String, until: Date) {
            (self.response, self.name, self.until) = (response, name, until)
        }

        /// The bytes are made when somebody wants the answer again: of many a token only one request comes.
        var reply: PreparedReply {
            prepared.withLock { prepared in
                if let prepared { return prepared }
                let reply = PreparedReply(response, name: name)
                prepared = reply
                return reply
            }
        }
    }

    private let shards: [ShardBox]
    private let epoch = Atomic<Int>(0)
    private let relevant: Mutex<RelevantHeaders>
    private let clock: any OpenIDConnect.WallClock

    private final class ShardBox: Sendable {
        let entries = Mutex<[Key: Entry]>([:])
    }

    /// - Parameter headers: names in lower case that policies or token places look at.
    public init(headers: [String], clock: any OpenIDConnect.WallClock) {
        relevant = Mutex(RelevantHeaders(RelevantHeaders.always + headers))
        self.clock = clock
        shards = (0..<Self.shardCount).map { _ in ShardBox() }
    }

    /// Other rules look at other headers. Called when those rules are in use already: what was decided by the former ones, or is
    /// known by less, is not remembered.
    public func replace(headers: [String]) {
        let new = RelevantHeaders(RelevantHeaders.always + headers)
        relevant.withLock { $0 = new }
        clear()
    }

    /// Forgets everything, and what is being decided at this moment too.
    public func clear() {
        epoch.add(1, ordering: .acquiringAndReleasing)
        for shard in shards { shard.entries.withLock { $0.removeAll(keepingCapacity: true) } }
    }

    public func reply(to head: HTTPRequestHead, peer: String) -> PreparedReply? {
        guard let key = key(head, peer) else { return nil }
        let entry = shard(key).entries.withLock { $0[key] }
        guard let entry, clock.now < entry.until else { return nil }
        return entry.reply
    }

    // MARK: Taking notes

    /// Taken before a request is decided.
    struct Note: Sendable {
        fileprivate let key: Key
        fileprivate let epoch: Int
    }

    /// Nil: the answer to this request is not remembered.
    func note(_ request: WebRequest) -> Note? {
        // Before looking which headers matter: ``replace(headers:)`` does it the other way around.
        let epoch = epoch.load(ordering: .acquiring)
        guard request.body.isEmpty, let key = key(request) else { return nil }
        return Note(key: key, epoch: epoch)
    }

    func remember(_ response: WebResponse, name: String, validUntil: Date, as note: Note) {
        let now = clock.now
        let until = min(validUntil, now + Self.life)
        guard now < until else { return }
        let entry = Entry(response, name: name, until: until)
        shard(note.key).entries.withLock { entries in
            guard epoch.load(ordering: .acquiring) == note.epoch else { return }
            if entries.count >= Self.shardLimit { entries = entries.filter { now < $0.value.until } }
            if entries.count >= Self.shardLimit { entries.removeAll(keepingCapacity: true) }
            entries[note.key] = entry
        }
    }

    private func shard(_ key: Key) -> ShardBox { shards[Int(truncatingIfNeeded: key.words.1 % UInt64(Self.shardCount))] }

    // MARK: Keys

    private func key(_ head: HTTPRequestHead, _ peer: String) -> Key? {
        let relevant = relevant.withLock { $0 }
        var writer = KeyWriter(method: head.method.rawValue, target: head.uri, peer: peer)
        for (name, value) in head.headers {
            guard let index = relevant.index(of: name) else { continue }
            if index == RelevantHeaders.odd { return nil }
            writer.add(index, value)
        }
        return Key(writer.bytes)
    }

    private func key(_ request: WebRequest) -> Key? {
        let relevant = relevant.withLock { $0 }
        let target = request.rawQuery.isEmpty ? request.path : request.path + "?" + request.rawQuery
        var writer = KeyWriter(method: request.method.rawValue, target: target, peer: request.peerAddress)
        for field in request.headers {
            guard let index = relevant.index(of: field.name.rawName) else { continue }
            if index == RelevantHeaders.odd { return nil }
            writer.add(index, field.value)
        }
        return Key(writer.bytes)
    }
}

/// Puts what matters one behind the other so that no two requests give the same bytes.
private struct KeyWriter {
    var bytes: [UInt8] = []

    init(method: String, target: String, peer: String) {
        bytes.reserveCapacity(2048)
        add(0, method)
        add(0, target)
        add(0, peer)
    }

    /// No text holds the byte 0xFF, as all are UTF-8.
    mutating func add(_ index: Int, _ text: String) {
        bytes.append(UInt8(truncatingIfNeeded: index))
        bytes.append(contentsOf: text.utf8)
        bytes.append(0xFF)
    }
}
