/// A radix tree of path patterns; several trees share one list of nodes.
struct PathTree: Sendable {
    private struct Node: Sendable {
        /// What leads here from the node above; empty for a root and behind a wildcard.
        var text: [UInt8] = []
        /// Sorted by the first byte of their text, no two with the same.
        var children: [Int32] = []
        var firstBytes: [UInt8] = []
        /// Behind one segment.
        var segment: Int32?
        /// Behind anything.
        var anything: Int32?
        /// Entries whose pattern ends here, in order.
        var entries: [Int] = []
        /// Entries whose pattern ends here with "anything".
        var prefixes: [Int] = []
        /// The lowest entry here and below.
        var lowest = Int.max
    }

    private var nodes: [Node] = []

    mutating func makeRoot() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }

    mutating func insert(_ pattern: PathPattern, _ entry: Int, at root: Int) {
        var node = root
        for (number, part) in pattern.parts.enumerated() {
            switch part {
            case .text(let text): node = insert(text[...], below: node)
            case .segment:
                if nodes[node].segment == nil { nodes[node].segment = Int32(makeRoot()) }
                node = nodes[node].segment.map(Int.init) ?? node
            case .anything:
                if number == pattern.parts.count - 1 {
                    if nodes[node].prefixes.last != entry { nodes[node].prefixes.append(entry) }
                    return
                }
                if nodes[node].anything == nil { nodes[node].anything = Int32(makeRoot()) }
                node = nodes[node].anything.map(Int.init) ?? node
            }
        }
        if nodes[node].entries.last != entry { nodes[node].entries.append(entry) }
    }

    /// The node behind `text`; edges are split where texts part.
    private mutating func insert(_ text: ArraySlice<UInt8>, below parent: Int) -> Int {
        guard let first = text.first else { return parent }
        guard let slot = nodes[parent].firstBytes.firstIndex(of: first) else {
            var node = Node()
            node.text = Array(text)
            nodes.append(node)
            let place = nodes[parent].firstBytes.firstIndex { $0 > first } ?? nodes[parent].firstBytes.count
            nodes[parent].firstBytes.insert(first, at: place)
            nodes[parent].children.insert(Int32(nodes.count - 1), at: place)
            return nodes.count - 1
        }
        let child = Int(nodes[parent].children[slot])
        let common = zip(nodes[child].text, text).prefix { $0 == $1 }.count
        guard common < nodes[child].text.count else { return insert(text.dropFirst(common), below: child) }
        var upper = Node()
        upper.text = Array(nodes[child].text[..<common])
        upper.children = [Int32(child)]
        upper.firstBytes = [nodes[child].text[common]]
        nodes[child].text.removeFirst(common)
        nodes.append(upper)
        nodes[parent].children[slot] = Int32(nodes.count - 1)
        return insert(text.dropFirst(common), below: nodes.count - 1)
    }

    /// To be called once after the last insertion.
    mutating func finish() {
        // Children can have lower numbers than their parents (edges that were split), so this walks down.
        var isBelow = [Bool](repeating: false, count: nodes.count)
        for node in nodes {
            for child in node.children { isBelow[Int(child)] = true }
            if let segment = node.segment { isBelow[Int(segment)] = true }
            if let anything = node.anything { isBelow[Int(anything)] = true }
        }
        for root in nodes.indices where !isBelow[root] { _ = findLowest(root) }
    }

    private mutating func findLowest(_ node: Int) -> Int {
        var lowest = min(nodes[node].entries.first ?? .max, nodes[node].prefixes.first ?? .max)
        for child in nodes[node].children { lowest = min(lowest, findLowest(Int(child))) }
        if let segment = nodes[node].segment { lowest = min(lowest, findLowest(Int(segment))) }
        if let anything = nodes[node].anything { lowest = min(lowest, findLowest(Int(anything))) }
        nodes[node].lowest = lowest
        return lowest
    }

    /// Lowers `best` to the lowest entry whose pattern fits and for which `condition` holds.
    func search(_ path: [UInt8], from root: Int, best: inout Int, where condition: (Int) -> Bool) {
        path.withUnsafeBufferPointer { path in
            nodes.withUnsafeBufferPointer { nodes in
                Self.search(path, 0, nodes, root, &best, condition)
            }
        }
    }

    private static func search(
        _ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ nodes: UnsafeBufferPointer<Node>, _ number: Int, _ best: inout Int,
        _ condition: (Int) -> Bool
    ) {
        guard nodes[number].lowest < best else { return }
        let length = nodes[number].text.count
        guard path.count - start >= length else { return }
        for offset in 0..<length where nodes[number].text[offset] != path[start + offset] { return }
        let position = start + length

        take(nodes[number].prefixes, &best, condition)
        if position == path.count { take(nodes[number].entries, &best, condition) }
        if position < path.count, let slot = nodes[number].firstBytes.firstIndex(of: path[position]) {
            search(path, position, nodes, Int(nodes[number].children[slot]), &best, condition)
        }
        if let segment = nodes[number].segment {
            var end = position
            while end < path.count, path[end] != UInt8(ascii: "/") {
                end += 1
                search(path, end, nodes, Int(segment), &best, condition)
            }
        }
        if let anything = nodes[number].anything {
            for end in position...path.count { search(path, end, nodes, Int(anything), &best, condition) }
        }
    }

    private static func take(_ entries: [Int], _ best: inout Int, _ condition: (Int) -> Bool) {
        for entry in entries {
            guard entry < best else { return }
            if condition(entry) {
                best = entry
                return
            }
        }
    }
}
