import Bytes
public import FoundationEssentials
public import JOSE

/// An OpenID Connect provider that we trust: what it says of itself, and its keys, both fetched when they are needed first
/// and kept. One that is down now is asked again the next time.
public final class RemoteProvider: Sendable {
    private let documents: CachedDocument<ProviderMetadata>
    private let keys: CachedDocument<[VerificationKey]>
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - issuer: whose `/.well-known/openid-configuration` is fetched.
    ///   - alias: what it must call itself there and in its tokens, where that is not `issuer`.
    ///   - keyPause: seconds between two fetches of the keys because of a `kid` that is not among them.
    public init(
        issuer: String, alias: String? = nil, overrides: EndpointOverrides = EndpointOverrides(), http: any HTTPExchange,
        keyPause: Double = 10, now: @escaping @Sendable () -> Date
    ) {
        self.now = now
        let url = DiscoveryDocument.url(of: issuer)
        let allowsPlain = !(UpstreamURL(issuer)?.isSecure ?? true)
        let documents = CachedDocument<ProviderMetadata>(pause: 10, now: now) {
            await Self.outcome { () async throws(RelyingPartyError) in
                let (json, life) = try await JSONDocument.fetch(url, http, now)
                let metadata = try ProviderMetadata(
                    json, issuer: alias ?? issuer, allowsPlain: allowsPlain, overrides: overrides)
                return .init(value: metadata, life: life)
            }
        }
        self.documents = documents
        keys = CachedDocument(pause: keyPause, now: now) {
            await Self.outcome { () async throws(RelyingPartyError) in
                let url = try await documents.current().value.keysURL
                let (json, life) = try await JSONDocument.fetch(url, http, now)
                let set: JWKSet
                do { set = try JWKSet(json) } catch { throw .invalid("\(url) is no set of keys (\(error))") }
                return .init(value: set.verificationKeys, life: life)
            }
        }
    }

    /// Fetches everything again now that is known already. What is known stays in use where that fails.
    public func renew() async {
        if documents.known != nil { await documents.renew() }
        if keys.known != nil { await keys.renew() }
    }

    /// Why the last fetch brought nothing, while what was fetched before is still used; nil if all is well.
    public var concern: RelyingPartyError? {
        documents.known == nil ? nil : documents.failure ?? (keys.known == nil ? nil : keys.failure)
    }

    public func metadata() async throws(RelyingPartyError) -> ProviderMetadata {
        try await documents.current().value
    }

    /// Checks a signature by one of the provider's keys. A `kid` that is not known yet may be of a new key.
    public func verify(_ token: String) async throws(IDTokenError) -> VerifiedJWS {
        let parsed: UnverifiedJWS
        do { parsed = try UnverifiedJWS(parsing: token) } catch { throw .signature(error) }
        let algorithms = try await known { () async throws(RelyingPartyError) in try await metadata().signatureAlgorithms }
        guard !algorithms.isEmpty else { throw .noAcceptableAlgorithm }
        let present = try await known { () async throws(RelyingPartyError) in try await keys.current() }
        do throws(JWSError) { return try parsed.verified(by: present.value, algorithms: algorithms) } catch {
            guard case .unknownKey = error,
                let later = try await known({ () async throws(RelyingPartyError) in try await keys.later(than: present.number) })
            else { throw .signature(error) }
            do throws(JWSError) { return try parsed.verified(by: later.value, algorithms: algorithms) } catch {
                throw .signature(error)
            }
        }
    }

    /// Checks an ID token: the signature, then the claims.
    /// - Returns: the claims.
    public func verify(_ token: String, _ rules: IDTokenRules) async throws(IDTokenError) -> JSONObject {
        try rules.check(try await verify(token), now: now())
    }

    private func known<Value>(_ ask: () async throws(RelyingPartyError) -> Value) async throws(IDTokenError) -> Value {
        do { return try await ask() } catch { throw .unavailable(error) }
    }

    private static func outcome<Value>(
        _ body: () async throws(RelyingPartyError) -> Value
    ) async -> Result<Value, RelyingPartyError> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
