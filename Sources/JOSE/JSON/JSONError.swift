/// Why bytes are not an acceptable JSON text. Offsets count bytes from 0.
public enum JSONError: Error, Sendable, Hashable {
    /// The text ends within a value, or is empty.
    case unexpectedEnd
    case unexpectedByte(offset: Int)
    /// Something other than white space follows the value.
    case trailingBytes(offset: Int)
    /// A string is not UTF-8, or escapes half of a surrogate pair.
    case invalidString(offset: Int)
    /// A number is not as RFC 8259 §6 wants it, or exceeds the range of `Double`.
    case invalidNumber(offset: Int)
    /// Parsers disagree which of two members counts, so neither does.
    case duplicateName(String)
    /// Arrays and objects lie deeper in each other than `JSON.maximumDepth`.
    case tooDeep(offset: Int)
}
