import FoundationEssentials
import JOSE
import OpenIDConnect
import XMLSecurity

/// Single logout (saml-profiles §4.4).
public struct SAMLLogoutSettings: Sendable {
    /// Ours, for requests and responses, by HTTP-Redirect and HTTP-POST.
    public var address: String
    /// The identity provider's, by HTTP-Redirect; nil if it has none.
    public var serviceURL: String?
    /// Where the identity provider wants responses, if that is not ``serviceURL``.
    public var responseURL: String?
    /// Whether people who log out here are logged out there.
    public var endsSessions: Bool

    public init(address: String, serviceURL: String? = nil, responseURL: String? = nil, endsSessions: Bool = true) {
        self.address = address
        self.serviceURL = serviceURL
        self.responseURL = responseURL
        self.endsSessions = endsSessions
    }
}

extension SAMLSettings {
    /// The keys that the identity provider may sign with now.
    func keys(at time: Date) -> [String] {
        let now = Int64(time.timeIntervalSince1970)
        return certificates.filter { $0.notBefore <= now && now <= $0.notAfter }.map(\.publicKeyPEM)
    }
}

/// A message of ours by HTTP-Redirect (saml-bindings §3.4): compressed, and signed beside the document and not in it.
struct SAMLRedirect {
    enum Kind: String { case request = "SAMLRequest", response = "SAMLResponse" }

    let kind: Kind
    let xml: String
    let relayState: String?
    let signing: SAMLSettings.KeyPair?

    func address(at url: String) throws -> String {
        var query = kind.rawValue + "=" + PercentEncoding.encode(Base64.encode(Deflate.stored(Array(xml.utf8))))
        if let relayState { query += "&RelayState=" + PercentEncoding.encode(relayState) }
        if let signing {
            let (name, algorithm) = try signing.algorithm
            query += "&SigAlg=" + PercentEncoding.encode(name.rawValue)
            query +=
                "&Signature=" + PercentEncoding.encode(Base64.encode(try signing.key.sign(Array(query.utf8), with: algorithm)))
        }
        return url + url.querySeparator + query
    }
}
