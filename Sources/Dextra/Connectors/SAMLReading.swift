import Connectors
import DexConfiguration
import FoundationEssentials
import JOSE
import OpenIDConnect
import Upstream
import Workers

/// What a SAML connector is made of besides the configuration's own words.
struct SAMLMaterial: Sendable {
    struct Metadata: Sendable {
        /// The key of the configuration that it comes from.
        let name: String
        let bytes: [UInt8]
    }

    struct KeyPair: Sendable {
        let key: Secret
        let certificate: String?
    }

    /// Whatever only the identity provider knows is left out.
    let isForOurselves: Bool
    var certificates: String?
    var metadata: Metadata?
    var metadataSigners: String?
    var signing: KeyPair?
    var decryption: KeyPair?
}

/// Reads what a SAML connector is made of: files, and the identity provider's metadata.
struct SAMLReading: Sendable {
    /// What cannot be used, for operators.
    struct Mistake: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    private let saml: Configuration.Connector.SAML
    private let id: String
    private let files: FileReading
    private let pool: WorkerPool
    private let http: any HTTPExchange
    private let clock: any WallClock

    init(
        _ saml: Configuration.Connector.SAML, id: String, files: FileReading, pool: WorkerPool, proxies: ProxyRules,
        life: UpstreamLife,
        clock: any WallClock
    ) {
        self.saml = saml
        self.id = id
        self.files = files
        self.pool = pool
        self.clock = clock
        var settings = UpstreamSettings()
        settings.proxies = proxies
        settings.life = life
        settings.trust = .system(additional: saml.rootCAs)
        http = UpstreamClient(settings)
    }

    var source: RenewedSAMLSettings {
        RenewedSAMLSettings(now: { [clock] in clock.now }) { isForOurselves throws(ConnectorError) in
            try await read(isForOurselves: isForOurselves)
        }
    }

    private func read(isForOurselves: Bool) async throws(ConnectorError) -> RenewedSAMLSettings.Reading {
        var found = SAMLMaterial(isForOurselves: isForOurselves)
        if !isForOurselves {
            switch saml.certificates {
            case .text(let text): found.certificates = text
            case .file(let path): found.certificates = try await text(path, "ca")
            case nil: break
            }
            found.metadata = try await metadata()
            found.metadataSigners = try await text(saml.idpMetadataSigners, "idpMetadataCA")
        }
        found.signing = try await pair(saml.signing, "signing")
        found.decryption = try await pair(saml.decryption, "decryption")
        let material = found
        let settings: SAMLSettings
        do {
            settings = try await pool.run { [saml, id] in try SAMLSettings(saml, material, id: id) }
        } catch is WorkerPoolFull {
            throw .overloaded
        } catch {
            throw .unavailable("\(error)")
        }
        return try reading(settings)
    }

    // MARK: How long it is used

    /// Files are looked at again as often as that costs nothing.
    private static let fileLife = 60.0
    /// Of metadata that says nothing about it.
    private static let metadataLife = 3600.0
    private static let shortestLife = 60.0
    private static let longestLife = 86_400.0

    private func reading(_ settings: SAMLSettings) throws(ConnectorError) -> RenewedSAMLSettings.Reading {
        let now = clock.now
        var life = Self.fileLife
        if case .url? = saml.idpMetadata {
            life = min(max(settings.metadataCacheDuration ?? Self.metadataLife, Self.shortestLife), Self.longestLife)
        }
        if let end = settings.metadataValidUntil {
            guard now < end else { throw .unavailable("the metadata has expired: it was valid until \(Timestamp(end).text)") }
            // Early enough for many more attempts.
            life = min(life, end.timeIntervalSince(now) / 2)
        }
        return .init(settings: settings, refreshAt: now + life, endsAt: settings.metadataValidUntil)
    }

    // MARK: Files and addresses

    private func metadata() async throws(ConnectorError) -> SAMLMaterial.Metadata? {
        switch saml.idpMetadata {
        case nil: return nil
        case .file(let path):
            return try await text(path, "idpMetadataFile").map { .init(name: "idpMetadataFile", bytes: Array($0.utf8)) }
        case .url(let url): return .init(name: "idpMetadataURL", bytes: try await fetch(url))
        }
    }

    private func fetch(_ url: String) async throws(ConnectorError) -> [UInt8] {
        let response: UpstreamResponse
        do throws(UpstreamError) {
            response = try await http.send(
                UpstreamRequest(
                    .get, url, headers: [.init("Accept", "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8")]))
        } catch {
            throw error == .overloaded ? .overloaded : .unavailable("idpMetadataURL: \(error.description)")
        }
        guard response.status == 200 else { throw .unavailable("idpMetadataURL: \(url) answered with status \(response.status)") }
        return response.body
    }

    private func text(_ path: String?, _ key: String) async throws(ConnectorError) -> String? {
        guard let path else { return nil }
        do throws(ConnectorError) { return try await files.text(path) } catch {
            throw error == .overloaded ? .overloaded : .unavailable("\(key): \(error.detail)")
        }
    }

    private func pair(
        _ pair: Configuration.Connector.SAML.KeyPair?, _ prefix: String
    ) async throws(ConnectorError) -> SAMLMaterial.KeyPair? {
        guard let pair, let key = try await text(pair.keyFile, prefix + "KeyFile") else { return nil }
        return .init(key: Secret(key), certificate: try await text(pair.certificateFile, prefix + "CertFile"))
    }
}
