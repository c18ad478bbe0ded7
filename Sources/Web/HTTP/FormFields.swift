import Bytes
import OpenIDConnect

/// The fields of an `application/x-www-form-urlencoded` text: a query, or the body of a form post.
///
/// Parsing is strict where leniency would let two readers see different values: a broken `%` escape, invalid UTF-8 or a
/// NUL byte is an error. Whether a name may be repeated is the caller's rule: see ``repeated`` (RFC 6749 §3.1).
public struct FormFields: Sendable {
    /// In the order of their appearance, names and values decoded.
    public let fields: [(name: String, value: String)]

    public static let empty = FormFields(fields: [])

    init(fields: [(name: String, value: String)]) {
        self.fields = fields
    }

    public init(parsing text: String, limit: FormLimits = FormLimits()) throws(FormError) {
        try self.init(bytes: text.utf8, limit: limit)
    }

    public init(parsing bytes: [UInt8], limit: FormLimits = FormLimits()) throws(FormError) {
        try self.init(bytes: bytes, limit: limit)
    }

    /// The first value of that name.
    public subscript(name: String) -> String? {
        fields.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// All values of that name.
    public func all(_ name: String) -> [String] {
        fields.filter { $0.name.hasSameBytes(as: name) }.map(\.value)
    }

    /// The names that occur more than once, each listed once.
    public var repeated: [String] {
        var seen: Set<ExactText> = []
        var found: [String] = []
        for field in fields where !seen.insert(field.name.exact).inserted && !found.containsExactly(field.name) {
            found.append(field.name)
        }
        return found
    }

    private init(bytes: some Collection<UInt8>, limit: FormLimits) throws(FormError) {
        guard bytes.count <= limit.bytes else { throw .tooLong(limit: limit.bytes) }
        var fields: [(name: String, value: String)] = []
        for piece in bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            guard fields.count < limit.fields else { throw .tooManyFields(limit: limit.fields) }
            let position = fields.count + 1
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            let name = try Self.decode(piece[..<equals], position)
            let value = equals == piece.endIndex ? "" : try Self.decode(piece[equals...].dropFirst(), position)
            fields.append((name, value))
        }
        self.fields = fields
    }

    private static func decode(_ bytes: some Collection<UInt8>, _ position: Int) throws(FormError) -> String {
        do throws(PercentEncoding.Failure) {
            return try PercentEncoding.decode(bytes, plusIsSpace: true)
        } catch {
            switch error {
            case .invalidEscape: throw .invalidPercentEncoding(field: position)
            case .invalidUTF8: throw .invalidUTF8(field: position)
            case .containsNUL: throw .containsNUL(field: position)
            }
        }
    }
}
