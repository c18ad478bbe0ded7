import Bytes
import FoundationEssentials
public import JOSE
public import OpenIDConnect
public import Workers
import XMLSecurity

/// Dex's `saml`: people log in at a SAML 2.0 identity provider. We are the service provider; the request goes out by HTTP-POST
/// or HTTP-Redirect, the response comes by HTTP-POST.
public struct SAMLConnector: PostedAnswerConnector, RefreshConnector, MetadataConnector, RenewableConnector {
    let source: any SAMLSettingsSource
    private let assertions: any AssertionStore
    private let pool: WorkerPool
    let clock: any WallClock
    private let random: any RandomSource
    private let log: any EventLog

    /// - Parameters:
    ///   - assertions: remembers which were used, for all processes.
    ///   - pool: where signatures are made and verified.
    public init(
        _ source: any SAMLSettingsSource, assertions: any AssertionStore, pool: WorkerPool, clock: any WallClock,
        random: any RandomSource, log: any EventLog
    ) {
        self.log = log
        self.source = source
        self.assertions = assertions
        self.pool = pool
        self.clock = clock
        self.random = random
    }

    public func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        let settings = try await source.current()
        var id = newID()
        var state: String? = try visit.state(remembering: Array(id.utf8))
        if !settings.sendsRelayState {
            // It comes back as InResponseTo. Its seal has 96 random bits, and 128 that nobody can foretell.
            id = "_" + (try visit.state(remembering: Self.isRequestID))
            state = nil
        }
        let request = AuthnRequest(settings: settings, id: id, time: clock.now)
        return try await work { [state] in try request.destination(relayState: state) }
    }

    public func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        guard let text = answer.parameters["SAMLResponse"] else { throw .refused("the answer has no SAMLResponse") }
        guard !answer.memory.isEmpty else { throw .refused("the sign-in remembers no request") }
        guard let bytes = Self.decode(text) else { throw .refused("SAMLResponse is not base64") }
        let requestID =
            answer.memory == Self.isRequestID ? "_" + answer.state : String(decoding: answer.memory, as: UTF8.self)
        let settings = try await source.current()
        let reader = SAMLResponseReader(
            settings: settings, requestID: requestID,
            wantsGroups: answer.scopes.containsExactly("groups"), now: clock.now)
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

    /// Where no RelayState was sent, the answer repeats the state as the ID of our request.
    public func state(in parameters: RequestParameters) async -> String? {
        guard let bytes = parameters["SAMLResponse"].flatMap(Self.decode) else { return nil }
        let id = try? await work { try XMLDocument(bytes).unverifiedRoot["InResponseTo"] }
        return id?.afterBytes(of: "_").map { String($0) }
    }

    /// The memory of a sign-in that travels as the ID of the request.
    private static let isRequestID: [UInt8] = [0]

    /// Identity providers break lines as MIME does.
    private static func decode(_ text: String) -> [UInt8]? {
        try? Base64.decode(text.withoutWhitespace)
    }

    /// Nobody can be asked about a person who is not there, so what was true at the login stays true (as in Dex).
    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: identity, connectorData: connectorData, methods: [])
    }

    public func metadata() async throws(ConnectorError) -> ConnectorMetadata {
        let settings = try await source.own()
        let metadata = ServiceProviderMetadata(settings: settings, id: "_" + Self.fingerprint(settings.entityID))
        return ConnectorMetadata(contentType: "application/samlmetadata+xml", bytes: try await work { try metadata.document() })
    }

    /// Whether a response could be verified now.
    public func check() async throws(ConnectorError) {
        let settings = try await source.current()
        guard settings.skipsSignatures || !settings.certificates(at: clock.now).isEmpty else {
            throw .unavailable("none of the \(settings.certificates.count) configured certificates is valid now")
        }
    }

    public func renew() async {
        await source.renew()
    }

    public var concern: String? { source.concern }

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
            log.record(.storeFailed(error, doing: "note the use of an assertion"))
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
