import Bytes

/// Whether somebody unknown is led to the login (`302`) or told that a token is missing (`401`).
///
/// A login is for a person who looks at a page. So, in this order:
///
/// | what is seen | answer |
/// | --- | --- |
/// | any method but GET and HEAD: it could not be repeated after the login | 401 |
/// | `Authorization` or `Proxy-Authorization`: somebody who has tokens | 401 |
/// | `X-Requested-With: XMLHttpRequest` | 401 |
/// | `Upgrade`, or `Sec-Fetch-Mode: websocket` | 401 |
/// | one of ``apiRoutes`` | 401 |
/// | `Sec-Fetch-Mode: navigate` | 302 |
/// | any other `Sec-Fetch-Mode`: a script or an image | 401 |
/// | `Accept` with `text/html` or `application/xhtml+xml` | 302 |
/// | `Accept` with `application/json` | 401 |
/// | `Accept` with `*/*`: curl, or a script that drives the form of a login | ``anyAccept`` |
/// | any other `Accept`, or none: browsers always send one | 401 |
public struct ChallengeRule: Sendable, Hashable {
    public enum Challenge: Sendable, Hashable {
        case login
        case unauthorized
    }

    /// Paths of programs: `/api/` and all below it (a slash at the end), or exactly `/v2/models`.
    public var apiRoutes: [String]
    /// For `Accept: */*`, which says nothing.
    public var anyAccept: Challenge

    public init(apiRoutes: [String] = [], anyAccept: Challenge = .login) {
        self.apiRoutes = apiRoutes
        self.anyAccept = anyAccept
    }

    public func challenge(_ request: EdgeRequest) -> Challenge {
        let headers = request.headers
        guard request.method == "GET" || request.method == "HEAD" else { return .unauthorized }
        if headers.contains("authorization") || headers.contains("proxy-authorization") { return .unauthorized }
        if headers.all("x-requested-with").contains(where: { $0.asciiLowercased == "xmlhttprequest" }) { return .unauthorized }
        if headers.contains("upgrade") || headers.contains("sec-websocket-key") { return .unauthorized }
        let isOfProgram = apiRoutes.contains {
            $0.endsWithByte("/") ? request.path.startsWithBytes(of: $0) : request.path.hasSameBytes(as: $0)
        }
        if isOfProgram { return .unauthorized }
        if let mode = headers.first("sec-fetch-mode") { return mode.asciiLowercased == "navigate" ? .login : .unauthorized }
        let types = Set(
            (headers.joined("accept") ?? "").asciiLowercased.fields(at: ",").map { item in
                (item.cutOnce(at: ";")?.before ?? item).trimmedOfOptionalWhitespace.exact
            })
        if types.contains("text/html") || types.contains("application/xhtml+xml") { return .login }
        if types.contains("application/json") { return .unauthorized }
        return types.contains("*/*") || types.contains("text/*") ? anyAccept : .unauthorized
    }
}
