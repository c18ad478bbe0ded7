import Bytes
public import FoundationEssentials

/// How long a fetched document is used: as long as its server says, within bounds.
public struct DocumentLife: Sendable, Hashable {
    public let fetchedAt: Date
    /// From when on it is fetched again, in the background, while it goes on being used.
    public let refreshAt: Date
    /// Until when it is used though its server does not answer.
    public let endsAt: Date

    static let shortest = 300.0
    static let longest = 86400.0
    /// When the server says nothing about it.
    static let usual = 3600.0
    /// What has been withdrawn at a server that answers is used no longer than this.
    static let longestFreshness = 900.0

    public init(fetchedAt: Date, refreshAt: Date, endsAt: Date) {
        self.fetchedAt = fetchedAt
        self.refreshAt = refreshAt
        self.endsAt = endsAt
    }

    init(_ response: UpstreamResponse, now: Date) {
        let stated = response[header: "Cache-Control"].flatMap(Self.maximumAge)
        let life = min(max(stated ?? Self.usual, Self.shortest), Self.longest)
        fetchedAt = now
        refreshAt = now + min(life / 2, Self.longestFreshness)
        endsAt = now + life
    }

    /// `max-age` of RFC 9111 §5.2.2.1.
    private static func maximumAge(_ header: String) -> Double? {
        for directive in header.cut(at: ",") {
            guard let (name, value) = directive.cutOnce(at: "="),
                name.trimmedOfOptionalWhitespace.hasSameBytesFoldingASCII(as: "max-age")
            else { continue }
            // Quoted is not right, and happens.
            let digits = value.trimmed { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "\"") }
            if !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let seconds = UInt32(digits) { return Double(seconds) }
        }
        return nil
    }
}
