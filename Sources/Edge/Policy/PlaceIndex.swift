/// Finds the first of many entries that fits a host and a path, without looking at the others.
///
/// Each host pattern leads to a tree of path patterns (a radix tree, whose edges are texts, and that has edges of their own
/// for "one segment" and "anything"). The cost grows with the length of the path and with the patterns that fit so far,
/// not with the number of entries.
struct PlaceIndex: Sendable {
    struct Entry: Sendable {
        /// Empty: every host.
        var hosts: [HostPattern]
        /// Empty: every path.
        var paths: [PathPattern]
    }

    private var tree = PathTree()
    private var anyHost: Int?
    /// By the hash of the reversed name.
    private var names: [UInt64: [(name: [UInt8], root: Int)]] = [:]
    private var hosts: [UInt64: [(name: [UInt8], root: Int)]] = [:]
    private var domains: [UInt64: [(name: [UInt8], root: Int)]] = [:]

    /// - Parameter entries: their place in the list is their number, and their rank.
    init(_ entries: [Entry]) {
        for (number, entry) in entries.enumerated() {
            for root in roots(for: entry.hosts) {
                if entry.paths.isEmpty { tree.insert(PathPattern([.anything]), number, at: root) }
                for path in entry.paths { tree.insert(path, number, at: root) }
            }
        }
        tree.finish()
    }

    /// The first entry for which host and path fit, and `condition` holds.
    func first(_ place: JudgedPlace, where condition: (Int) -> Bool) -> Int? {
        var best = Int.max
        func look(in root: Int?) {
            if let root { tree.search(place.path, from: root, best: &best, where: condition) }
        }
        var hash = Self.seed
        for index in place.hostName.indices.reversed() {
            if place.hostName[index] == UInt8(ascii: "."), index > 0 {
                look(in: Self.find(place.hostName[(index + 1)...], hash, in: domains))
            }
            hash = Self.hash(hash, place.hostName[index])
        }
        look(in: Self.find(place.hostName[...], hash, in: names))
        if !hosts.isEmpty { look(in: Self.find(place.host[...], Self.hash(of: place.host), in: hosts)) }
        look(in: anyHost)
        return best == .max ? nil : best
    }

    private mutating func roots(for patterns: [HostPattern]) -> [Int] {
        if patterns.isEmpty {
            let root = anyHost ?? tree.makeRoot()
            anyHost = root
            return [root]
        }
        return patterns.map { pattern in
            switch pattern {
            case .name(let name): root(of: Array(name.utf8), in: \.names)
            case .nameAndPort(let host): root(of: Array(host.utf8), in: \.hosts)
            case .below(let domain): root(of: Array(domain.utf8), in: \.domains)
            }
        }
    }

    private mutating func root(
        of name: [UInt8], in table: WritableKeyPath<PlaceIndex, [UInt64: [(name: [UInt8], root: Int)]]>
    ) -> Int {
        let hash = Self.hash(of: name)
        if let root = Self.find(name[...], hash, in: self[keyPath: table]) { return root }
        let root = tree.makeRoot()
        self[keyPath: table][hash, default: []].append((name, root))
        return root
    }

    private static func find(
        _ name: ArraySlice<UInt8>, _ hash: UInt64, in table: [UInt64: [(name: [UInt8], root: Int)]]
    ) -> Int? {
        guard let found = table[hash] else { return nil }
        for candidate in found where candidate.name.elementsEqual(name) { return candidate.root }
        return nil
    }

    // FNV-1a, from the end to the beginning, so that one pass gives the hash of every domain above a name. What is in the
    // tables comes from the configuration, so nobody outside can make collisions.
    private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    private static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    private static func hash(of name: [UInt8]) -> UInt64 { name.reversed().reduce(seed, hash) }
}
