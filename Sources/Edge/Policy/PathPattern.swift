/// A path, or many: what a policy's `path` says, after reading.
public struct PathPattern: Sendable, Hashable {
    public enum Part: Sendable, Hashable {
        /// This text.
        case text([UInt8])
        /// One byte or more, none of them `/`.
        case segment
        /// Any number of bytes, also none.
        case anything
    }

    public let parts: [Part]

    /// - Parameter parts: neighboring texts are put together.
    public init(_ parts: [Part]) {
        var joined: [Part] = []
        for part in parts {
            if case .text(let bytes) = part {
                if bytes.isEmpty { continue }
                if case .text(let before)? = joined.last {
                    joined[joined.count - 1] = .text(before + bytes)
                    continue
                }
            }
            joined.append(part)
        }
        self.parts = joined
    }

    public func matches(_ path: some Collection<UInt8>) -> Bool {
        Self.matches(parts[...], Array(path)[...])
    }

    private static func matches(_ parts: ArraySlice<Part>, _ path: ArraySlice<UInt8>) -> Bool {
        guard let part = parts.first else { return path.isEmpty }
        let rest = parts.dropFirst()
        switch part {
        case .text(let bytes): return path.starts(with: bytes) && matches(rest, path.dropFirst(bytes.count))
        case .anything:
            if rest.isEmpty { return true }
            return (path.startIndex...path.endIndex).contains { matches(rest, path[$0...]) }
        case .segment:
            var end = path.startIndex
            while end < path.endIndex, path[end] != UInt8(ascii: "/") {
                end += 1
                if matches(rest, path[end...]) { return true }
            }
            return false
        }
    }
}
