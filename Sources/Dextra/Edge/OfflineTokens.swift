import Bytes
import DexConfiguration
public import Edge
import JOSE
public import OpenIDConnect
import Upstream

/// Looks at tokens as the edge of a configuration does, and asks nobody: for `dextra policy explain`.
public struct OfflineTokens: Sendable {
    public enum Finding: Sendable {
        /// Signature, times and revocations were looked at.
        case identity(EdgeIdentity)
        case refused(reason: String)
        /// The signature cannot be checked here.
        case unchecked(reason: String)
    }

    /// This provider's own keys and revocations, as its database has them.
    public struct Own: Sendable {
        let ring: KeyRing
        let revocations = RevocationList()

        /// - Throws: ``StartError`` when there is no key.
        public init(_ stored: [StoredSigningKey], _ revoked: [Revocation], tokenLifetime: Duration) throws(StartError) {
            let now = SystemClock().now
            let published = KeySchedule(rotationPeriod: nil, tokenLifetime: tokenLifetime).published(of: stored, at: now)
            let keys = published.compactMap { record -> VerificationKey? in
                // Of keys in files the database has the public halves.
                let key = (try? PublicKey(pem: record.privateKeyPEM)) ?? (try? PrivateKey(pem: record.privateKeyPEM))?.publicKey
                return key.map {
                    VerificationKey(keyID: record.keyID, algorithms: [record.algorithm], material: .public($0))
                }
            }
            guard !keys.isEmpty else { throw StartError("there are no keys in the database yet") }
            ring = KeyRing()
            ring.replace(KeyRing.Keys(signing: [], verification: keys, algorithms: [], document: [], activeSince: now))
            revocations.add(revoked, now: now)
        }
    }

    private let issuers: [TrustedIssuer]
    /// Why there are no keys for ``TrustedIssuer/Keys/ours``; nil: there are.
    private let noOwnKeys: String?
    private let anywhere: TokenAuthenticator
    private let inPlace: TokenAuthenticator

    /// - Throws: ``StartError`` for keys that cannot be used.
    public init(issuers: [TrustedIssuer], own: Result<Own, StartError>) throws(StartError) {
        self.issuers = issuers
        var provider: TokenAuthenticator.Provider?
        switch own {
        case .success(let own):
            provider = .init(ring: own.ring, revocations: own.revocations)
            noOwnKeys = nil
        case .failure(let error): noOwnKeys = error.description
        }
        var checked: [TrustedIssuer] = []
        for var issuer in issuers where Self.obstacle(issuer, noOwnKeys: noOwnKeys) == nil {
            issuer.introspection = nil
            checked.append(issuer)
        }
        inPlace = try Self.authenticator(checked, provider)
        anywhere = try Self.authenticator(
            checked.map { issuer in
                var issuer = issuer
                issuer.locations = [TrustedIssuer.authorization]
                return issuer
            }, provider)
    }

    private static func authenticator(
        _ issuers: [TrustedIssuer], _ provider: TokenAuthenticator.Provider?
    ) throws(StartError) -> TokenAuthenticator {
        do throws(TrustedIssuerError) {
            // Nobody is asked: these issuers have their keys with them.
            return try TokenAuthenticator(issuers: issuers, provider: provider, clock: SystemClock(), log: Silence()) { _ in
                UpstreamClient(UpstreamSettings())
            }
        } catch {
            throw StartError("edge: \(error)")
        }
    }

    private struct Silence: IdentityLog {
        func record(_ event: IdentityEvent) {}
    }

    /// - Parameter request: where the token stands; nil: it was told beside the request, and would stand wherever it may.
    public func look(at token: String, in request: EdgeRequest?) async -> Finding {
        guard !issuers.isEmpty else { return .refused(reason: "no issuer is trusted (edge.issuers)") }
        guard let parsed = try? UnverifiedJWS(parsing: token), let claims = (try? JSON(parsing: parsed.payload))?.object else {
            guard let asked = issuers.first(where: { $0.introspection != nil }) else {
                return .refused(reason: "the token is not a signed JWT")
            }
            return .refused(reason: "it is not a signed JWT, and \(asked.issuer) is not asked about it here")
        }
        let named = issuers.filter { $0.issuer.exact == claims["iss"]?.string?.exact }
        guard !named.isEmpty else { return .refused(reason: "its issuer is not trusted") }
        let obstacles = named.compactMap { Self.obstacle($0, noOwnKeys: noOwnKeys) }
        if obstacles.count < named.count {
            let judge = request == nil ? anywhere : inPlace
            switch await judge.authenticate(.bearer(token), for: request ?? EdgeRequest(host: "")) {
            case .identity(let identity), .renewed(let identity, _): return .identity(identity)
            case .invalid(let reason), .unavailable(let reason):
                if obstacles.isEmpty { return .refused(reason: reason) }
            }
        }
        return .unchecked(reason: obstacles[0])
    }

    /// Why an issuer's signatures cannot be checked here; nil: they can.
    private static func obstacle(_ issuer: TrustedIssuer, noOwnKeys: String?) -> String? {
        switch issuer.keys {
        case .ours: noOwnKeys
        case .inline: nil
        case .discovery: "the keys of \(issuer.issuer) are at its server, which is not asked"
        case .url(let url): "the keys of \(issuer.issuer) are at \(url), which is not asked"
        }
    }
}
