import FoundationEssentials
public import JOSE
public import OpenIDConnect
public import Workers
import XMLSecurity

/// Dex's `saml`: people log in at a SAML 2.0 identity provider. We are the service provider; the request goes out by HTTP-POST
/// or HTTP-Redirect, the response comes by HTTP-POST.
public struct SAMLConnector: PostedAnswerConnector, RefreshConnector, MetadataConnector {
    let settings: SAMLSettings
    private let assertions: any AssertionStore
    private let pool: WorkerPool
    let clock: any WallClock
    private let random: any RandomSource

    /// - Parameters:
    ///   - assertions: remembers which were used, for all processes.
    ///   - pool: where signatures are made and verified.
    public init(
        _ settings: SAMLSettings, assertions: any AssertionStore, pool: WorkerPool, clock: any WallClock,
        random: any RandomSource
    ) {
        self.settings = settings
        self.assertions = assertions
        self.pool = pool
        self.clock = clock
        self.random = random
    }

    public func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        let id = newID()
        let state = try visit.state(remembering: Array(id.utf8))
        let request = AuthnRequest(settings: settings, id: id, time: clock.now)
        return try await work { try request.destination(relayState: state) }
    }

    public func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        guard let text = answer.parameters["SAMLResponse"] else { throw .refused("the answer has no SAMLResponse") }
        guard !answer.memory.isEmpty else { throw .refused("the sign-in remembers no request") }
        // Identity providers break lines as MIME does.
        guard let bytes = try? Base64.decode(text.filter { !$0.isWhitespace }) else {
            throw .refused("SAMLResponse is not base64")
        }
        let reader = SAMLResponseReader(
            settings: settings, requestID: String(decoding: answer.memory, as: UTF8.self),
            wantsGroups: answer.scopes.contains("groups"), now: clock.now)
        let login = try await work { try reader.read(bytes) }
        try await use(login)
        return ConnectorIdentity(
            identity: login.identity, connectorData: login.session?.connectorData, methods: [],
            logoutMemory: settings.logout?.serviceURL == nil ? nil : login.session?.text)
    }

    /// saml-core §1.3.4: 128 random bits, and no digit at the beginning.
    func newID() -> String {
        "_" + random.bytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Nobody can be asked about a person who is not there, so what was true at the login stays true (as in Dex).
    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: identity, connectorData: connectorData, methods: [])
    }

    public func metadata() async throws(ConnectorError) -> ConnectorMetadata {
        let metadata = ServiceProviderMetadata(settings: settings, id: "_" + Self.fingerprint(settings.entityID))
        return ConnectorMetadata(contentType: "application/samlmetadata+xml", bytes: try await work { try metadata.document() })
    }

    /// Each assertion is good once, at whichever process.
    private func use(_ login: VerifiedLogin) async throws(ConnectorError) {
        try await use(
            "saml\n\(login.issuer)\n\(login.assertionID)", until: login.expiresAt, again: "the assertion has been used before")
    }

    /// - Parameter until: seconds since 1970; after that it is not accepted anyway.
    func use(_ name: String, until: Double, again: String) async throws(ConnectorError) {
        let key = HashAlgorithm.sha256.hash(Array(name.utf8))
        let isNew: Bool
        do throws(StoreError) {
            isNew = try await assertions.use(assertion: key, until: Date(timeIntervalSince1970: until + 1))
        } catch {
            switch error {
            case .overloaded, .busy: throw .overloaded
            default: throw .unavailable("the use of an assertion cannot be noted")
            }
        }
        guard isNew else { throw .refused(again) }
    }

    private static func fingerprint(_ text: String) -> String {
        HashAlgorithm.sha256.hash(Array(text.utf8)).prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func work<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws(ConnectorError) -> Value {
        do { return try await pool.run(body) } catch let refusal as SAMLRefusal {
            throw refusal.denial.map { .denied($0, refusal.reason) } ?? .refused(refusal.reason)
        } catch is WorkerPoolFull {
            throw .overloaded
        } catch {
            throw .unavailable("\(error)")
        }
    }
}
