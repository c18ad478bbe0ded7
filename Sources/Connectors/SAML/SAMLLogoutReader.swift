import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect
import XMLSecurity

/// From a logout message to what it says. Only what the identity provider has signed is read; a message without a signature is
/// refused, whatever the configuration says of responses. Blocks for as long as a signature takes.
struct SAMLLogoutReader {
    let settings: SAMLSettings
    let logout: SAMLLogoutSettings
    let now: Date

    enum Content: Sendable {
        case request(Request)
        case response(Response)
    }

    struct Request: Sendable {
        let id: String
        let issuer: String
        let nameID: String
        let sessionIndexes: [String]
        let relayState: String?
        /// After that it is refused, whether it was used or not.
        let expiresAt: Double
    }

    struct Response: Sendable {
        let relayState: String
        let problem: String?
    }

    /// Seconds from `IssueInstant`; a message needs no longer for its way through a browser.
    static let lifetime = 300.0
    private static let longest = 256 * 1024

    func read(_ message: LogoutMessage) throws(SAMLRefusal) -> Content {
        let (root, relayState) = message.isPost ? try posted(message.parameters) : try redirected(message.rawQuery)
        guard root.namespace.hasSameBytes(as: SAMLName.protocolNamespace), root["Version"] == "2.0", let id = root["ID"],
            !id.isEmpty
        else {
            throw SAMLRefusal("the document is not a message of SAML 2.0")
        }
        let issuers = root.elements("Issuer", in: SAMLName.assertionNamespace)
        guard issuers.count == 1, let issuer = issuers[0].text, !issuer.isEmpty else {
            throw SAMLRefusal("the logout message does not name its issuer")
        }
        if let expected = settings.ssoIssuer, !issuer.hasSameBytes(as: expected) {
            throw SAMLRefusal("the logout message is by another issuer than ssoIssuer")
        }
        // saml-bindings §3.4.5.2, §3.5.5.2: a signed message says where it is sent to.
        guard root["Destination"].isExactly(logout.address) else {
            throw SAMLRefusal("the logout message is for another address (Destination) than \(logout.address)")
        }
        switch root.name {
        case "LogoutRequest": return .request(try request(root, id: id, issuer: issuer, relayState: relayState))
        case "LogoutResponse": return .response(try response(root, relayState: relayState))
        default: throw SAMLRefusal("the document is neither a LogoutRequest nor a LogoutResponse")
        }
    }

    // MARK: What is signed

    private func posted(_ parameters: RequestParameters) throws(SAMLRefusal) -> (XMLElement, String?) {
        let names = parameters.pairs.map(\.name)
        guard Set(names.map(\.exact)).count == names.count, let text = parameters["SAMLRequest"] ?? parameters["SAMLResponse"],
            names.count(where: { $0 == "SAMLRequest" || $0 == "SAMLResponse" }) == 1,
            let bytes = try? Base64.decode(text.withoutWhitespace)
        else { throw SAMLRefusal("the form has not one SAMLRequest or SAMLResponse in base64") }
        do throws(XMLSecurityError) {
            let verifier = SignatureVerifier(keys: try keys(), allowsSHA1: settings.allowsSHA1)
            guard let verified = try verifier.verifiedRoot(of: try XMLDocument(bytes)) else {
                throw .unacceptableSignature("the logout message has none")
            }
            return (try named(verified.element, parameters["SAMLRequest"] != nil), parameters["RelayState"])
        } catch { throw SAMLRefusal(error) }
    }

    private static let algorithms: [ExactText: SignatureAlgorithm] = [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": .RS256,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": .RS384,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": .RS512,
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": .ES256,
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": .ES384,
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": .ES512,
    ]

