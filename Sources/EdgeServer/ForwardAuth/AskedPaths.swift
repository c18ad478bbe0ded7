import Bytes

/// How a proxy that asks with a request of its own, as Envoy's HTTP service does, tells the client's path.
public enum AskedPaths: Sendable, Hashable {
    /// Behind a prefix such as `/check`. No other path is a question.
    case behind(String)
    /// As the client sent it. Every path is a question, but those of the edge's own login.
    case asSent
    /// Nobody has said which. What stands behind `/check` can be read in two ways, and both must be allowed.
    case unsaid

    static let usualPrefix = "/check"

    /// What a question is about.
    struct Path: Sendable, Hashable {
        let path: String
        /// How it can be read as well.
        var otherwise: String?
    }

    /// - Returns: nil for what is no question.
    func path(of asked: String) -> Path? {
        switch self {
        case .behind(let prefix): Self.rest(of: asked, behind: prefix).map { Path(path: $0) }
        case .asSent: Path(path: asked)
        case .unsaid:
            Self.rest(of: asked, behind: Self.usualPrefix).map { Path(path: $0, otherwise: asked) } ?? Path(path: asked)
        }
    }

    private static func rest(of asked: String, behind prefix: String) -> String? {
        guard let rest = asked.afterBytes(of: prefix), rest.startsWithByte("/") else { return nil }
        return String(rest)
    }
}
