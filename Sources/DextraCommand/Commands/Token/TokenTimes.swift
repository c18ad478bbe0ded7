import FoundationEssentials
import JOSE
import OpenIDConnect

/// The times in a token's claims (RFC 7519 §4.1), in words.
struct TokenTimes: Sendable {
    enum Standing: Sendable, Hashable {
        case valid, expired, notYetValid
    }

    let lines: [(name: String, value: String)]
    let standing: Standing

    init(_ claims: JSONObject, now: Date) {
        func time(_ name: String) -> Date? {
            // Years 1970 to 9999: beyond that there is no such date to print.
            guard let seconds = claims[name]?.number, (0..<253_402_300_800).contains(seconds) else { return nil }
            return Date(timeIntervalSince1970: seconds)
        }
        func words(_ date: Date) -> String { "\(Timestamp(date).text), \(RelativeTime(date, now: now))" }

        var lines: [(name: String, value: String)] = []
        if let date = time("auth_time") { lines.append(("  logged in", words(date))) }
        if let date = time("iat") { lines.append(("  issued", words(date))) }
        let start = time("nbf")
        if let start { lines.append((start > now ? "  NOT VALID before" : "  valid from", words(start))) }
        let end = time("exp")
        if let end { lines.append((end <= now ? "  EXPIRED" : "  expires", words(end))) }
        self.lines = lines
        standing = (end.map { $0 <= now } ?? false) ? .expired : (start.map { $0 > now } ?? false) ? .notYetValid : .valid
    }
}
