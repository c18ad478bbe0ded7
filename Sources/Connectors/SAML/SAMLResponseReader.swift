import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect
import XMLSecurity

/// From the bytes of a response to who logged in. Blocks for as long as a signature takes.
struct SAMLResponseReader {
    let settings: SAMLSettings
    let requestID: String
    let wantsGroups: Bool
    let now: Date

    func read(_ bytes: [UInt8]) throws(SAMLRefusal) -> VerifiedLogin {
        let (response, trusted) = try trusted(bytes)
        try checkResponse(response)
        let checked = try AssertionCheck(settings: settings, requestID: requestID, now: now, decryptedName: trusted.decryptedName)
            .check(trusted.assertion)
        let identity = try SAMLIdentity(settings: settings, wantsGroups: wantsGroups)
            .read(trusted.assertion, nameID: checked.nameID)
        return VerifiedLogin(
            identity: identity, assertionID: checked.assertionID, issuer: checked.issuer, expiresAt: checked.expiresAt,
            session: SAMLLogoutMemory(trusted.assertion, decryptedName: trusted.decryptedName))
    }

    // MARK: What is signed

    private struct Trusted {
        let assertion: XMLElement
        /// What the subject's `EncryptedID` holds, if there is one.
        let decryptedName: XMLElement?
    }

    /// - Returns: the response, and the one assertion in it. The assertion is covered by a signature, its own or the
    ///   response's; the response may be nobody's word, and is only looked at for reasons to refuse.
    private func trusted(_ bytes: [UInt8]) throws(SAMLRefusal) -> (response: XMLElement, Trusted) {
        do throws(XMLSecurityError) {
            let document = try XMLDocument(bytes)
            let root = document.unverifiedRoot
            guard root.isNamed("Response", in: SAMLName.protocolNamespace) else {
                throw .malformed("the document is not a SAML response")
            }
            if settings.skipsSignatures {
                return (root, try assertion(in: document, verifier: nil))
            }
            let verifier = SignatureVerifier(keys: try currentKeys(), allowsSHA1: settings.allowsSHA1)
            guard let verified = try verifier.verifiedRoot(of: document) else {
                return (root, try assertion(in: document, verifier: verifier))
            }
            return (verified.element, try assertion(in: try XMLDocument(verified.bytes), verifier: nil))
        } catch {
            // A refusal of the identity provider has no assertion and often no signature.
            if let root = try? XMLDocument(bytes).unverifiedRoot { try checkStatus(root) }
            throw SAMLRefusal(error)
        }
    }

    /// The only assertion, decrypted if need be.
    /// - Parameter verifier: nil when the document is trusted as a whole.
    private func assertion(in document: XMLDocument, verifier: SignatureVerifier?) throws(XMLSecurityError) -> Trusted {
        let found = document.unverifiedRoot.elements.filter {
            $0.isNamed("Assertion", in: SAMLName.assertionNamespace)
                || $0.isNamed("EncryptedAssertion", in: SAMLName.assertionNamespace)
        }
        guard let only = found.first, found.count == 1 else {
            throw .malformed("the response has \(found.count) assertions instead of one")
        }
        guard only.name == "EncryptedAssertion" else {
            guard let verifier else { return try trusted(only, below: ["Assertion"], of: document) }
            guard let verified = try verifier.verifiedChild("Assertion", in: SAMLName.assertionNamespace, of: document) else {
                throw Self.unsigned
            }
            return try trusted(verified.element, below: [], of: try XMLDocument(verified.bytes))
        }
        guard
            let inner = try decryption().decryptedChild("EncryptedAssertion", in: SAMLName.assertionNamespace, of: document),
            inner.unverifiedRoot.isNamed("Assertion", in: SAMLName.assertionNamespace)
        else { throw .undecryptable("what is inside is not an assertion") }
        guard let verifier else { return try trusted(inner.unverifiedRoot, below: [], of: inner) }
        guard let verified = try verifier.verifiedRoot(of: inner) else { throw Self.unsigned }
        return try trusted(verified.element, below: [], of: try XMLDocument(verified.bytes))
    }

