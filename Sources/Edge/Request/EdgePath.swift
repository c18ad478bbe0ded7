import Bytes

/// The path of a request as the proxy in front routes it: what policies see. docs/edge/policies.md tells the rules.
public struct EdgePath: Sendable, Hashable {
    /// What Istio's `meshConfig.pathNormalization.normalization` calls them. Envoy's settings for each are in parentheses.
    public enum Normalization: String, Sendable, Hashable, CaseIterable {
        /// The path as it was sent.
        case none = "NONE"
        /// RFC 3986 §6.2.2 as browsers do it: dot segments are resolved, escapes of letters, digits and `-._~` decoded, `\`
        /// becomes `/`, and what may not stand in a path is escaped (`normalize_path`).
        case base = "BASE"
        /// And several slashes become one (`merge_slashes`).
        case mergeSlashes = "MERGE_SLASHES"
        /// And before all that `%2F` and `%5C` become slashes (`path_with_escaped_slashes_action: UNESCAPE_AND_FORWARD`).
        case decodeAndMergeSlashes = "DECODE_AND_MERGE_SLASHES"
    }

    /// Why a path is refused: proxies and backends disagree on what it is.
    public enum Refusal: Error, Sendable, Hashable {
        /// It does not begin with a slash.
        case notAbsolute
        /// A blank, a control character or a byte beyond ASCII as it is, which HTTP does not allow (RFC 9110 §4.1, RFC 3986 §3.3):
        /// for some it is one character, for some another or none.
        case rawByte
        /// `#` or `%23`: for some the path ends there.
        case fragment
        /// `%00`, or a NUL: for some the path ends there.
        case nul
        /// `%` without two hexadecimal digits.
        case badEscape
        /// Escaped bytes that are no UTF-8, such as `%C0%AE`: for lenient readers it is a dot, a slash or what hides one.
        case notUTF8
        /// `%2F`, `%5C` or `\`: for some it is a slash.
        case hiddenSlash
        /// `..;`: for some it is `..`.
        case dotSegmentWithParameter
        /// `%252e`, `%25C0%25AE`, `%25u002e` and the like: a dot or a slash for those who decode more than once.
        case doubleEscape
        /// `//` together with `..`: what is left depends on what is done first.
        case emptyAndDotSegments
    }

    /// Normalized, without the query.
    public let text: String
    /// Whether ``text`` is, byte by byte, what was sent. What is not may be read differently by whoever gets the sent bytes: they
    /// get ``text`` instead, or nothing.
    public let isAsSent: Bool

    /// - Parameter path: as sent, without the query.
    /// - Throws: what makes the path ambiguous. With ``Normalization/none`` only what HTTP does not allow is refused.
    public init(_ path: String, _ normalization: Normalization) throws(Refusal) {
        if PathBytes.isPlain(path) {
            text = path
            isAsSent = true
            return
        }
        let sent = Array(path.utf8)
        var path = sent
        guard path.first == UInt8(ascii: "/") else { throw .notAbsolute }
        if let refusal = PathBytes.refusal(of: path, normalization) { throw refusal }
        if normalization == .decodeAndMergeSlashes { path = PathBytes.decodingSlashes(path) }
        if normalization != .none { path = PathBytes.canonical(path) }
        if normalization == .mergeSlashes || normalization == .decodeAndMergeSlashes { path = PathBytes.mergingSlashes(path) }
        text = String(decoding: path, as: UTF8.self)
        isAsSent = path == sent
    }
}

extension EdgePath.Refusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notAbsolute: "it does not begin with a slash"
        case .rawByte: "it has a blank, a control character or a byte beyond ASCII that is not escaped"
        case .fragment: "it has # or %23, where the path may be taken to end"
        case .nul: "it has a NUL, where the path may be taken to end"
        case .badEscape: "it has % without two hexadecimal digits"
        case .notUTF8: "it has escaped bytes that are no UTF-8, which may be taken for a dot or a slash"
        case .hiddenSlash: "it has %2F, %5C or a backslash, which may be taken for a slash"
        case .dotSegmentWithParameter: "it has .. with a parameter, which may be taken for .. alone"
        case .doubleEscape: "it has a dot or a slash that is escaped more than once"
        case .emptyAndDotSegments: "it has // together with .., so that what is left depends on what is done first"
        }
    }
}

