public import Edge
public import Logging
public import Web

/// What the edge's routes, its gRPC service and its proxy share.
public struct EdgeParts: Sendable {
    public let answers: EdgeAnswers
    /// Whose word about other requests is believed.
    public let trustedProxies: ClientAddressRule
    /// `/oauth2`, as oauth2-proxy has it.
    public let prefix: String
    /// Which proxy asks at `{prefix}/auth`; nil: it is found out from what it sends.
    public let dialect: ProxyDialect?
    /// Whose WebSockets a proxy may be told yes about.
    public let webSockets: WebSocketOrigins
    public let logger: Logger

    public init(
        answers: EdgeAnswers, trustedProxies: ClientAddressRule, prefix: String = "/oauth2", dialect: ProxyDialect? = nil,
        webSockets: WebSocketOrigins = WebSocketOrigins(), logger: Logger
    ) {
        self.answers = answers
        self.trustedProxies = trustedProxies
        self.prefix = prefix
        self.dialect = dialect
        self.webSockets = webSockets
        self.logger = logger
    }
}

/// Answers about requests: ``EdgeAnswers``, or a test's.
public protocol EdgeAnswering: Sendable {
    /// What needs no waiting; nil: ask ``answer(_:)``.
    func answerNow(_ request: EdgeRequest) -> EdgeAnswer?
    func answer(_ request: EdgeRequest) async -> EdgeAnswer
}

extension EdgeAnswers: EdgeAnswering {
    public func answerNow(_ request: EdgeRequest) -> EdgeAnswer? { answerNow(request) { _ in true } }

    public func answer(_ request: EdgeRequest) async -> EdgeAnswer { await answer(request) { _ in true } }
}
