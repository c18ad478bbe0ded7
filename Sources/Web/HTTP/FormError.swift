/// Why a form was not read. Fields are counted from 1; no value is repeated, as it may be a secret.
public enum FormError: Error, Hashable, Sendable {
    case tooLong(limit: Int)
    case tooManyFields(limit: Int)
    /// A `%` without two hexadecimal digits behind it.
    case invalidPercentEncoding(field: Int)
    case invalidUTF8(field: Int)
    case containsNUL(field: Int)
}

extension FormError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong(let limit): "the form is longer than \(limit) bytes"
        case .tooManyFields(let limit): "the form has more than \(limit) fields"
        case .invalidPercentEncoding(let field): "form field \(field) has a % that two hexadecimal digits do not follow"
        case .invalidUTF8(let field): "form field \(field) is not UTF-8"
        case .containsNUL(let field): "form field \(field) contains a NUL byte"
        }
    }
}
