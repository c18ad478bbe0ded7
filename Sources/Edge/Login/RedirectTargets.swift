import Bytes

/// Where a browser may be sent after a login or sign-out: oauth2-proxy's order and oauth2-proxy's validity, read strictly.
public struct RedirectTargets: Sendable, Hashable {
    public var allowedHosts: [AllowedHost]
    /// Of the login's own addresses, such as `/oauth2`: nobody is sent back to them.
    public var prefix: String

    /// A longer address would not fit into the cookie of the attempt.
    static let longest = 2048

    public init(allowedHosts: [AllowedHost], prefix: String) {
        self.allowedHosts = allowedHosts
        self.prefix = prefix
    }

    /// The first that is valid: `rd`; `X-Auth-Request-Redirect`; `X-Forwarded-Proto`, `-Host` and `-Uri` together; the
    /// path of `X-Forwarded-Uri`; `/`.
    /// - Parameters:
    ///   - asked: the values of `rd` in form and query; several are as good as none.
    ///   - headers: without those that only trusted proxies may send, where the peer is none.
    ///   - here: scheme and host that the browser is at, `https://app.example.com`: an address there is as good as its path.
    public func target(asked: [String], headers: EdgeHeaders, here: String = "") -> String {
        var candidates = asked.count == 1 ? asked : []
        if let wish = candidates.first, WebOrigin(of: here) != nil, let path = wish.afterBytes(of: here), path.startsWithByte("/")
        {
            candidates = [String(path)]
        }
        if let header = headers.only("x-auth-request-redirect") { candidates.append(header) }
        if let uri = headers.only("x-forwarded-uri") {
            if let scheme = headers.only("x-forwarded-proto"), let host = headers.only("x-forwarded-host"),
                uri.startsWithByte("/"),
                !isOwn(uri)
            {
                candidates.append("\(scheme)://\(host)\(uri)")
            }
            candidates.append(uri)
        }
        return candidates.lazy.compactMap(valid).first ?? "/"
    }

    /// What may stand in `Location`; nil for what may not.
    public func valid(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= Self.longest, text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
            return nil
        }
        if text.startsWithByte("/") {
            guard !Self.isAmbiguous(text), !isOwn(text) else { return nil }
            return Self.encoded(text)
        }
        guard let origin = WebOrigin(of: text), allowedHosts.contains(where: { $0.allows(origin) }) else { return nil }
        let path = WebOrigin.rest(of: text, behind: origin)
        guard !path.containsByte("\\"), !isOwn(path) else { return nil }
        return Self.encoded(text)
    }

    /// Whether browsers could take a path for another host: `//`, `/\`, and what becomes one of them when it is put in order.
    private static func isAmbiguous(_ path: String) -> Bool {
        let bytes = Array(path.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        if bytes.contains(UInt8(ascii: "\\")) { return true }
        let segments = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            // An empty last one is the slash at the end.
            if segment.isEmpty { if !isLast { return true } else { continue } }
            // Written as they are or encoded, browsers take them for the same.
            if isDots(segment) { return true }
            if segment.allSatisfy({ $0 == 0x20 }) { return true }
        }
        return false
    }

    /// Whether a segment is `.` or `..`, in whatever way its dots are written.
    private static func isDots(_ segment: ArraySlice<UInt8>) -> Bool {
        var rest = segment
        var count = 0
        while !rest.isEmpty {
            if rest.first == UInt8(ascii: ".") {
                rest = rest.dropFirst()
            } else if rest.prefix(3).elementsEqual("%2e".utf8, by: { $0.asciiLowercased == $1 }) {
                rest = rest.dropFirst(3)
            } else {
                return false
            }
            count += 1
        }
        return count == 1 || count == 2
    }

    /// The login's own pages would lead in circles.
    private func isOwn(_ path: some StringProtocol) -> Bool {
        guard path.utf8.starts(with: prefix.utf8) else { return false }
        let next = path.utf8.dropFirst(prefix.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?") || next == UInt8(ascii: "#")
    }

    /// Blanks and what is not ASCII encoded, as browsers would.
    private static func encoded(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 <= 0x20 || $0 > 0x7E }) else { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte <= 0x20 || byte > 0x7E {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
