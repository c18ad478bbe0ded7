import Bytes

/// Finds the few headers that matter among all that a request has, by length first.
struct RelevantHeaders: Sendable {
    /// What credentials and questions are made of.
    static let always = [
        "host", "authorization", "cookie", "connection", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri",
        "x-forwarded-method", "x-forwarded-for", "x-forwarded-client-cert", "x-original-uri", "x-original-url",
        "x-original-method", "x-original-host", "x-real-ip", "origin", "access-control-request-method", "sec-fetch-mode",
        "upgrade", "sec-websocket-key",
    ]
    /// A name with other marks than `-`, which may be one of the edge's in disguise.
    static let odd = -1

    /// By length: the names of that length with their numbers, from 1.
    private let byLength: [[(name: [UInt8], index: Int)]]

    /// - Parameter names: in lower case.
    init(_ names: [String]) {
        var unique: [String] = []
        for name in names where !unique.containsExactly(name) { unique.append(name) }
        var byLength: [[(name: [UInt8], index: Int)]] = Array(
            repeating: [], count: (unique.map(\.utf8.count).max() ?? 0) + 1)
        for (number, name) in unique.enumerated() { byLength[name.utf8.count].append((Array(name.utf8), number + 1)) }
        self.byLength = byLength
    }

    /// - Returns: nil for a name that does not matter.
    func index(of name: String) -> Int? {
        let length = name.utf8.count
        if length < byLength.count {
            for candidate in byLength[length] where Self.same(name, candidate.name) { return candidate.index }
        }
        let isPlain = name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
        return isPlain ? nil : Self.odd
    }

    private static func same(_ name: String, _ lowercased: [UInt8]) -> Bool {
        var position = 0
        for byte in name.utf8 {
            guard byte.asciiLowercased == lowercased[position] else { return false }
            position += 1
        }
        return true
    }
}
