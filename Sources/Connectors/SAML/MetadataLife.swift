import Bytes
import FoundationEssentials
import XMLSecurity

/// How long metadata is good, as it says itself: what is said around an element holds for it, too (saml-metadata §2.3.1).
struct MetadataLife {
    private(set) var validUntil: Date?
    private(set) var cacheDuration: Double?

    /// As short as an element inside says.
    func narrowed(by element: XMLElement) throws(IdentityProviderMetadata.Failure) -> Self {
        var life = self
        if let text = element["validUntil"] {
            guard let end = SAMLTime.parse(text) else { throw .init(description: "its validUntil is not a time in UTC") }
            life.validUntil = min(end, validUntil ?? end)
        }
        if let text = element["cacheDuration"] {
            guard let duration = SAMLTime.parseDuration(text) else {
                throw .init(description: "its cacheDuration is not a duration")
            }
            life.cacheDuration = min(duration, cacheDuration ?? duration)
        }
        return life
    }
}

extension SAMLTime {
    /// xs:duration in seconds, with years of 365 days and months of 30.
    /// - Returns: nil if the text is not one, or a negative one.
    static func parseDuration(_ text: String) -> Double? {
        guard let halves = text.afterBytes(of: "P")?.cut(at: "T", most: 1) else { return nil }
        guard halves.count == 1 || !halves[1].isEmpty,
            let date = sum(halves[0], of: [("Y", 31_536_000), ("M", 2_592_000), ("D", 86_400)]),
            let time = sum(halves.count == 2 ? halves[1] : "", of: [("H", 3600), ("M", 60), ("S", 1)]),
            text.utf8.count > 1
        else { return nil }
        return date + time
    }

    /// Numbers with units, each unit at most once and in this order.
    private static func sum(_ text: Substring, of units: [(name: ASCIIByte, seconds: Double)]) -> Double? {
        var rest = text
        var total = 0.0
        for unit in units {
            guard let (digits, after) = rest.cutOnce(at: unit.name), let number = Double(digits),
                digits.utf8.allSatisfy({ $0.isASCIIDigit || ($0 == UInt8(ascii: ".") && unit.name == "S") })
            else { continue }
            total += number * unit.seconds
            rest = after
        }
        return rest.isEmpty ? total : nil
    }
}
