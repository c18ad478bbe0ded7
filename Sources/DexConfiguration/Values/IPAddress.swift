#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An address of a machine, as its bytes.
enum IPAddress: Hashable {
    case v4([UInt8])
    case v6([UInt8])

    /// Nil if the text is not an address. The system's parser decides; it refuses leading zeros, as Go's does.
    init?(_ text: String) {
        if let bytes = Self.parse(text, family: AF_INET, count: 4) {
            self = .v4(bytes)
        } else if let bytes = Self.parse(text, family: AF_INET6, count: 16) {
            self = .v6(bytes)
        } else {
            return nil
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .v4(let bytes), .v6(let bytes): bytes
        }
    }

    private static func parse(_ text: String, family: Int32, count: Int) -> [UInt8]? {
        // A NUL would end the text early for the C function.
        guard !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
