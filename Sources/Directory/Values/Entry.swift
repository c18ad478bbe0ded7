import Bytes

/// An entry of a directory, as far as it was asked for.
public struct Entry: Sendable, Hashable {
    public let dn: String
    private let attributes: [Attribute]

    /// An attribute with its values, which may be any bytes.
    public struct Attribute: Sendable, Hashable {
        public let name: String
        public let values: [[UInt8]]

        public init(name: String, values: [[UInt8]]) {
            self.name = name
            self.values = values
        }
    }

    public init(dn: String, attributes: [Attribute] = []) {
        self.dn = dn
        self.attributes = attributes
    }

    /// The values of an attribute; none if it was not given. Names are the same in any case (RFC 4512 §2.5).
    public subscript(name: String) -> [[UInt8]] {
        attributes.first { $0.name.hasSameBytesFoldingASCII(as: name) }?.values ?? []
    }

    /// The attribute's values that a server gave only in part, with the number of the next one: Active Directory does that to
    /// attributes of more than 1500 values.
    var incomplete: [(name: String, next: Int)] {
        attributes.compactMap { attribute in
            guard let range = attribute.range, let last = range.last else { return nil }
            return (range.name, last + 1)
        }
    }

    /// This entry with what another answer says about the same one.
    func adding(_ other: Entry) -> Entry {
        var merged: [Attribute] = []
        for attribute in attributes + other.attributes {
            let name = attribute.range?.name ?? attribute.name
            if let index = merged.firstIndex(where: { $0.name.hasSameBytesFoldingASCII(as: name) }) {
                merged[index] = Attribute(name: merged[index].name, values: merged[index].values + attribute.values)
            } else {
                merged.append(Attribute(name: name, values: attribute.values))
            }
        }
        return Entry(dn: dn, attributes: merged)
    }
}

extension Entry.Attribute {
    /// `member;range=0-1499`: the attribute, and the number of the last value; nil for the last part, `member;range=1500-*`
    /// (MS-ADTS §3.1.1.3.1.3.3). Options are the same in any case, too.
    fileprivate var range: (name: String, last: Int?)? {
        for (index, byte) in zip(name.utf8.indices, name.utf8) where byte == UInt8(ascii: ";") {
            guard let bounds = name[index...].afterFolding(";range="), let (first, last) = bounds.cutOnce(at: "-"),
                Int(first) != nil
            else { continue }
            return (String(name[..<index]), Int(last))
        }
        return nil
    }
}

extension Substring {
    /// What follows a prefix of ASCII, whatever the case here.
    fileprivate func afterFolding(_ prefix: String) -> Substring? {
        guard let end = utf8.index(startIndex, offsetBy: prefix.utf8.count, limitedBy: endIndex),
            self[..<end].hasSameBytesFoldingASCII(as: prefix)
        else { return nil }
        return self[end...]
    }
}