/// The steps of ``EdgePath``.
enum PathBytes {
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")
    private static let percent = UInt8(ascii: "%")

    /// Whether nothing in a path could be changed or refused.
    static func isPlain(_ path: String) -> Bool {
        var before: UInt8 = 0
        var isFirst = true
        for byte in path.utf8 {
            guard isCopied[Int(byte)], byte != percent, byte != UInt8(ascii: "\\") else { return false }
            if isFirst, byte != slash { return false }
            if before == slash, byte == slash || byte == dot { return false }
            before = byte
            isFirst = false
        }
        return !isFirst
    }

    static func refusal(of path: [UInt8], _ normalization: EdgePath.Normalization) -> EdgePath.Refusal? {
        guard !path.contains(UInt8(ascii: "#")) else { return .fragment }
        guard !path.contains(0) else { return .nul }
        guard path.allSatisfy({ (0x21...0x7E).contains($0) }) else { return .rawByte }
        guard normalization != .none else { return nil }
        let takesSlashes = normalization == .decodeAndMergeSlashes
        var index = 0
        while index < path.count {
            if path[index] == UInt8(ascii: "\\"), !takesSlashes { return .hiddenSlash }
            guard path[index] == percent else {
                index += 1
                continue
            }
            guard let byte = escaped(path, at: index) else { return .badEscape }
            switch byte {
            case 0: return .nul
            case UInt8(ascii: "#"): return .fragment
            case slash, UInt8(ascii: "\\"): if !takesSlashes { return .hiddenSlash }
            case percent: if hidesMore(path, at: index) { return .doubleEscape }
            case 0x80...:
                guard let length = lengthOfEscapedUTF8(path, at: index) else { return .notUTF8 }
                index += 3 * (length - 1)
            default: break
            }
            index += 3
        }
        let segments = (takesSlashes ? decodingSlashes(path) : path).dropFirst().split(
            omittingEmptySubsequences: false
        ) { $0 == slash || $0 == UInt8(ascii: "\\") }
        var hasEmpty = false
        var hasDots = false
        for (number, segment) in segments.enumerated() {
            if segment.isEmpty, number < segments.count - 1 { hasEmpty = true }
            let (dots, rest) = leadingDots(segment)
            guard dots == 1 || dots == 2 else { continue }
            if rest.isEmpty, dots == 2 { hasDots = true }
            if rest.first == UInt8(ascii: ";") || (rest.first == percent && escaped(path: rest) == UInt8(ascii: ";")) {
                return .dotSegmentWithParameter
            }
        }
        return hasEmpty && hasDots ? .emptyAndDotSegments : nil
    }

    /// `%2F` and `%5C` decoded.
    static func decodingSlashes(_ path: [UInt8]) -> [UInt8] {
        guard path.contains(percent) else { return path }
        var result: [UInt8] = []
        var index = 0
        while index < path.count {
            if path[index] == percent, let byte = escaped(path, at: index), byte == slash || byte == UInt8(ascii: "\\") {
                result.append(byte)
                index += 3
            } else {
                result.append(path[index])
                index += 1
            }
        }
        return result
    }

    static func mergingSlashes(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in path where byte != slash || result.last != slash { result.append(byte) }
        return result
    }

