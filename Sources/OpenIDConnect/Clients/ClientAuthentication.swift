import Bytes
import FoundationEssentials
import JOSE

/// Who is asking, at every endpoint that clients call (OpenID Connect Core §9, RFC 7523).
public struct ClientAuthentication: Sendable {
    let clients: ClientDirectory
    let assertions: any AssertionStore
    let issuer: String
    let clock: any WallClock
    let events: any EventLog

    public init(
        clients: ClientDirectory, assertions: any AssertionStore, issuer: String, clock: any WallClock, events: any EventLog
    ) {
        self.clients = clients
        self.assertions = assertions
        self.issuer = issuer
        self.clock = clock
        self.events = events
    }

    private enum Failure: Error {
        case refused(ClientAuthenticationFailure)
        /// What the caller is told is no word on the credentials.
        case other(OAuthError)
    }

    /// The same words for an unknown client and a wrong secret.
    private static let refused = OAuthError(.invalidClient, "The client is unknown or its authentication is wrong.")

    /// More of what somebody calls themselves is not logged.
    private static let longestLoggedID = 256

    /// A refusal is recorded here, whatever endpoint was called.
    /// - Throws: `invalid_client` whatever is wrong with the credentials, `invalid_request` when they are malformed.
    func authenticate(authorization: String?, parameters: RequestParameters) async throws(OAuthError) -> Client {
        let credentials: ClientCredentials
        do { credentials = try ClientCredentials(authorization: authorization, parameters: parameters) } catch {
            record(.malformed, ClientCredentials.claimedID(authorization: authorization, parameters: parameters))
            throw error
        }
        do {
            return switch credentials {
            case .basic(let id, let secret): try await bySecret(id, secret, .basic)
            case .post(let id, let secret): try await bySecret(id, secret, .post)
            case .none(let id): try await byNothing(id)
            case .assertion(let assertion, let id): try await byAssertion(assertion, id)
            }
        } catch {
            switch error {
            case .other(let error): throw error
            case .refused(let reason):
                record(reason, ClientCredentials.claimedID(authorization: authorization, parameters: parameters))
                throw Self.refused
            }
        }
    }

    private func record(_ reason: ClientAuthenticationFailure, _ id: String) {
        let shown = String(decoding: id.utf8.prefix(Self.longestLoggedID), as: UTF8.self)
        events.record(.clientAuthenticationFailed(clientID: shown, reason: reason))
    }

    private func find(_ id: String) async throws(Failure) -> Client? {
        do { return try await clients.client(id: id) } catch {
            throw .other(OAuthError(error, doing: "find a client", toldTo: events))
        }
    }

    private func bySecret(_ id: String, _ secret: String, _ method: ClientAuthenticationMethod) async throws(Failure) -> Client {
        let client = try await find(id)
        // An unknown client costs the same comparison, and a public one without secret matches only the empty one.
        let matches = (client?.secret ?? .plain("")).matches(secret)
        guard let client else { throw .refused(.unknownClient) }
        guard matches, client.secret != nil || client.isPublic else { throw .refused(.wrongSecret) }
        guard client.allows(method) else { throw .refused(.wrongMethod) }
        return client
    }

    private func byNothing(_ id: String) async throws(Failure) -> Client {
        guard let client = try await find(id) else { throw .refused(.unknownClient) }
        guard client.isPublic, client.secret == nil || client.secret == .plain(""), client.allows(.none) else {
            throw .refused(.wrongMethod)
        }
        return client
    }

    private func byAssertion(_ assertion: String, _ id: String?) async throws(Failure) -> Client {
        // The issuer is read before the signature is checked only to know whose keys to check it with.
        guard let claimed = JWTClaims(unverified: assertion)?.issuer, id.map({ $0.hasSameBytes(as: claimed) }) ?? true else {
            throw .refused(.wrongAssertion)
        }
        guard let client = try await find(claimed) else { throw .refused(.unknownClient) }
        let claims = try verified(assertion, of: client)
        let now = clock.now.timeIntervalSince1970
        guard let issuer = claims.issuer, issuer.hasSameBytes(as: client.id), let subject = claims.subject,
            subject.hasSameBytes(as: client.id), isForUs(claims), let expiry = claims.expiry,
            now < Double(expiry) + Self.leeway, Double(expiry) < now + Self.longestLife,
            claims.notBefore.map({ Double($0) <= now + Self.leeway }) ?? true,
            claims.issuedAt.map({ Double($0) <= now + Self.leeway }) ?? true,
            let tokenID = claims.tokenID, !tokenID.isEmpty
        else { throw .refused(.wrongAssertion) }
        let key = HashAlgorithm.sha256.hash(Array("\(client.id)\n\(tokenID)".utf8))
        let isNew: Bool
        do {
            isNew = try await assertions.use(assertion: key, until: Date(timeIntervalSince1970: Double(expiry) + Self.leeway))
        } catch {
            throw .other(OAuthError(error, doing: "remember a client's assertion", toldTo: events))
        }
        guard isNew else { throw .refused(.usedAssertion) }
        return client
    }

    /// Whether the assertion is meant for this provider and for nobody else: another one that it is meant for could present it
    /// here as its own (RFC 7523 §3 and its security advisory of 2025).
    private func isForUs(_ claims: JWTClaims) -> Bool {
        guard let audience = claims.statedAudience, !audience.isEmpty else { return false }
        return audience.allSatisfy { $0.hasSameBytes(as: issuer) || $0.hasSameBytes(as: issuer + "/token") }
    }

    private static let leeway = 60.0
    private static let longestLife = 3600.0

    private func verified(_ assertion: String, of client: Client) throws(Failure) -> JWTClaims {
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
        guard !keys.isEmpty else { throw .refused(.wrongMethod) }
        guard let jws = try? JWS.verify(assertion, keys: keys, algorithms: Set(SignatureAlgorithm.allCases)),
            let claims = JWTClaims(payload: jws.payload)
        else { throw .refused(.wrongAssertion) }
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
