import Bytes
public import FoundationEssentials
public import JOSE

/// The keys of somebody whose tokens are believed, without being a client there: fetched once for all who wait, again before
/// their life ends, and at most once in a pause because of a key that is not among them.
public final class RemoteKeys: Sendable {
    public enum Source: Sendable, Hashable {
        /// `jwks_uri` of the document at the issuer's `/.well-known/openid-configuration`.
        case discovery
        case url(String)
    }

    /// Keys, and the number of the fetch that brought them.
    public struct Current: Sendable {
        public let keys: [VerificationKey]
        public let number: Int
    }

    /// What the discovery document says, as far as it matters to somebody who only checks tokens: the issuers of service account
    /// tokens have no other endpoints.
    private struct Metadata: Sendable {
        let keysURL: String
        let introspectionURL: String?
    }

    private let issuer: String
    private let documents: CachedDocument<Metadata>
    private let keys: CachedDocument<[VerificationKey]>
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - issuer: what the discovery document must say, byte by byte.
    ///   - pause: seconds between two fetches because of an unknown key, and between two attempts at a server that fails.
    ///   - onFetch: told of each fetch of the keys, after they are in use.
    public init(
        issuer: String, source: Source, http: any HTTPExchange, pause: Double = 10, now: @escaping @Sendable () -> Date,
        onFetch: @escaping @Sendable (Result<[VerificationKey], RelyingPartyError>) -> Void = { _ in }
    ) {
        self.issuer = issuer
        self.now = now
        let documents = CachedDocument<Metadata>(pause: pause, failurePause: pause, now: now) {
            await Self.outcome { () async throws(RelyingPartyError) in
                let (json, life) = try await JSONDocument.fetch(DiscoveryDocument.url(of: issuer), http, now)
                return .init(value: try Self.metadata(json, issuer: issuer), life: life)
            }
        }
        self.documents = documents
        keys = CachedDocument(
            pause: pause, failurePause: pause, now: now, onOutcome: { onFetch($0.map(\.value)) }
        ) {
            await Self.outcome { () async throws(RelyingPartyError) in
                let url =
                    switch source {
                    case .discovery: try await documents.current().value.keysURL
                    case .url(let url): url
                    }
                let (json, life) = try await JSONDocument.fetch(url, http, now)
                let set: JWKSet
                do { set = try JWKSet(json) } catch { throw .invalid("\(url) is no set of keys (\(error))") }
                let keys = set.verificationKeys
                // Of a server that stands there half configured: what was known before is better.
                guard !keys.isEmpty else { throw .invalid("\(url) has no key that verifies signatures") }
                return .init(value: keys, life: life)
            }
        }
    }

    /// The keys, if they are there and their life lasts.
    public var present: Current? { keys.present.map { Current(keys: $0.value, number: $0.number) } }

    /// The keys. Only who comes when there are none, or their life is over, waits; when they get old they are fetched again in
    /// the background.
    public func current() async throws(RelyingPartyError) -> Current {
        let current = try await keys.current()
        return Current(keys: current.value, number: current.number)
    }

    /// Later keys than those of that number, because one was missing among them.
    /// - Returns: nil if there are none and it is too early to ask again.
    public func later(than number: Int) async throws(RelyingPartyError) -> Current? {
        try await keys.later(than: number).map { Current(keys: $0.value, number: $0.number) }
    }

    /// `introspection_endpoint` of the discovery document (RFC 8414 §2).
    public func introspectionURL() async throws(RelyingPartyError) -> String {
        guard let url = try await documents.current().value.introspectionURL else {
            throw .invalid("the discovery document of \(issuer) has no introspection_endpoint")
        }
        return url
    }

    /// Seconds since the keys were fetched; nil before the first time.
    public var age: Double? { keys.known.map { now().timeIntervalSince($0.life.fetchedAt) } }

    private static func metadata(_ json: JSON, issuer: String) throws(RelyingPartyError) -> Metadata {
        guard let document = json.object else { throw .invalid("the discovery document of \(issuer) is not a JSON object") }
        guard let stated = document["issuer"]?.string, stated.hasSameBytes(as: issuer) else {
            throw .invalid("the discovery document does not name the issuer \(issuer); write the issuer exactly as it does")
        }
        let allowsPlain = !(UpstreamURL(issuer)?.isSecure ?? true)
        func address(_ name: String) throws(RelyingPartyError) -> String? {
            guard let text = document[name]?.string else { return nil }
            guard let url = UpstreamURL(text), url.isSecure || allowsPlain else {
                throw .invalid("\(name) of \(issuer) is not an https URL")
            }
            return text
        }
        guard let keysURL = try address("jwks_uri") else { throw .invalid("\(issuer) has no jwks_uri") }
        return Metadata(keysURL: keysURL, introspectionURL: try address("introspection_endpoint"))
    }

    private static func outcome<Value>(
        _ body: () async throws(RelyingPartyError) -> Value
    ) async -> Result<Value, RelyingPartyError> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
