import Bytes
import CLDAP

/// A distinguished name (RFC 4514), as libldap reads and writes it.
public struct DistinguishedName: Sendable, Hashable, CustomStringConvertible {
    /// In libldap's spelling: no spaces between the parts, special characters escaped in one way.
    public let description: String
    private let key: ExactText

    /// - Returns: nil for what is not a DN.
    public init?(_ text: String) {
        guard let normal = Self.normalized(text) else { return nil }
        description = normal
        key = normal.asciiLowercased.exact
    }

    /// A child of a DN, whose value may be any text.
    /// - Parameters:
    ///   - attribute: an attribute's name, not something that people type.
    ///   - parent: a DN; may be empty.
    public init?(_ attribute: String, _ value: String, under parent: String) {
        let pairs = BinaryIdentifier.hex(Array(value.utf8))
        // Each byte in hexadecimal is right for every value; libldap writes it in the usual way again.
        let escaped = stride(from: 0, to: pairs.utf8.count, by: 2).map { start in
            "\\" + String(decoding: Array(pairs.utf8)[start..<(start + 2)], as: UTF8.self)
        }.joined()
        self.init("\(attribute)=\(escaped)" + (parent.isEmpty ? "" : "," + parent))
    }

    /// Upper and lower case of ASCII are the same: of types always (RFC 4512 §2.5), of values as for nearly all attributes that
    /// name entries (`caseIgnoreMatch`, RFC 4517 §4.2.11). That rule takes more for the same (RFC 4518 §2); what a server took so
    /// counts here as another entry, and never another entry as this one.
    public static func == (left: Self, right: Self) -> Bool { left.key == right.key }
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }

    private static func normalized(_ text: String) -> String? {
        guard !text.utf8.contains(0) else { return nil }
        var dn: LDAPDN?
        guard ldap_str2dn(text, &dn, UInt32(LDAP_DN_FORMAT_LDAP)) == LDAP_SUCCESS else { return nil }
        // The empty name has no parts at all.
        guard let dn else { return "" }
        defer { ldap_dnfree(dn) }
        var result: UnsafeMutablePointer<CChar>?
        guard ldap_dn2str(dn, &result, UInt32(LDAP_DN_FORMAT_LDAPV3)) == LDAP_SUCCESS, let result else { return nil }
        defer { ldap_memfree(result) }
        return String(cString: result)
    }
}
