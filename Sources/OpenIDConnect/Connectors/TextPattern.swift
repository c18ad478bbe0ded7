import Bytes

/// A pattern of the configuration: `*` stands for any text, `?` for one code point, everything else for itself, byte by byte.
///
/// Matching takes at most pattern × text steps, whatever they are: no pattern can be made to take long.
public struct TextPattern: Sendable, Hashable {
    private let pattern: [Unicode.Scalar]

    public init(_ text: String) {
        pattern = Array(text.unicodeScalars)
    }

    public func matches(_ text: String) -> Bool {
        captures(text) != nil
    }

    /// What each `*` stands for, in order; nil if the text does not match. All but the last take as little as they can.
    public func captures(_ text: String) -> [String]? {
        let text = Array(text.unicodeScalars)
        var starts: [(pattern: Int, text: Int)] = []
        var ends: [Int] = []
        var (at, position) = (0, 0)
        while position < text.count || at < pattern.count {
            if at < pattern.count, pattern[at] == "*" {
                starts.append((at, position))
                ends.append(position)
                at += 1
            } else if at < pattern.count, position < text.count, pattern[at] == "?" || pattern[at] == text[position] {
                at += 1
                position += 1
            } else if let last = starts.last, let end = ends.last, end < text.count {
                // The last star takes one character more, and what follows it is tried again.
                ends[ends.count - 1] = end + 1
                at = last.pattern + 1
                position = end + 1
            } else {
                return nil
            }
        }
        return zip(starts, ends).map { starts, end in
            var capture = String.UnicodeScalarView()
            capture.append(contentsOf: text[starts.text..<end])
            return String(capture)
        }
    }

    /// Replaces `$1` … `$9` in a template by what the stars stand for.
    static func fill(_ template: String, with captures: [String]) -> String {
        var result = ""
        var rest = Substring(template)
        while let (before, after) = rest.cutOnce(at: "$") {
            result += before
            let number = after.utf8.first.flatMap { $0.isASCIIDigit ? Int($0 - UInt8(ascii: "0")) : nil } ?? 0
            if number >= 1, number <= captures.count {
                result += captures[number - 1]
                rest = Substring(after.utf8.dropFirst())
            } else {
                result += "$"
                rest = after
            }
        }
        return result + rest
    }
}
