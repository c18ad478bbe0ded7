import Bytes
import JOSE
import OpenIDConnect
import Synchronization

/// Asks a provider's token endpoint, and proves who we are (RFC 6749 §2.3.1).
public final class TokenEndpointClient: Sendable {
    public typealias Fields = [(name: String, value: String)]

    /// What came back.
    public struct Tokens: Sendable {
        public let accessToken: String
        public let idToken: String?
        public let refreshToken: String?
    }

    /// Who we are there.
    public struct Credentials: Sendable {
        public var issuer: String
        public var clientID: String
        /// Nil: a public client.
        public var clientSecret: String?
        /// Nil: as the provider's discovery document says.
        public var sendsSecretInForm: Bool?

        public init(issuer: String, clientID: String, clientSecret: String?, sendsSecretInForm: Bool? = nil) {
            self.issuer = issuer
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.sendsSecretInForm = sendsSecretInForm
        }
    }

    /// Which of the two ways to send the secret.
    enum Placement: Sendable, Hashable { case header, form }

    /// Why there are no tokens.
    public enum Failure: Error, Sendable {
        case exchange(UpstreamError)
        /// `error` of RFC 6749 §5.2 with its description, made harmless.
        case refused(code: String, String)
        /// The provider does not know us, or has trouble of its own: not a word about the person.
        case unusable(String)
    }

    private let settings: Credentials
    private let http: any HTTPExchange
    /// What has worked where the provider had not said what would.
    private let learned = Mutex<Placement?>(nil)

    public init(_ credentials: Credentials, http: any HTTPExchange) {
        settings = credentials
        self.http = http
    }

    public func tokens(_ fields: Fields, at metadata: ProviderMetadata) async throws(Failure) -> Tokens {
        guard let secret = settings.clientSecret else {
            return try await ask(fields + [("client_id", settings.clientID)], nil, metadata.tokenEndpoint)
        }
        let (placement, isCertain) = placement(metadata)
        do throws(Failure) {
            return try await ask(fields, secret, placement, metadata)
        } catch {
            guard case .refused(code: "invalid_client", _) = error, !isCertain else { throw error }
            // A client that was not recognized has used up nothing (RFC 6749 §5.2).
            let other: Placement = placement == .header ? .form : .header
            let tokens = try await ask(fields, secret, other, metadata)
            learned.withLock { $0 = other }
            return tokens
        }
    }

    // MARK: The secret

    private func placement(_ metadata: ProviderMetadata) -> (Placement, isCertain: Bool) {
        if let sendsInForm = settings.sendsSecretInForm { return (sendsInForm ? .form : .header, true) }
        if Self.takesForms(UpstreamURL(settings.issuer)?.host ?? "") { return (.form, true) }
        if let learned = learned.withLock({ $0 }) { return (learned, true) }
        let methods = metadata.clientAuthenticationMethods
        if methods.containsExactly("client_secret_basic") { return (.header, false) }
        return (methods.containsExactly("client_secret_post") ? .form : .header, false)
    }

    /// Dex knows these providers.
    private static func takesForms(_ host: String) -> Bool {
        ["okta.com", "oktapreview.com"].contains { host.hasSameBytes(as: $0) || host.endsWithBytes(of: "." + $0) }
    }

    private func ask(
        _ fields: Fields, _ secret: String, _ placement: Placement, _ metadata: ProviderMetadata
    ) async throws(Failure) -> Tokens {
        switch placement {
        case .header:
            // Each half is form-encoded first, so that a colon in it is no separator.
            let pair = PercentEncoding.encode(settings.clientID) + ":" + PercentEncoding.encode(secret)
            return try await ask(fields, "Basic " + Base64.encode(pair.utf8), metadata.tokenEndpoint)
        case .form:
            return try await ask(
                fields + [("client_id", settings.clientID), ("client_secret", secret)], nil, metadata.tokenEndpoint)
        }
    }

    // MARK: The exchange

    private func ask(_ fields: Fields, _ authorization: String?, _ url: String) async throws(Failure) -> Tokens {
        let body = fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
        var request = UpstreamRequest(
            .post, url,
            headers: [.init("Content-Type", "application/x-www-form-urlencoded"), .init("Accept", "application/json")],
            body: Array(body.utf8))
        if let authorization { request.headers.append(.init("Authorization", authorization)) }
        let response: UpstreamResponse
        do { response = try await http.send(request) } catch { throw .exchange(error) }
        let object = (try? JSON(parsing: response.body))?.object
        guard response.isSuccess else { throw Self.failure(response, object) }
        guard let object, let accessToken = object["access_token"]?.string else {
            throw .unusable("the token endpoint answered without an access token")
        }
        guard object["token_type"]?.string.map({ $0.hasSameBytesFoldingASCII(as: "bearer") }) ?? true else {
            throw .unusable("the token endpoint gave a token that is not of the type Bearer")
        }
        return Tokens(
            accessToken: accessToken, idToken: object["id_token"]?.string,
            refreshToken: object["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : $0 })
    }

    private static func failure(_ response: UpstreamResponse, _ object: JSONObject?) -> Failure {
        let code = object?["error"]?.string ?? ""
        if response.status == 401 || code == "invalid_client" {
            return .refused(code: "invalid_client", "the provider does not accept clientID and clientSecret")
        }
        guard response.status == 400 || response.status == 403, !code.isEmpty else {
            return .unusable("the token endpoint answered with status \(response.status)")
        }
        return .refused(code: code, ForeignText.clean(code, object?["error_description"]?.string))
    }
}

/// Texts of a stranger in messages for operators.
public enum ForeignText {
    /// `code: description`, short and without control characters.
    /// - Parameter most: code points.
    public static func clean(_ code: String, _ description: String?, most: Int = 300) -> String {
        let text = description.map { "\(code): \($0)" } ?? code
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(most) {
            clean.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(clean)
    }
}
