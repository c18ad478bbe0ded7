public import Bytes
import FoundationEssentials
import JOSE
public import OpenIDConnect
public import Upstream

/// Reads groups by the Directory API of Google Workspace, as a service account to which an administrator has given that right.
public final class GoogleDirectory: Sendable {
    private let account = Remembered<any GoogleAccount>()
    private let readAccount: @Sendable () async throws(ConnectorError) -> any GoogleAccount
    private let administrators: [ExactText: String]
    private let baseURL: String
    private let exchange: any HTTPExchange
    private let clock: any WallClock
    private let tokens: [ExactText: Remembered<String>]

    /// Groups of groups are one request each.
    static let maximumQuestions = 500

    /// - Parameters:
    ///   - administrators: in whose name people of a domain are looked up; `*` is for all other domains.
    ///   - readAccount: when it is needed, and again after an hour.
    public init(
        administrators: [ExactText: String], baseURL: String, exchange: any HTTPExchange, clock: any WallClock,
        readAccount: @escaping @Sendable () async throws(ConnectorError) -> any GoogleAccount
    ) {
        self.readAccount = readAccount
        self.administrators = administrators
        self.baseURL = baseURL
        self.exchange = exchange
        self.clock = clock
        // Google's tokens are good for an hour.
        tokens = Dictionary(
            administrators.values.map { ($0.exact, Remembered<String>(lifetime: 50 * 60)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Addresses of the groups that somebody is in, in the order in which Dex tells them.
    /// - Parameter transitively: also groups in which one of them is.
    func groups(of email: String, transitively: Bool) async throws(ConnectorError) -> [String] {
        var walk = Walk()
        try await visit(email, transitively: transitively, &walk)
        return walk.found
    }

    private struct Walk {
        var found: [String] = []
        var seen: Set<ExactText> = []
        var questions = 0
    }

    private func visit(_ member: String, transitively: Bool, _ walk: inout Walk) async throws(ConnectorError) {
        walk.questions += 1
        guard walk.questions <= Self.maximumQuestions, walk.found.count <= Paging.maximumElements else {
            throw .unavailable("\(member) and its groups are in too many groups of Google")
        }
        for group in try await directGroups(of: member) where walk.seen.insert(group.exact).inserted {
            walk.found.append(group)
            if transitively { try await visit(group, transitively: true, &walk) }
        }
    }

    private func directGroups(of member: String) async throws(ConnectorError) -> [String] {
        let token = try await token(for: try administrator(of: member))
        let failure = UpstreamFailure(service: "Google's directory", purpose: .service, secrets: [token])
        let api = UpstreamAPI(exchange: exchange, failure: failure, accessToken: token)
        let url = baseURL + "/admin/directory/v1/groups?userKey=" + PercentEncoding.encode(member)
        let paging = Paging.token("nextPageToken", list: "groups") { url + "&pageToken=" + PercentEncoding.encode($0) }
        return try await api.elements(url, of: paging).map { $0.text("email") }.filter { !$0.isEmpty }
    }

    private func administrator(of member: String) throws(ConnectorError) -> String {
        let domain = member.cutLast(at: "@")?.after ?? "*"
        guard let administrator = administrators[domain.exact] ?? administrators["*"] else {
            throw .unavailable("domainToAdminEmail has no administrator for the domain \(domain), and none for *")
        }
        return administrator
    }

    private func token(for administrator: String) async throws(ConnectorError) -> String {
        guard let remembered = tokens[administrator.exact] else { throw .unavailable("no administrator \(administrator)") }
        return try await remembered.value(now: clock.now) { [self] () async throws(ConnectorError) in
            try await newToken(for: administrator)
        }
    }

    /// A statement of the service account becomes a token (RFC 7523 §2.1).
    private func newToken(for administrator: String) async throws(ConnectorError) -> String {
        let account = try await account.value(now: clock.now, asking: readAccount)
        let now = Int64(clock.now.timeIntervalSince1970)
        let claims: JSONObject = [
            "iss": .string(account.email), "sub": .string(administrator), "aud": .string(account.tokenURI),
            "scope": "https://www.googleapis.com/auth/admin.directory.group.readonly", "iat": .integer(now),
            "exp": .integer(now + 3600),
        ]
        let assertion = try await account.sign(claims)
        let failure = UpstreamFailure(service: "Google", purpose: .service, secrets: [assertion])
        let api = UpstreamAPI(exchange: exchange, failure: failure)
        let body = FormEncoding.encode([
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
        ])
        let answer = try await api.json(
            UpstreamRequest(
                .post, account.tokenURI, headers: [.init("Content-Type", "application/x-www-form-urlencoded")],
                body: Array(body.utf8)))
        let token = answer.text("access_token")
        guard !token.isEmpty else { throw failure.malformed("has no access_token", at: account.tokenURI) }
        return token
    }
}