    /// - Parameters:
    ///   - path: from the root of the document to the assertion.
    ///   - document: the very bytes that the assertion was read from.
    private func trusted(
        _ assertion: XMLElement, below path: [String], of document: XMLDocument
    ) throws(XMLSecurityError) -> Trusted {
        let isEncrypted = assertion.elements("Subject", in: SAMLName.assertionNamespace)
            .contains { $0.first("EncryptedID", in: SAMLName.assertionNamespace) != nil }
        guard isEncrypted else { return Trusted(assertion: assertion, decryptedName: nil) }
        let name = try decryption().decryptedChild(
            "EncryptedID", below: path + ["Subject"], in: SAMLName.assertionNamespace, of: document)
        return Trusted(assertion: assertion, decryptedName: name?.unverifiedRoot)
    }

    private func decryption() throws(XMLSecurityError) -> Decryption {
        guard !settings.decryption.isEmpty else { throw .undecryptable("no decryptionKeyFile is configured") }
        do { return Decryption(keys: try settings.decryption.map { try $0.key.pem() }) } catch { throw .unusableKey }
    }

    private static let unsigned = XMLSecurityError.unacceptableSignature("neither the response nor the assertion has one")

    private func currentKeys() throws(XMLSecurityError) -> [String] {
        let current = settings.certificates(at: now)
        guard !current.isEmpty else {
            throw .unacceptableSignature("none of the \(settings.certificates.count) configured certificates is valid now")
        }
        return current.map(\.publicKeyPEM)
    }

    // MARK: The response around the assertion

    private func checkResponse(_ response: XMLElement) throws(SAMLRefusal) {
        try checkStatus(response)
        guard response["Version"] == "2.0" else { throw SAMLRefusal("the response is not of SAML 2.0") }
        guard response["InResponseTo"].isExactly(requestID) else {
            throw SAMLRefusal("the response is not the answer to the request of this sign-in (InResponseTo)")
        }
        if let destination = response["Destination"], !destination.isEmpty, !destination.hasSameBytes(as: settings.redirectURI) {
            throw SAMLRefusal("the response is for another address (Destination) than redirectURI")
        }
        if let expected = settings.ssoIssuer, let issuer = response.first("Issuer", in: SAMLName.assertionNamespace),
            !issuer.text.isExactly(expected)
        {
            throw SAMLRefusal("the response is by another issuer than ssoIssuer")
        }
    }

    private func checkStatus(_ response: XMLElement) throws(SAMLRefusal) {
        guard response.isNamed("Response", in: SAMLName.protocolNamespace) else { return }
        let status = response.first("Status", in: SAMLName.protocolNamespace)
        let code = status?.first("StatusCode", in: SAMLName.protocolNamespace)
        guard let value = code?["Value"] else { throw SAMLRefusal("the response has no status") }
        if value.hasSameBytes(as: SAMLName.success) { return }
        let inner = code?.first("StatusCode", in: SAMLName.protocolNamespace)?["Value"]
        let names = [value, inner ?? ""].map(Self.word).filter { !$0.isEmpty }
        let isDecline = ["AuthnFailed", "RequestDenied"].containsExactly(names.last ?? "")
        throw SAMLRefusal(
            "the identity provider refused: status \(names.joined(separator: ", "))", denial: isDecline ? .declined : nil)
    }

    /// The last part of a standard name; what a stranger made up does not get into the log.
    private static func word(_ urn: String) -> String {
        guard let word = urn.afterBytes(of: SAMLName.statusPrefix) else { return "unknown" }
        return word.utf8.count <= 40 && word.utf8.allSatisfy(\.isASCIILetter) ? String(word) : "unknown"
    }
}
