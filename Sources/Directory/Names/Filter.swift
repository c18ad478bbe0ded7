import Bytes
import CLDAP

/// Makes search filters (RFC 4515). Whatever people type goes through ``escape(_:)``, once.
public enum Filter {
    /// A value in a filter: `*`, `(`, `)`, `\` and NUL mean themselves.
    public static func escape(_ value: [UInt8]) -> String {
        var value = value
        return value.withUnsafeMutableBufferPointer { bytes in
            var input = berval(
                bv_len: ber_len_t(bytes.count),
                bv_val: UnsafeMutableRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self))
            var output = berval()
            guard bytes.count > 0, ldap_bv2escaped_filter_value(&input, &output) == 0, let text = output.bv_val else { return "" }
            defer { ldap_memfree(text) }
            return String(decoding: UnsafeRawBufferPointer(start: text, count: Int(output.bv_len)), as: UTF8.self)
        }
    }

    public static func escape(_ value: String) -> String { escape(Array(value.utf8)) }

    /// What ``escape(_:)`` was given: each `\XX` is a byte.
    public static func unescape(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 2, rest.prefix(2).allSatisfy(\.isASCIIHexDigit),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                rest = rest.dropFirst(2)
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `(attribute=value)`.
    public static func equal(_ attribute: String, _ value: [UInt8]) -> String {
        "(\(attribute)=\(escape(value)))"
    }

    public static func equal(_ attribute: String, _ value: String) -> String {
        equal(attribute, Array(value.utf8))
    }

    /// At least one of them; one alone stays as it is.
    public static func any(_ filters: [String]) -> String {
        filters.count == 1 ? filters[0] : "(|\(filters.joined()))"
    }

    /// Both; an empty first one is left out.
    public static func both(_ first: String, _ second: String) -> String {
        first.isEmpty ? second : "(&\(first)\(second))"
    }

    /// What follows an attribute so that Active Directory walks along groups in groups: `LDAP_MATCHING_RULE_IN_CHAIN`.
    public static let inChain = ":1.2.840.113556.1.4.1941:"
}
