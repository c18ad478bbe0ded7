import HTTPTypes
import JOSE
public import OpenIDConnect

/// The two documents that everybody asks for, as they are now.
public struct PreparedDocuments: Sendable {
    private let settings: ProviderSettings
    private let ring: KeyRing
    /// Seconds; a copy of the keys must have expired before a key that it lacks signs.
    private let keysMaximumAge: Int

    public init(settings: ProviderSettings, ring: KeyRing, keysMaximumAge: Int) {
        self.settings = settings
        self.ring = ring
        self.keysMaximumAge = keysMaximumAge
    }

    /// Right after the first start it names the algorithm of the key that is being made.
    public func discovery() -> WebResponse {
        let algorithms = ring.current?.algorithms.map(\.rawValue) ?? [settings.signingAlgorithm]
        var response = WebResponse.json(
            serialized: DiscoveryDocument(settings: settings, algorithms: algorithms).json.serialized())
        response.headers[.cacheControl] = "public, max-age=\(min(600, keysMaximumAge))"
        return response
    }

    /// Waits for the first key, if there is none yet.
    public func keys() async -> WebResponse {
        Self.keys(await ring.keys, maximumAge: keysMaximumAge)
    }

    /// Nil as long as there is no key.
    public func keysNow() -> WebResponse? {
        ring.current.map { Self.keys($0, maximumAge: keysMaximumAge) }
    }

    private static func keys(_ keys: KeyRing.Keys, maximumAge: Int) -> WebResponse {
        var response = WebResponse.json(serialized: keys.document)
        response.headers[.cacheControl] = "public, max-age=\(maximumAge), must-revalidate"
        return response
    }
}
