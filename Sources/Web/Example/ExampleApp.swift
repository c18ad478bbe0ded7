import Bytes
import HTTPTypes
public import JOSE
public import OpenIDConnect
import Pages

/// The small application of `dextra dev`: signs in at this provider by the code flow with PKCE, and shows what it got.
///
/// It calls the token endpoint's rules directly, as an application would call its address.
public struct ExampleApp: Sendable {
    public static let path = "/example"

    private let clientID: String
    private let clientSecret: String
    private let issuer: String
    private let origin: String
    private let endpoint: TokenEndpoint
    private let context: RouteContext
    private let random: any RandomSource

    /// - Parameter origin: scheme, host and port that browsers reach this server at.
    public init(
        clientID: String, clientSecret: String, issuer: String, origin: String, endpoint: TokenEndpoint, context: RouteContext,
        random: any RandomSource
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.issuer = issuer
        self.origin = origin
        self.endpoint = endpoint
        self.context = context
        self.random = random
    }

    private var redirectURI: String { origin + Self.path + "/callback" }
    private static let cookie = "dextra-example"

    public var routes: [Route] {
        [
            Route([.get], Self.path, name: Self.path, audience: .people) { request in page(nil, nil, request) },
            Route([.get], Self.path + "/start", name: Self.path + "/start", audience: .people, handle: start),
            Route([.get], Self.path + "/callback", name: Self.path + "/callback", audience: .people, handle: callback),
            Route([.post], Self.path + "/refresh", name: Self.path + "/refresh", audience: .people, handle: refresh),
        ]
    }

    /// State and verifier of this sign-in wait in a cookie of the browser: the application keeps nothing either.
    private func start(_ request: WebRequest) async throws -> WebResponse {
        let state = Base64URL.encode(random.bytes(16))
        let nonce = Base64URL.encode(random.bytes(16))
        let verifier = Base64URL.encode(random.bytes(32))
        let challenge = Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8)))
        let parameters = [
            ("client_id", clientID), ("redirect_uri", redirectURI), ("response_type", "code"),
            ("scope", "openid email profile groups offline_access"), ("state", state), ("nonce", nonce),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
        let query = parameters.map { $0.0 + "=" + PercentEncoding.encode($0.1) }.joined(separator: "&")
        var response = WebResponse.redirect(issuer + "/auth?" + query, status: .found)
        response.set(
            try SetCookie(
                name: Self.cookie, value: "\(state).\(nonce).\(verifier)", path: Self.path, maxAge: 600, secure: context.isSecure)
        )
        return response
    }

    private func callback(_ request: WebRequest) async throws -> WebResponse {
        let query = try FormFields(parsing: request.rawQuery)
        if let error = query["error"] { return page(nil, .init(code: error, description: query["error_description"]), request) }
        let parts = request.cookie(Self.cookie)?.fields(at: ".").map(String.init) ?? []
        guard parts.count == 3, query["state"]?.exact == parts[0].exact, query["iss"]?.exact == issuer.exact,
            let code = query["code"]
        else {
            return page(
                nil,
                .init(
                    code: "invalid_state", description: "This sign-in was not started in this browser, or it was too long ago."),
                request)
        }
        var response = await exchange(
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI), ("code_verifier", parts[2])],
            request)
        response.set(try SetCookie(name: Self.cookie, value: "", path: Self.path, maxAge: 0, secure: context.isSecure))
        return response
    }

    private func refresh(_ request: WebRequest) async throws -> WebResponse {
        let form = try FormFields(parsing: request.body)
        return await exchange([("grant_type", "refresh_token"), ("refresh_token", form["refresh_token"] ?? "")], request)
    }

    private func exchange(_ parameters: [(name: String, value: String)], _ request: WebRequest) async -> WebResponse {
        let credentials: [(name: String, value: String)] = [("client_id", clientID), ("client_secret", clientSecret)]
        do throws(OAuthError) {
            let answer = try await endpoint.answer(
                TokenRequest(parameters: RequestParameters(parameters + credentials), authorization: nil))
            return page(Self.session(answer.json), nil, request)
        } catch {
            return page(nil, .init(code: error.code.rawValue, description: error.description), request)
        }
    }

    private static func session(_ answer: JSON) -> ExampleAppPage.Session? {
        guard let idToken = answer["id_token"]?.string else { return nil }
        let parts = idToken.fields(at: ".")
        guard parts.count == 3, let header = json(parts[0]), let payload = json(parts[1]) else { return nil }
        return .init(
            claims: (payload.object?.members ?? []).map { claim in
                .init(name: claim.name, value: claim.value.string ?? String(decoding: claim.value.serialized(), as: UTF8.self))
            },
            decodedHeader: text(header), decodedPayload: text(payload), idToken: idToken,
            accessToken: answer["access_token"]?.string,
            refreshToken: answer["refresh_token"]?.string, expiresIn: answer["expires_in"]?.integer.map { Int($0) },
            refreshURL: Self.path + "/refresh")
    }

    private static func json(_ part: Substring) -> JSON? {
        (try? Base64URL.decode(part)).flatMap { try? JSON(parsing: $0) }
    }

    private static func text(_ json: JSON) -> String {
        String(decoding: json.serialized(indent: 2), as: UTF8.self)
    }

    private func page(
        _ session: ExampleAppPage.Session?, _ failure: ExampleAppPage.Failure?, _ request: WebRequest
    ) -> WebResponse {
        context.page(
            context.pages.exampleApp(
                ExampleAppPage(startURL: Self.path + "/start", session: session, failure: failure),
                language: context.language(of: request)))
    }
}
