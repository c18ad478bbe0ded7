import Bytes
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import NIOCore
import NIOHTTP1

/// Finds the end of a request's head, and refuses what llhttp takes and others read in another way: more than one space in the
/// request line, bytes beyond ASCII in the target, folded lines, lines that end in a line feed alone (RFC 9112 §2.2, §3, §5.2).
///
/// What it lets through is read by llhttp, and by nobody else: it only counts and refuses. Each byte is looked at once, however
/// many pieces the head comes in.
struct HTTP1HeadScan {
    enum Kind {
        case head
        /// The fields behind a chunked body.
        case trailers
    }

    private enum Place {
        case before
        case method
        case target
        case version(Int)
        case fields
    }

    private static let version = Array("HTTP/0.0\r\n".utf8)
    /// Empty lines before a request line: some clients end a body with one that they do not count (RFC 9112 §2.2).
    private static let mostBefore = 4

    /// Bytes of the whole head.
    private let limit: Int
    private var place: Place
    private var scanned = 0
    private var lineStart = 0
    private var partStart = 0

    init(_ kind: Kind, limit: Int) {
        self.limit = limit
        place = kind == .head ? .before : .fields
    }

    /// - Parameter bytes: from the first byte of the head on; each time the same and more.
    /// - Returns: how many bytes the head has; nil: its end has not come.
    mutating func length(in bytes: UnsafeRawBufferPointer) throws(HTTPParserError) -> Int? {
        while scanned < bytes.count {
            if case .fields = place {
                if let end = try line(in: bytes) { return try within(end) }
                break
            }
            try step(bytes[scanned])
            scanned += 1
        }
        _ = try within(bytes.count)
        return nil
    }

    private func within(_ count: Int) throws(HTTPParserError) -> Int {
        guard count <= limit else { throw .headerOverflow }
        return count
    }

    /// One byte of the request line.
    private mutating func step(_ byte: UInt8) throws(HTTPParserError) {
        switch place {
        case .before:
            if byte == UInt8(ascii: scanned % 2 == 0 ? "\r" : "\n"), scanned < Self.mostBefore { return }
            guard scanned % 2 == 0, byte.isASCIILetter else { throw .invalidMethod }
            place = .method
        case .method:
            if byte == UInt8(ascii: " ") {
                place = .target
                partStart = scanned + 1
            } else {
                guard byte.isASCIILetter || byte == UInt8(ascii: "-") else { throw .invalidMethod }
            }
        case .target:
            if byte == UInt8(ascii: " ") {
                guard scanned > partStart else { throw .invalidURL }
                place = .version(0)
            } else {
                guard (0x21...0x7E).contains(byte) else { throw .invalidURL }
            }
        case .version(let index):
            let expected = Self.version[index]
            guard expected == byte || expected == UInt8(ascii: "0") && byte.isASCIIDigit else { throw .invalidVersion }
            if index + 1 < Self.version.count {
                place = .version(index + 1)
            } else {
                place = .fields
                lineStart = scanned + 1
            }
        case .fields: break
        }
    }

    /// Goes on to the end of the fields.
    private mutating func line(in bytes: UnsafeRawBufferPointer) throws(HTTPParserError) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        while scanned < bytes.count {
            if scanned == lineStart, bytes[scanned] == UInt8(ascii: " ") || bytes[scanned] == UInt8(ascii: "\t") {
                throw .invalidHeaderToken
            }
            guard let found = memchr(start + scanned, Int32(UInt8(ascii: "\n")), bytes.count - scanned) else {
                scanned = bytes.count
                return nil
            }
            let end = start.distance(to: UnsafeRawPointer(found))
            guard end > lineStart, bytes[end - 1] == UInt8(ascii: "\r") else { throw .lfExpected }
            scanned = end + 1
            if end == lineStart + 1 { return scanned }
            lineStart = scanned
        }
        return nil
    }
}
