import Bytes
import JOSE
public import OpenIDConnect
public import Upstream
import Synchronization

/// Dex's `openshift`: the people of an OpenShift cluster.
public struct OpenShiftProvider: RefreshableOAuthProvider {
    /// Of the cluster's API.
    public let issuer: String
    /// Empty: anybody may log in. Else one of them is needed; all are told.
    public var groups: [String] = []
    private let exchange: any HTTPExchange
    private let clock: any WallClock
    private let metadata = Remembered<OAuthEndpoints>()

    public init(issuer: String, exchange: any HTTPExchange, clock: any WallClock) {
        self.issuer = issuer
        self.exchange = exchange
        self.clock = clock
    }

    public var service: String { "OpenShift" }
    public var memory: TokenMemory { .tokenAnswer }
    public var alwaysRenews: Bool { false }

    public var concern: String? { metadata.concern.withLock { $0?.detail } }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        try await metadata.value(now: clock.now) { () async throws(ConnectorError) in try await readMetadata() }
    }

    /// RFC 8414. Its `issuer` is another address than the API's, so that it is not compared.
    private func readMetadata() async throws(ConnectorError) -> OAuthEndpoints {
        let url = issuer + "/.well-known/oauth-authorization-server"
        let api = UpstreamAPI(exchange: exchange, failure: UpstreamFailure(service: service, purpose: .service))
        let metadata = try await api.get(url)
        let authorization = metadata.text("authorization_endpoint")
        let token = metadata.text("token_endpoint")
        guard isUsable(authorization), isUsable(token) else {
            throw api.failure.malformed("has no authorization_endpoint or token_endpoint that can be used", at: url)
        }
        return OAuthEndpoints(
            authorization: authorization, token: token, placement: .header,
            challenge: metadata.texts("code_challenge_methods_supported").containsExactly("S256") ? .sha256 : .none)
    }

    /// No step back from https.
    private func isUsable(_ url: String) -> Bool {
        Origin(url) != nil && (UpstreamURL(url)?.isSecure == true || UpstreamURL(issuer)?.isSecure == false)
    }

    public func scopes(for asked: AskedScopes) -> [String] { ["user:info"] }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let url = issuer + "/apis/user.openshift.io/v1/users/~"
        let user = try await session.api.get(url)
        let name = user["metadata"]?.text("name") ?? ""
        let id = user["metadata"]?.text("uid") ?? ""
        guard !name.isEmpty, !id.isEmpty else { throw session.failure.malformed("has no name or uid", at: url) }
        let all = user.texts("groups")
        _ = try session.required(groups, of: all)
        return Identity(
            userID: id, username: name, preferredUsername: name, email: name, emailVerified: false, groups: all.once())
    }
}
