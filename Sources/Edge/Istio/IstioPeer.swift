import Bytes

/// Whom an AuthorizationPolicy names by what mutual TLS proved: a SPIFFE id such as
/// `spiffe://cluster.local/ns/default/sa/web`.
public enum IstioPeer: Sendable, Hashable {
    /// Without `spiffe://`.
    case principal(TextPattern)
    /// A `*` stands for any text.
    case namespace(String)
    case serviceAccount(namespace: String, name: String)
    /// A `*` stands for any text without a slash.
    case trustDomain(String)

    private static let scheme = "spiffe://"

    func matches(_ peer: String) -> Bool {
        let id = peer.afterBytes(of: Self.scheme) ?? peer[...]
        guard !id.isEmpty else { return false }
        switch self {
        case .principal(let pattern): return pattern.matches(id)
        case .namespace(let name):
            // The regular expression `.*/ns/NAME/.*` of Istio.
            let parts = name.cut(at: "*").map { Array($0.utf8) }
            var pattern: [PathPattern.Part] = [.anything, .text(Array("/ns/".utf8))]
            for (number, part) in parts.enumerated() {
                if number > 0 { pattern.append(.anything) }
                pattern.append(.text(part))
            }
            return PathPattern(pattern + [.text(Array("/".utf8)), .anything]).matches(id.utf8)
        case .serviceAccount(let namespace, let name): return Self.isAccount(name, in: namespace, id)
        case .trustDomain(let domain):
            guard let slash = id.firstByte("/") else { return domain == "*" }
            return domain == "*" || TextPattern(domain).matches(id[..<slash])
        }
    }

    /// The regular expression `spiffe://.+/ns/NAMESPACE/(.+/|)sa/NAME(/.+)?` of Istio.
    private static func isAccount(_ name: String, in namespace: String, _ id: Substring) -> Bool {
        let bytes = Array(id.utf8)
        let start = Array("/ns/\(namespace)/".utf8)
        let account = Array("sa/\(name)".utf8)
        for first in bytes.indices.dropFirst() where bytes[first...].starts(with: start) {
            let behind = first + start.count
            for second in behind..<max(behind, bytes.count) where bytes[second...].starts(with: account) {
                let isAtStart = second == behind || (second > behind + 1 && bytes[second - 1] == UInt8(ascii: "/"))
                let end = second + account.count
                let isAtEnd = end == bytes.count || (bytes[end] == UInt8(ascii: "/") && end + 1 < bytes.count)
                if isAtStart, isAtEnd { return true }
            }
        }
        return false
    }
}

extension IstioPeer: CustomStringConvertible {
    public var description: String {
        switch self {
        case .principal(let pattern): pattern.description
        case .namespace(let name): "namespace \(name)"
        case .serviceAccount(let namespace, let name): "service account \(namespace)/\(name)"
        case .trustDomain(let domain): "trust domain \(domain)"
        }
    }
}
