/// An element of `paths` in an AuthorizationPolicy.
public enum IstioPath: Sendable, Hashable {
    case text(TextPattern)
    /// With `{*}` and `{**}`; the text is as it is written.
    case template(PathPattern, String)

    func matches(_ path: String) -> Bool {
        switch self {
        case .text(let pattern): return pattern.matches(path)
        case .template(let pattern, _):
            // What Envoy's operators stand for: RFC 3986's `pchar` and slashes; `[` and `]` are not among it.
            return path.utf8.allSatisfy(Self.isTemplateByte) && pattern.matches(path.utf8)
        }
    }

    private static func isTemplateByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~%!$&'()*+,;:@=/".utf8.contains(byte)
        }
    }
}

extension IstioPath: CustomStringConvertible {
    public var description: String {
        switch self {
        case .text(let pattern): pattern.description
        case .template(_, let text): text
        }
    }
}
