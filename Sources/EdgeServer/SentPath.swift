import Bytes

/// A path as it was sent, where it goes on so, whatever form of it was judged.
enum SentPath {
    /// Why two readers could take different paths for it; nil when they cannot. What ``EdgePath`` refuses comes on top.
    static func refusal(of path: some StringProtocol) -> String? {
        if path.utf8.starts(with: "//".utf8) { return "the path begins with //, which may be taken for a host" }
        return hasDotSegments(path) ? "the path has dot segments, which are the client's to resolve" : nil
    }

    /// Also escaped ones (RFC 3986 §5.2.4). Browsers resolve them before they ask.
    private static func hasDotSegments(_ path: some StringProtocol) -> Bool {
        guard path.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") }) else { return false }
        let segments = path.utf8.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        return segments.contains { segment in
            var rest = segment[...]
            var count = 0
            while let byte = rest.first {
                if byte == UInt8(ascii: ".") {
                    rest = rest.dropFirst()
                } else if rest.starts(with: "%2e".utf8) || rest.starts(with: "%2E".utf8) {
                    rest = rest.dropFirst(3)
                } else {
                    return false
                }
                count += 1
            }
            return count <= 2
        }
    }
}
