import Bytes
import FoundationEssentials
import JOSE

/// Everything that is checked of an authorization request, top to bottom in the order it happens (RFC 6749 §4.1.1, OpenID
/// Connect Core §3.1.2.2). The first two checks prove where an error may be sent; until then it is a page.
struct AuthorizationRequestValidator: Sendable {
    private let parts: ProviderParts

    init(_ parts: ProviderParts) {
        self.parts = parts
    }

    private static let longestState = 4096
    private static let longestHint = 320

    func validate(_ parameters: RequestParameters) async throws(AuthorizationFailure) -> (AuthorizationRequest, Client) {
        let client = try await provenClient(parameters)
        let redirectURI = try provenRedirectURI(parameters, of: client)
        let words = parameters.words("response_type")
        let type = ResponseType(words: words)
        let redirect = ProvenRedirect(
            client: client, redirectURI: redirectURI, mode: mode(parameters["response_mode"], for: type ?? .code),
            state: parameters["state"],
            issuer: parts.settings.issuer)
        do {
            return (try await request(parameters, type: type, redirect: redirect), client)
        } catch {
            throw .redirect(redirect.response(error))
        }
    }

    private func provenClient(_ parameters: RequestParameters) async throws(AuthorizationFailure) -> Client {
        if parameters.pairs.count(where: { $0.name.hasSameBytes(as: "client_id") }) > 1 {
            throw .page(PageError(.invalid, "The parameter client_id is there twice."))
        }
        guard let id = parameters["client_id"] else { throw .page(PageError(.invalid, "The parameter client_id is missing.")) }
        let client: Client?
        do { client = try await parts.clients.client(id: id) } catch {
            throw .page(PageError(error, doing: "find a client", toldTo: parts.events))
        }
        guard let client else { throw .page(PageError(.invalid, "Invalid client_id: no application of that id is registered.")) }
        return client
    }

    private func provenRedirectURI(_ parameters: RequestParameters, of client: Client) throws(AuthorizationFailure) -> String {
        if parameters.pairs.count(where: { $0.name.hasSameBytes(as: "redirect_uri") }) > 1 {
            throw .page(PageError(.invalid, "The parameter redirect_uri is there twice."))
        }
        guard let uri = parameters["redirect_uri"] else {
            throw .page(PageError(.invalid, "The parameter redirect_uri is missing."))
        }
        guard RedirectURIRule(client: client).accepts(uri) else {
            throw .page(PageError(.invalid, "Unregistered redirect_uri: it must be written exactly as it is registered."))
        }
        return uri
    }

    /// The mode that an answer would take; that `query` is refused for tokens is checked later, so errors use the fragment.
    private func mode(_ asked: String?, for type: ResponseType) -> ResponseMode {
        let standard: ResponseMode = type.isFrontChannel ? .fragment : .query
        guard let mode = asked.flatMap(ResponseMode.init) else { return standard }
        return mode == .query && type.isFrontChannel ? .fragment : mode
    }

    private func request(
        _ parameters: RequestParameters, type: ResponseType?, redirect: ProvenRedirect
    ) async throws(OAuthError) -> AuthorizationRequest {
        if let name = parameters.repeatedName { throw OAuthError(.invalidRequest, "The parameter '\(name)' is there twice.") }
        if parameters["request"] != nil { throw OAuthError(.requestNotSupported, "Request objects are not supported.") }
        if parameters["request_uri"] != nil { throw OAuthError(.requestURINotSupported, "Request URIs are not supported.") }
        if parameters["registration"] != nil {
            throw OAuthError(.registrationNotSupported, "The registration parameter is not supported.")
        }
        if let state = redirect.state, state.utf8.count > Self.longestState {
            throw OAuthError(.invalidRequest, "The state is longer than \(Self.longestState) bytes.")
        }
        let type = try allowed(type, parameters, redirect)
        try checkMode(parameters["response_mode"], for: type)
        let scopes = try await checkedScopes(parameters, type: type, client: redirect.client)
        let nonce = parameters["nonce"] ?? ""
        if type.contains(.idToken), nonce.isEmpty {
            throw OAuthError(.invalidRequest, "The parameter nonce is needed for an ID token from this endpoint.")
        }
        let challenge = try codeChallenge(parameters, client: redirect.client, type: type)
        let prompt = try promptValues(parameters)
        try checkMaximumAge(parameters["max_age"])
        let claims = try parameters["claims"].map { text throws(OAuthError) in try ClaimsRequest(parsing: text) }
        let hint = try await subject(ofHint: parameters["id_token_hint"])
        if let hint, let asked = claims?.subject, !hint.hasSameBytes(as: asked) {
            throw OAuthError(.invalidRequest, "The id_token_hint and the claims parameter name different subjects.")
        }
        if prompt.containsExactly("none"), !parts.settings.showsLoginOnPromptNone {
            throw OAuthError(.loginRequired, "Nobody is logged in, and prompt=none forbids to ask.")
        }
        return AuthorizationRequest(
            clientID: redirect.client.id, redirectURI: redirect.redirectURI, responseType: type, responseMode: redirect.mode,
            scopes: scopes,
            state: redirect.state, nonce: nonce, codeChallenge: challenge,
            forcesConsent: prompt.containsExactly("consent") || parameters["approval_prompt"]?.exact == "force",
            loginHint: parameters["login_hint"].flatMap { $0.utf8.count <= Self.longestHint ? $0 : nil },
            uiLocales: parameters.words("ui_locales"),
            expectedSubject: hint ?? claims?.subject, requestedClaims: claims?.names ?? [])
    }

