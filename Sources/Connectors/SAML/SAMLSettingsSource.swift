public import FoundationEssentials
public import OpenIDConnect
import Upstream

/// Where a SAML connector finds its settings whenever it needs them.
public protocol SAMLSettingsSource: Sendable {
    func current() async throws(ConnectorError) -> SAMLSettings
    /// Settings of which only what concerns ourselves can be relied on, also while nothing is known of the identity provider:
    /// it may want our metadata before it tells anything.
    func own() async throws(ConnectorError) -> SAMLSettings
    /// Reads everything again now.
    func renew() async
    /// Why something could not be renewed that is still in use.
    var concern: String? { get }
}

extension SAMLSettings: SAMLSettingsSource {
    public func current() -> SAMLSettings { self }
    public func own() -> SAMLSettings { self }
    public func renew() {}
    public var concern: String? { nil }
}

/// Settings out of files and another server's metadata: read when they are needed first, read again from time to time, and
/// used until their end while what they are made of cannot be read.
public final class RenewedSAMLSettings: SAMLSettingsSource {
    /// Settings, and how long they are used.
    public struct Reading: Sendable {
        public let settings: SAMLSettings
        /// From when on everything is read again, in the background.
        public let refreshAt: Date
        /// nil: until they are replaced.
        public let endsAt: Date?

        public init(settings: SAMLSettings, refreshAt: Date, endsAt: Date?) {
            self.settings = settings
            self.refreshAt = refreshAt
            self.endsAt = endsAt
        }
    }

    private let document: CachedDocument<SAMLSettings>
    private let read: @Sendable (_ isForOurselves: Bool) async throws(ConnectorError) -> Reading

    /// - Parameter read: with true it leaves out whatever is known only from the identity provider.
    public init(
        now: @escaping @Sendable () -> Date,
        read: @escaping @Sendable (_ isForOurselves: Bool) async throws(ConnectorError) -> Reading
    ) {
        self.read = read
        document = CachedDocument(pause: 20, now: now) {
            do throws(ConnectorError) {
                let reading = try await read(false)
                return .success(
                    .init(
                        value: reading.settings,
                        life: DocumentLife(
                            fetchedAt: now(), refreshAt: reading.refreshAt, endsAt: reading.endsAt ?? .distantFuture)))
            } catch {
                return .failure(error == .overloaded ? .exchange(.overloaded) : .invalid(error.detail))
            }
        }
    }

    public func current() async throws(ConnectorError) -> SAMLSettings {
        do throws(RelyingPartyError) { return try await document.current().value } catch {
            if case .exchange(.overloaded) = error { throw .overloaded }
            throw .unavailable(error.description)
        }
    }

    public func own() async throws(ConnectorError) -> SAMLSettings {
        if let known = document.known { return known.value }
        return try await read(true).settings
    }

    public func renew() async {
        await document.renew()
    }

    public var concern: String? { document.failure?.description }
}
