public import HTTPTypes
public import Logging

/// What one listener serves: routes, ready answers, and the rules that hold for all of them.
public final class WebApplication: Sendable {
    /// Makes the answer to a person whose request failed; see ``errorPage``.
    public typealias ErrorPage =
        @Sendable (_ request: WebRequest, _ status: HTTPResponse.Status, _ message: String) -> WebResponse

    /// Replaceable at any time: `ready.replace(…)`.
    public let ready: Ready
    let routes: RouteTable
    let fallback: Route?
    /// Whether any route has answers that take no waiting.
    let answersNow: Bool
    let crossOrigin: CrossOriginRule
    let security: SecurityHeaders
    let clientAddress: ClientAddressRule
    let metrics: RequestMetrics
    let logger: Logger
    let errorPage: ErrorPage
    let makeID: @Sendable () -> UInt64

    /// - Parameters:
    ///   - ready: what is answered from prepared bytes; a route of the same path serves the requests that need more.
    ///   - fallback: takes every path that no route has.
    ///   - bearer: the path and cache of `userinfo`.
    ///   - remembered: answers of ``fallback`` and of routes that are good for more than one request.
    ///   - errorPage: draws 500 and 503 for routes whose audience is people. The message is safe to show.
    ///   - makeID: random numbers that name requests in logs.
    public init(
        routes: [Route],
        fallback: Route? = nil,
        ready: [ReadyAnswer] = [],
        bearer: Ready.Bearer? = nil,
        remembered: (any RememberedReplies)? = nil,
        crossOrigin: CrossOriginRule = .none,
        security: SecurityHeaders,
        clientAddress: ClientAddressRule = .peer,
        metrics: Metrics,
        logger: Logger,
        errorPage: @escaping ErrorPage = { _, status, message in .text(message + "\n", status: status) },
        makeID: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.routes = RouteTable(routes)
        self.fallback = fallback
        answersNow = fallback?.now != nil || routes.contains { $0.now != nil }
        self.crossOrigin = crossOrigin
        self.security = security
        self.clientAddress = clientAddress
        self.metrics = metrics.requests
        self.logger = logger
        self.errorPage = errorPage
        self.makeID = makeID
        self.ready = Ready(
            ready, bearer: bearer, remembered: remembered, security: security, crossOrigin: crossOrigin, metrics: self.metrics)
    }
}