    /// saml-bindings §3.4.4.1: the signature is over the parameters as they were escaped, in this order.
    private func redirected(_ rawQuery: String) throws(SAMLRefusal) -> (XMLElement, String?) {
        var raw: [ExactText: Substring] = [:]
        for pair in rawQuery.fields(at: "&") {
            let parts = pair.cut(at: "=", most: 1)
            guard raw.updateValue(parts.count == 2 ? parts[1] : "", forKey: parts[0].exact) == nil else {
                throw SAMLRefusal("a parameter is there twice")
            }
        }
        let kinds = ["SAMLRequest", "SAMLResponse"].filter { raw[$0.exact] != nil }
        guard let kind = kinds.first, kinds.count == 1 else {
            throw SAMLRefusal("the address has not one SAMLRequest or SAMLResponse")
        }
        if let encoding = raw["SAMLEncoding"] {
            guard try decoded(encoding) == "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE" else {
                throw SAMLRefusal("the logout message is encoded in another way than by DEFLATE")
            }
        }
        guard let name = raw["SigAlg"], let signature = raw["Signature"] else {
            throw SAMLRefusal("the logout message is not signed")
        }
        guard let algorithm = Self.algorithms[try decoded(name).exact] else {
            throw SAMLRefusal("the logout message is signed by an algorithm that is not accepted")
        }
        guard let signatureBytes = try? Base64.decode(try decoded(signature).withoutWhitespace) else {
            throw SAMLRefusal("the signature of the logout message is not base64")
        }
        let signed = [kind, "RelayState", "SigAlg"].compactMap { name in raw[name.exact].map { name + "=" + $0 } }
        let bytes = Array(signed.joined(separator: "&").utf8)
        do throws(XMLSecurityError) {
            let isSigned = try keys().contains { pem in
                (try? PublicKey(pem: pem))?.verifies(signatureBytes, of: bytes, with: algorithm) ?? false
            }
            guard isSigned else { throw .wrongSignature }
        } catch { throw SAMLRefusal(error) }
        let relayState = try raw["RelayState"].map(decoded)
        guard let text = raw[kind.exact], let compressed = try? Base64.decode(try decoded(text).withoutWhitespace),
            let document = try? Inflate.bytes(compressed, limit: Self.longest)
        else { throw SAMLRefusal("the logout message is not base64 of DEFLATE, or too long") }
        do throws(XMLSecurityError) {
            return (try named(try XMLDocument(document).unverifiedRoot, kind == "SAMLRequest"), relayState)
        } catch { throw SAMLRefusal(error) }
    }

    /// A response is no request, whatever carries it.
    private func named(_ root: XMLElement, _ isRequest: Bool) throws(XMLSecurityError) -> XMLElement {
        guard root.isNamed(isRequest ? "LogoutRequest" : "LogoutResponse", in: SAMLName.protocolNamespace) else {
            throw .malformed("the document is not of the kind that its parameter says")
        }
        return root
    }

    private func decoded(_ text: Substring) throws(SAMLRefusal) -> String {
        do { return try PercentEncoding.decode(text.utf8, plusIsSpace: true) } catch {
            throw SAMLRefusal("a parameter cannot be decoded")
        }
    }

    private func keys() throws(XMLSecurityError) -> [String] {
        let keys = settings.keys(at: now)
        guard !keys.isEmpty else { throw .unacceptableSignature("none of the configured certificates is valid now") }
        return keys
    }

    // MARK: What it says

    private func request(
        _ root: XMLElement, id: String, issuer: String, relayState: String?
    ) throws(SAMLRefusal) -> Request {
        guard let issued = root["IssueInstant"].flatMap(SAMLTime.parse) else {
            throw SAMLRefusal("the LogoutRequest does not say when it was issued")
        }
        var end = issued + Self.lifetime
        if let text = root["NotOnOrAfter"] {
            guard let time = SAMLTime.parse(text) else { throw SAMLRefusal("NotOnOrAfter is not a time in UTC") }
            end = min(end, time)
        }
        guard now + settings.skew >= issued else {
            throw SAMLRefusal("the LogoutRequest is of the future; do the clocks of both servers agree?")
        }
        guard now - settings.skew < end else {
            throw SAMLRefusal("the LogoutRequest has expired; do the clocks of both servers agree?")
        }
        let names = root.elements("NameID", in: SAMLName.assertionNamespace)
        guard names.count == 1, let name = names[0].text, !name.isEmpty,
            root.elements("BaseID", in: SAMLName.assertionNamespace).isEmpty,
            root.elements("EncryptedID", in: SAMLName.assertionNamespace).isEmpty
        else { throw SAMLRefusal("the LogoutRequest has not one name (NameID)") }
        let indexes = root.elements("SessionIndex", in: SAMLName.protocolNamespace).compactMap(\.text)
        guard (relayState?.utf8.count ?? 0) <= 1024 else { throw SAMLRefusal("RelayState is too long") }
        return Request(
            id: id, issuer: issuer, nameID: name, sessionIndexes: indexes, relayState: relayState,
            expiresAt: end.timeIntervalSince1970 + settings.skew)
    }

    private func response(_ root: XMLElement, relayState: String?) throws(SAMLRefusal) -> Response {
        // RelayState is our state, and the request's ID was made of it.
        guard let relayState, root["InResponseTo"].isExactly("_" + relayState) else {
            throw SAMLRefusal("the LogoutResponse is not the answer to a request of ours (InResponseTo)")
        }
        let status = root.first("Status", in: SAMLName.protocolNamespace)?.first("StatusCode", in: SAMLName.protocolNamespace)
        let value = status?["Value"]
        let isGood = value.isExactly(SAMLName.success)
        let problem = "the identity provider has not ended every session of this login"
        return Response(relayState: relayState, problem: isGood ? nil : problem)
    }
}
