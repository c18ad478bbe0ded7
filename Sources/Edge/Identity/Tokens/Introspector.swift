import JOSE
import OpenIDConnect
import Upstream

/// Asks an authorization server about a token (RFC 7662).
final class Introspector: Sendable {
    private let settings: TrustedIssuer.Introspection
    private let issuer: String
    private let discovery: RemoteKeys?
    private let http: any HTTPExchange
    private let asking: Admission

    /// - Parameters:
    ///   - discovery: tells the address if the settings do not.
    ///   - limit: questions at once.
    init(
        _ settings: TrustedIssuer.Introspection, issuer: String, discovery: RemoteKeys?, http: any HTTPExchange, limit: Int
    ) {
        self.settings = settings
        self.issuer = issuer
        self.discovery = discovery
        self.http = http
        asking = Admission(limit: limit)
    }

    /// What the server says of an active token; `iss` is there in any case.
    func claims(of token: String) async throws(TokenRefusal) -> JSONObject {
        guard asking.enter() else { throw .overloaded }
        defer { asking.leave() }
        let url = try await address()
        let response: UpstreamResponse
        do {
            response = try await http.send(
                UpstreamRequest(
                    .post, url,
                    headers: [
                        .init("Content-Type", "application/x-www-form-urlencoded"), .init("Accept", "application/json"),
                        .init("Authorization", "Basic " + Base64.encode(Array(credentials.utf8))),
                    ], body: Array("token=\(PercentEncoding.encode(token))&token_type_hint=access_token".utf8)))
        } catch {
            throw .unavailable("the introspection endpoint of \(issuer) cannot be asked: \(error)")
        }
        guard response.status == 200 else {
            throw .unavailable("the introspection endpoint of \(issuer) answered with status \(response.status)")
        }
        guard var answer = (try? JSON(parsing: response.body))?.object, let isActive = answer["active"]?.bool else {
            throw .unavailable("the introspection endpoint of \(issuer) did not answer as RFC 7662 says")
        }
        guard isActive else { throw .invalidForNow("the token is not active") }
        if let named = answer["iss"], !named.isNull {
            guard let name = named.string, name.utf8.elementsEqual(issuer.utf8) else {
                throw .invalidForNow("the token's issuer is not trusted here")
            }
        } else {
            answer["iss"] = .string(issuer)
        }
        answer["active"] = nil
        return answer
    }

    /// RFC 6749 §2.3.1: both parts are form-encoded first.
    private var credentials: String {
        PercentEncoding.encode(settings.clientID) + ":" + PercentEncoding.encode(settings.clientSecret)
    }

    private func address() async throws(TokenRefusal) -> String {
        if let url = settings.url { return url }
        guard let discovery else { throw .unavailable("no introspection endpoint of \(issuer) is configured") }
        do { return try await discovery.introspectionURL() } catch { throw .unavailable("\(error)") }
    }
}
