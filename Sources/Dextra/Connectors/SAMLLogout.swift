import Bytes
import Connectors
import DexConfiguration
import OpenIDConnect

extension SAMLLogoutSettings {
    /// Nil where our own address is not known.
    init?(_ saml: Configuration.Connector.SAML, metadata: IdentityProviderMetadata?, id: String) {
        guard let issuer = saml.redirectURI.beforeBytes(of: "/callback") else { return nil }
        self.init(
            address: issuer + "/saml/" + PercentEncoding.encode(id) + "/logout", serviceURL: saml.sloURL ?? metadata?.logoutURL,
            responseURL: saml.sloURL == nil ? metadata?.logoutResponseURL : nil, endsSessions: saml.upstreamLogout)
    }
}
