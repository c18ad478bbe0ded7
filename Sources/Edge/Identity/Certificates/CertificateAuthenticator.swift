import Bytes
import FoundationEssentials
import JOSE
public import OpenIDConnect

/// Finds out who a client certificate belongs to, as a trusted proxy forwards it. The proxy has checked the certificate; whether the
/// header is the proxy's is decided before: ``CredentialFinder/takesCertificates``.
public struct CertificateAuthenticator: EdgeAuthenticator {
    private let trust: CertificateTrust
    private let mappings: [ExactText: CertificateTrust.Mapping]
    private let clock: any OpenIDConnect.WallClock

    /// The connection is there now; for how many seconds more its certificate is taken for a proof.
    static let seconds = 300.0

    public init(_ trust: CertificateTrust, clock: any OpenIDConnect.WallClock) {
        self.trust = trust
        self.clock = clock
        mappings = Dictionary(trust.mappings.map { ($0.name.exact, $0) }) { first, _ in first }
    }

    public func known(_ credential: EdgeCredential) -> EdgeIdentity? {
        if case .success(let identity) = identity(credential) { identity } else { nil }
    }

    public func authenticate(_ credential: EdgeCredential, for request: EdgeRequest) async -> EdgeAuthentication {
        switch identity(credential) {
        case .success(let identity): .identity(identity)
        case .failure(let refusal): .invalid(reason: refusal.reason)
        }
    }

    private func identity(_ credential: EdgeCredential) -> Result<EdgeIdentity, TokenRefusal> {
        guard case .certificate(let header) = credential else { return .failure(.invalid("not a certificate")) }
        guard let certificate = ForwardedCertificate(lastOf: header) else {
            return .failure(.invalid("x-forwarded-client-cert is malformed"))
        }
        guard certificate.uris.count <= 1 || !trust.names.contains(.uri) else {
            return .failure(.invalid("the client certificate has several URIs, so that it names nobody"))
        }
        guard let name = trust.names.lazy.compactMap({ self.name($0, of: certificate) }).first else {
            return .failure(.invalid("the client certificate names nobody"))
        }
        let mapping = mappings[name.exact]
        guard mapping != nil || !trust.requiresMapping else {
            return .failure(.invalid("the client certificate's holder is not known here"))
        }
        let subject = mapping?.subject ?? name
        let groups = mapping?.groups ?? []
        var claims: JSONObject = ["iss": .string(trust.issuer), "sub": .string(subject)]
        claims["uri"] = certificate.uris.first.map { .string($0) }
        if !certificate.hostNames.isEmpty { claims["dns"] = .array(certificate.hostNames.map(JSON.string)) }
        claims["subject"] = certificate.subject.map { .string($0) }
        claims["hash"] = certificate.hash.map { .string($0) }
        claims["email"] = mapping?.email.map { .string($0) }
        if !groups.isEmpty { claims["groups"] = .array(groups.map(JSON.string)) }
        return .success(
            EdgeIdentity(
                evidence: .certificate, issuer: trust.issuer, subject: subject, email: mapping?.email, groups: groups,
                claims: claims, expiresAt: clock.now + Self.seconds))
    }

    private func name(_ name: CertificateTrust.Name, of certificate: ForwardedCertificate) -> String? {
        switch name {
        case .uri: certificate.uris.first
        case .dns: certificate.hostNames.first
        case .subject: certificate.subject
        case .hash: certificate.hash?.asciiLowercased
        }
    }
}
