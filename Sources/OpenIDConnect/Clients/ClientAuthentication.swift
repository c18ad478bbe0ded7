import FoundationEssentials
import JOSE

/// Who is asking, at every endpoint that clients call (OpenID Connect Core §9, RFC 7523).
public struct ClientAuthentication: Sendable {
    let clients: ClientDirectory
    let assertions: any AssertionStore
    let issuer: String
    let clock: any WallClock

    public init(clients: ClientDirectory, assertions: any AssertionStore, issuer: String, clock: any WallClock) {
        self.clients = clients
        self.assertions = assertions
        self.issuer = issuer
        self.clock = clock
    }

    /// The same words for an unknown client and a wrong secret.
    private static let refused = OAuthError(.invalidClient, "The client is unknown or its authentication is wrong.")

    /// - Throws: `invalid_client` whatever is wrong with the credentials, `invalid_request` when they are malformed.
    func authenticate(authorization: String?, parameters: RequestParameters) async throws(OAuthError) -> Client {
        switch try ClientCredentials(authorization: authorization, parameters: parameters) {
        case .basic(let id, let secret): try await bySecret(id, secret, .basic)
        case .post(let id, let secret): try await bySecret(id, secret, .post)
        case .none(let id): try await byNothing(id)
        case .assertion(let assertion, let id): try await byAssertion(assertion, id)
        }
    }

    private func find(_ id: String) async throws(OAuthError) -> Client? {
        do { return try await clients.client(id: id) } catch { throw OAuthError(error) }
    }

    private func bySecret(_ id: String, _ secret: String, _ method: ClientAuthenticationMethod) async throws(OAuthError) -> Client
    {
        let client = try await find(id)
        // An unknown client costs the same comparison, and a public one without secret matches only the empty one.
        let matches = (client?.secret ?? .plain("")).matches(secret)
        guard let client, matches, client.secret != nil || client.isPublic, client.allows(method) else { throw Self.refused }
        return client
    }

    private func byNothing(_ id: String) async throws(OAuthError) -> Client {
        guard let client = try await find(id), client.isPublic, client.secret == nil || client.secret == .plain(""),
            client.allows(.none)
        else { throw Self.refused }
        return client
    }

    private func byAssertion(_ assertion: String, _ id: String?) async throws(OAuthError) -> Client {
        // The issuer is read before the signature is checked only to know whose keys to check it with.
        guard let claimed = JWTClaims(unverified: assertion)?.issuer, id == nil || id == claimed,
            let client = try await find(claimed)
        else { throw Self.refused }
        let claims = try verified(assertion, of: client)
        let now = clock.now.timeIntervalSince1970
        guard claims.issuer == client.id, claims.subject == client.id,
            claims.audience.contains(where: { $0 == issuer || $0 == issuer + "/token" }),
            let expiry = claims.expiry, now < Double(expiry) + Self.leeway, Double(expiry) < now + Self.longestLife,
            claims.notBefore.map({ Double($0) <= now + Self.leeway }) ?? true,
            claims.issuedAt.map({ Double($0) <= now + Self.leeway }) ?? true,
            let tokenID = claims.tokenID, !tokenID.isEmpty
        else { throw Self.refused }
        let key = HashAlgorithm.sha256.hash(Array("\(client.id)\n\(tokenID)".utf8))
        let isNew: Bool
        do {
            isNew = try await assertions.use(assertion: key, until: Date(timeIntervalSince1970: Double(expiry) + Self.leeway))
        } catch { throw OAuthError(error) }
        guard isNew else { throw Self.refused }
        return client
    }

    private static let leeway = 60.0
    private static let longestLife = 3600.0

    private func verified(_ assertion: String, of client: Client) throws(OAuthError) -> JWTClaims {
        var keys: [VerificationKey] = []
        if client.allows(.privateKeyJWT), let text = client.keys, let json = try? JSON(parsing: Array(text.utf8)),
            let set = try? JWKSet(json)
        {
            keys += set.verificationKeys
        }
        if client.allows(.secretJWT), case .plain(let secret) = client.secret, !secret.isEmpty {
            keys.append(
                VerificationKey(keyID: nil, algorithms: [.HS256, .HS384, .HS512], material: .symmetric(Array(secret.utf8))))
        }
        guard !keys.isEmpty,
            let jws = try? JWS.verify(assertion, keys: keys, algorithms: Set(SignatureAlgorithm.allCases)),
            let claims = JWTClaims(payload: jws.payload)
        else { throw Self.refused }
        return claims
    }
}

extension Client {
    /// Without a method of its own a client may use Basic, post or, if public, none, as in Dex; a client with registered
    /// keys may use them, and one with a readable secret may sign with it.
    func allows(_ method: ClientAuthenticationMethod) -> Bool {
        guard let own = authenticationMethod else {
            return method != .privateKeyJWT || keys != nil
        }
        return own == method
    }
}