    /// Dot segments resolved, unreserved characters decoded, `\` as `/`, everything else that may not stand there escaped.
    static func canonical(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var segment: [UInt8] = []

        func endSegment(isLast: Bool) {
            if segment == [dot] || segment == [dot, dot] {
                if segment.count == 2, result.count > 1 {
                    result.removeLast()
                    while let last = result.last, last != slash { result.removeLast() }
                }
            } else {
                result += segment
                if !isLast { result.append(slash) }
            }
            segment.removeAll(keepingCapacity: true)
        }

        result.append(slash)
        var index = 1
        while index < path.count {
            let byte = path[index]
            if byte == slash || byte == UInt8(ascii: "\\") {
                endSegment(isLast: false)
            } else if byte == percent {
                if let value = escaped(path, at: index) {
                    if isUnreserved(value) {
                        segment.append(value)
                    } else {
                        segment += path[index..<(index + 3)]
                    }
                    index += 2
                } else {
                    segment.append(byte)
                }
            } else if isCopied[Int(byte)] {
                segment.append(byte)
            } else {
                segment += [percent, hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
            index += 1
        }
        endSegment(isLast: true)
        return result
    }

    private static func leadingDots(_ segment: ArraySlice<UInt8>) -> (count: Int, rest: ArraySlice<UInt8>) {
        var rest = segment
        var count = 0
        while true {
            if rest.first == dot {
                rest = rest.dropFirst()
            } else if rest.first == percent, escaped(path: rest) == dot {
                rest = rest.dropFirst(3)
            } else {
                return (count, rest)
            }
            count += 1
        }
    }

    /// The byte that the escape at `index` stands for; nil if it is none.
    private static func escaped(_ path: [UInt8], at index: Int) -> UInt8? { escaped(path: path[index...]) }

    private static func escaped(path: ArraySlice<UInt8>) -> UInt8? {
        guard path.count >= 3, let high = hexValue(path[path.startIndex + 1]), let low = hexValue(path[path.startIndex + 2])
        else {
            return nil
        }
        return high << 4 | low
    }

    /// How many escapes, from the one at `index` on, are one character of UTF-8 (RFC 3629 §4); nil if they are none.
    private static func lengthOfEscapedUTF8(_ path: [UInt8], at index: Int) -> Int? {
        guard let lead = escaped(path, at: index) else { return nil }
        let (length, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        for number in 1..<length {
            let place = index + 3 * number
            guard place < path.count, path[place] == percent, let byte = escaped(path, at: place),
                number == 1 ? second.contains(byte) : (0x80...0xBF).contains(byte)
            else { return nil }
        }
        return length
    }

    /// Whether the `%25` at `index` begins what is a dot, a slash or a NUL for somebody who decodes again, as often as it takes.
    private static func hidesMore(_ path: [UInt8], at index: Int) -> Bool {
        guard let (byte, end) = innermost(path, at: index) else { return false }
        if byte == percent {
            // Microsoft's `%u002e`.
            let digits = path[end...].dropFirst().prefix(4)
            guard path[end...].first?.asciiLowercased == UInt8(ascii: "u"), digits.count == 4,
                let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return false }
            return value < 0x80 && isPathMark(UInt8(value))
        }
        if isPathMark(byte) { return true }
        // Forms that are longer than they need be.
        guard end < path.count, path[end] == percent, let next = innermost(path, at: end)?.byte else { return false }
        return switch byte {
        case 0xC0, 0xC1, 0xF8...: true
        case 0xE0: next < 0xA0
        case 0xF0: next < 0x90
        default: false
        }
    }

    private static func isPathMark(_ byte: UInt8) -> Bool {
        byte == dot || byte == slash || byte == UInt8(ascii: "\\") || byte == 0
    }

    /// What the escape at `index` stands for when `%25` is decoded until it is gone, and where it ends.
    private static func innermost(_ path: [UInt8], at index: Int) -> (byte: UInt8, end: Int)? {
        var place = index + 1
        while place + 4 <= path.count, path[place] == UInt8(ascii: "2"), path[place + 1] == UInt8(ascii: "5"),
            hexValue(path[place + 2]) != nil, hexValue(path[place + 3]) != nil
        {
            place += 2
        }
        guard place + 2 <= path.count, let high = hexValue(path[place]), let low = hexValue(path[place + 1]) else { return nil }
        return (high << 4 | low, place + 2)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// What stands in a normalized path as it is: RFC 3986's `pchar`, and with browsers `/`, `[`, `]`.
    private static let isCopied: [Bool] = {
        var table = (0...255).map { isUnreserved(UInt8($0)) }
        for byte in "!$&'()*+,;=:@/[]%".utf8 { table[Int(byte)] = true }
        return table
    }()
}