    private func allowed(
        _ type: ResponseType?, _ parameters: RequestParameters, _ redirect: ProvenRedirect
    ) throws(OAuthError) -> ResponseType {
        guard let text = parameters["response_type"] else {
            throw OAuthError(.invalidRequest, "The parameter response_type is missing.")
        }
        if type == .token, ResponseType.token.isAllowed(by: parts.settings.responseTypes) {
            throw OAuthError(.invalidRequest, "The response type token needs id_token or code beside it.")
        }
        guard let type, parts.settings.offers(type) else {
            throw OAuthError(.unsupportedResponseType, "The response type '\(text)' is not offered.")
        }
        if redirect.redirectURI.hasSameBytes(as: RedirectURIRule.outOfBand), type != .code {
            throw OAuthError(.invalidRequest, "This redirect URI takes only the response type code.")
        }
        return type
    }

    private func checkMode(_ asked: String?, for type: ResponseType) throws(OAuthError) {
        guard let asked else { return }
        guard let mode = ResponseMode(rawValue: asked) else {
            throw OAuthError(.invalidRequest, "The response mode '\(asked)' is not offered.")
        }
        // OAuth 2.0 Multiple Response Types §5: tokens in a query end up in logs.
        if mode == .query, type.isFrontChannel {
            throw OAuthError(.invalidRequest, "The response mode query must not carry tokens.")
        }
    }

    private func checkedScopes(
        _ parameters: RequestParameters, type: ResponseType, client: Client
    ) async throws(OAuthError) -> [String] {
        let scopes = parameters.words("scope")
        try await ScopeRule(clients: parts.clients, events: parts.events).check(scopes, for: client)
        if type.contains(.idToken), !scopes.containsExactly("openid") {
            throw OAuthError(.invalidScope, "The scope openid is needed for an ID token.")
        }
        if scopes.isEmpty { throw OAuthError(.invalidScope, "The parameter scope is missing; ask for openid at least.") }
        return scopes
    }

    private func codeChallenge(
        _ parameters: RequestParameters, client: Client, type: ResponseType
    ) throws(OAuthError) -> CodeChallenge? {
        guard let text = parameters["code_challenge"] else {
            if parameters["code_challenge_method"] != nil {
                throw OAuthError(.invalidRequest, "The parameter code_challenge is missing.")
            }
            if type.contains(.code), requiresChallenge(client) {
                throw OAuthError(.invalidRequest, "PKCE is required: send code_challenge with code_challenge_method=S256.")
            }
            return nil
        }
        // RFC 7636 §4.3: a missing method means plain.
        let method = CodeChallenge.Method(rawValue: parameters["code_challenge_method"] ?? "plain")
        guard let method, parts.settings.codeChallengeMethods.contains(method) else {
            throw OAuthError(
                .invalidRequest,
                "The code_challenge_method must be one of: \(parts.settings.codeChallengeMethods.map(\.rawValue).joined(separator: ", "))."
            )
        }
        guard let challenge = CodeChallenge(text, method: method) else {
            throw OAuthError(.invalidRequest, "The code_challenge must be 43 to 128 unreserved characters.")
        }
        return challenge
    }

    private func requiresChallenge(_ client: Client) -> Bool {
        switch parts.settings.codeChallengeRequirement {
        case .everyClient: true
        case .publicClients: client.isPublic
        case .nobody: false
        }
    }

    private func promptValues(_ parameters: RequestParameters) throws(OAuthError) -> [String] {
        let prompt = parameters.words("prompt")
        if let unknown = prompt.first(where: { !["none", "login", "consent", "select_account"].containsExactly($0) }) {
            throw OAuthError(.invalidRequest, "The prompt '\(unknown)' is not known.")
        }
        if prompt.containsExactly("none"), prompt.count > 1 { throw OAuthError(.invalidRequest, "prompt=none must stand alone.") }
        return prompt
    }

    /// Every sign-in is a fresh one, so that any age is met; what is not a number is still refused.
    private func checkMaximumAge(_ text: String?) throws(OAuthError) {
        guard let text else { return }
        guard let age = Int(text), age >= 0 else { throw OAuthError(.invalidRequest, "The max_age must be a number of seconds.") }
    }

    private func subject(ofHint hint: String?) async throws(OAuthError) -> String? {
        guard let hint else { return nil }
        guard let claims = await parts.verifier.hint(hint), let subject = claims.subject else {
            throw OAuthError(.invalidRequest, "The id_token_hint is not an ID token of this issuer.")
        }
        return subject
    }
}
