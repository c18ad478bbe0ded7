import Bytes
import OpenIDConnect

/// The address of the login that a browser is sent to, with the page to return to.
public struct LoginEntry: LoginGuide, Hashable {
    /// Who is sent there at all.
    public var rule: ChallengeRule
    /// Such as `/oauth2`.
    public var prefix: String
    /// Scheme and host of the login where it is not at the host that was asked for: `https://login.example.com`.
    public var origin: String?
    /// Whether the page with a button is shown first.
    public var showsPage: Bool

    public init(
        rule: ChallengeRule = ChallengeRule(), prefix: String, origin: String? = nil, showsPage: Bool = false
    ) {
        self.rule = rule
        self.prefix = prefix
        self.origin = origin
        self.showsPage = showsPage
    }

    public func loginURL(for request: EdgeRequest) -> String? {
        guard rule.challenge(request) == .login else { return nil }
        let page = showsPage ? "/sign_in" : "/start"
        let here = "\(request.scheme)://\(request.host)"
        // Where the login is at another host, only a whole address leads back.
        let target = origin?.hasSameBytes(as: here) ?? true ? request.target : here + request.target
        return (origin ?? "") + prefix + page + "?rd=" + PercentEncoding.encode(target)
    }
}
