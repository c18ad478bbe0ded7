import FoundationEssentials
import JOSE
import OpenIDConnect
import XMLSecurity

/// A request to log somebody in (saml-core §3.4).
struct AuthnRequest {
    let settings: SAMLSettings
    let id: String
    let time: Date

    /// Where the browser goes with the request.
    func destination(relayState: String?) throws -> ConnectorDestination {
        switch settings.binding {
        case .post:
            var document = Array(xml(signer: try settings.signing.map(DocumentSigner.init)).utf8)
            if let signer = try settings.signing.map(DocumentSigner.init) { document = try signer.sign(document) }
            return .form(
                action: settings.ssoURL,
                fields: [.init(name: "SAMLRequest", value: Base64.encode(document))]
                    + (relayState.map { [.init(name: "RelayState", value: $0)] } ?? []))
        case .redirect:
            return .address(try address(relayState: relayState))
        }
    }

    private func xml(signer: DocumentSigner?) -> String {
        let escape = XMLEscaping.escape
        let issuer = settings.entityIssuer.map { "<saml:Issuer>\(escape($0))</saml:Issuer>" }
        return """
            <samlp:AuthnRequest xmlns:samlp="\(SAMLName.protocolNamespace)" xmlns:saml="\(SAMLName.assertionNamespace)" \
            ID="\(escape(id))" Version="2.0" IssueInstant="\(Timestamp(time).text)" Destination="\(escape(settings.ssoURL))" \
            ProtocolBinding="\(SAMLName.post)" AssertionConsumerServiceURL="\(escape(settings.redirectURI))">\
            \(issuer ?? "")\(signer?.template(for: id) ?? "")\
            <samlp:NameIDPolicy AllowCreate="true" Format="\(escape(settings.nameIDFormat))"/></samlp:AuthnRequest>
            """
    }

    /// HTTP-Redirect (saml-bindings §3.4): compressed, and signed beside the document and not in it.
    private func address(relayState: String?) throws -> String {
        var query =
            "SAMLRequest=" + PercentEncoding.encode(Base64.encode(Deflate.stored(Array(xml(signer: nil).utf8))))
            + (relayState.map { "&RelayState=" + PercentEncoding.encode($0) } ?? "")
        if let signing = settings.signing {
            let (name, algorithm) = try signing.algorithm
            query += "&SigAlg=" + PercentEncoding.encode(name.rawValue)
            query +=
                "&Signature=" + PercentEncoding.encode(Base64.encode(try signing.key.sign(Array(query.utf8), with: algorithm)))
        }
        return settings.ssoURL + settings.ssoURL.querySeparator + query
    }
}

extension SAMLSettings.KeyPair {
    var algorithm: (DocumentSigner.Algorithm, SignatureAlgorithm) {
        get throws(KeyError) {
            switch key.specification {
            case .rsa: (.rsaSHA256, .RS256)
            case .ec(.p256): (.ecdsaSHA256, .ES256)
            case .ec(.p384): (.ecdsaSHA384, .ES384)
            case .ec(.p521): (.ecdsaSHA512, .ES512)
            default: throw .unsupported("a key of this kind for SAML signatures")
            }
        }
    }
}

extension DocumentSigner {
    init(_ pair: SAMLSettings.KeyPair) throws {
        self.init(
            key: try pair.key.pem(), algorithm: try pair.algorithm.0, certificate: pair.certificate.map { Base64.encode($0.der) })
    }
}

/// DEFLATE (RFC 1951) without compression: a request is short, and every reader takes it.
enum Deflate {
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            result += [rest.isEmpty ? 1 : 0, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
            result += block
        } while !rest.isEmpty
        return result
    }
}
