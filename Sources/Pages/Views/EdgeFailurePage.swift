/// A login of the edge that came to nothing, and the way to try again.
public struct EdgeFailurePage: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        case expired, declined, refused, unavailable, unknownHost, tooLarge
    }

    public var reason: Reason
    /// A path on this server; nil where trying again would not help.
    public var retryPath: String?
    /// For finding the log line.
    public var requestID: String?

    public init(reason: Reason, retryPath: String?, requestID: String?) {
        self.reason = reason
        self.retryPath = retryPath
        self.requestID = requestID
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("message", words.html(phrase))
        values.set("retry", retryPath.flatMap { PageURL(local: $0) })
        values.setUnlessEmpty("requestID", requestID)
    }

    private var phrase: Phrase {
        switch reason {
        case .expired: .edgeExpired
        case .declined: .edgeDeclined
        case .refused: .edgeRefused
        case .unavailable: .edgeUnavailable
        case .unknownHost: .edgeUnknownHost
        case .tooLarge: .edgeTooLarge
        }
    }
}
