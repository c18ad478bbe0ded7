import NIOHTTP2
import NIOSSL
import Synchronization

public enum TLSProtocolVersion: String, Sendable, Hashable, Comparable {
    case tls12 = "1.2"
    case tls13 = "1.3"

    public static func < (left: TLSProtocolVersion, right: TLSProtocolVersion) -> Bool {
        left == .tls12 && right == .tls13
    }

    fileprivate var version: TLSVersion {
        switch self {
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

/// A certificate chain and its key, read from PEM files and replaceable while connections are served.
public final class ServerCertificates: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let clientAuthorityFile: String?
    private let minimum: TLSProtocolVersion
    private let maximum: TLSProtocolVersion?
    private let current: Mutex<NIOSSLContext>

    /// - Parameter clientAuthorityFile: of whose authorities every client needs a certificate; nil: clients need none.
    public init(
        certificateFile: String, keyFile: String, clientAuthorityFile: String? = nil, minimum: TLSProtocolVersion = .tls12,
        maximum: TLSProtocolVersion? = nil
    ) throws(ServerCertificatesError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.clientAuthorityFile = clientAuthorityFile
        self.minimum = minimum
        self.maximum = maximum
        if let maximum, maximum < minimum { throw .versionsCrossed(minimum: minimum, maximum: maximum) }
        current = Mutex(try Self.load(certificateFile, keyFile, clientAuthorityFile, minimum, maximum))
    }

    /// Reads the files again. New connections get the new certificate; on an error nothing changes.
    public func reload() throws(ServerCertificatesError) {
        let context = try Self.load(certificateFile, keyFile, clientAuthorityFile, minimum, maximum)
        current.withLock { $0 = context }
    }

    package var context: NIOSSLContext { current.withLock { $0 } }

    private static func load(
        _ certificateFile: String, _ keyFile: String, _ clientAuthorityFile: String?, _ minimum: TLSProtocolVersion,
        _ maximum: TLSProtocolVersion?
    ) throws(ServerCertificatesError) -> NIOSSLContext {
        let chain = try certificates(in: certificateFile)
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: keyFile, format: .pem) } catch {
            throw .unreadable(file: keyFile, reason: "\(error)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = minimum.version
        configuration.maximumTLSVersion = maximum?.version
        configuration.cipherSuiteValues = cipherSuites
        configuration.applicationProtocols = NIOHTTP2SupportedALPNProtocols
        if let clientAuthorityFile {
            configuration.trustRoots = .certificates(try certificates(in: clientAuthorityFile))
            // A client has an address, and no name to compare.
            configuration.certificateVerification = .noHostnameVerification
        }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw .mismatch(certificateFile: certificateFile, keyFile: keyFile, reason: "\(error)")
        }
    }

    /// Those of TLS 1.2 with forward secrecy and authenticated encryption (RFC 9325 §4.2): no key exchange by RSA, no CBC. Those of
    /// TLS 1.3 are all so.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ]

    private static func certificates(in file: String) throws(ServerCertificatesError) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do { found = try NIOSSLCertificate.fromPEMFile(file) } catch { throw .unreadable(file: file, reason: "\(error)") }
        guard !found.isEmpty else { throw .unreadable(file: file, reason: "it holds no certificate") }
        return found
    }
}

public enum ServerCertificatesError: Error, Sendable, Hashable {
    case unreadable(file: String, reason: String)
    /// Each file is fine, but they do not belong together.
    case mismatch(certificateFile: String, keyFile: String, reason: String)
    case versionsCrossed(minimum: TLSProtocolVersion, maximum: TLSProtocolVersion)
}

extension ServerCertificatesError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "cannot use \(file): \(reason)"
        case .mismatch(let certificateFile, let keyFile, let reason):
            "the certificate \(certificateFile) and the key \(keyFile) do not work together: \(reason)"
        case .versionsCrossed(let minimum, let maximum):
            "the smallest TLS version, \(minimum.rawValue), is above the largest, \(maximum.rawValue)"
        }
    }
}
