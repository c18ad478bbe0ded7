import Bytes
import DexConfiguration
import JOSE
import OpenIDConnect

extension Client {
    /// Everything but the secret.
    func json(source: Source) -> JSON {
        [
            "id": .string(id), "name": .string(name), "public": .bool(isPublic), "hasSecret": .bool(secret != nil),
            "redirectURIs": .array(redirectURIs.map { .string($0) }),
            "postLogoutRedirectURIs": .array(postLogoutRedirectURIs.map { .string($0) }),
            "trustedPeers": .array(trustedPeers.map { .string($0) }),
            "allowedConnectors": .array(allowedConnectors.map { .string($0) }),
            "authenticationMethod": authenticationMethod.map { .string($0.rawValue) } ?? .null,
            "hasKeys": .bool(keys != nil), "logoURL": .string(logoURL),
            "source": source.json, "hidden": .bool(source == .hidden),
        ]
    }

    /// How it proves who it is, in a word.
    var proof: String {
        if let authenticationMethod { return authenticationMethod.rawValue }
        return isPublic && secret == nil ? "none (public)" : "secret"
    }

    var details: [(name: String, value: String)] {
        var details = [("  ID", id), ("  name", name), ("  proof", proof)]
        details += redirectURIs.map { ("  redirect URI", $0) }
        details += postLogoutRedirectURIs.map { ("  after logout", $0) }
        details += trustedPeers.map { ("  trusted peer", $0) }
        details += allowedConnectors.map { ("  connector", $0) }
        return details
    }
}

/// The clients of a storage and its configuration.
struct ClientListing: Sendable {
    private let rows: [(client: Client, source: Source)]

    init(stored: [Client], target: StoreTarget) {
        let fixed = (target.configuration?.staticClients ?? []).map {
            (client: Client(listing: $0), source: Source.configuration)
        }
        rows = (fixed + stored.map { (client: $0, source: target.staticClient($0.id) == nil ? .storage : .hidden) })
            .sorted { ($0.client.id.exact, $0.source.rawValue.exact) < ($1.client.id.exact, $1.source.rawValue.exact) }
    }

    var isEmpty: Bool { rows.isEmpty }
    var json: JSON { .array(rows.map { $0.client.json(source: $0.source) }) }

    var text: String {
        Table(
            ["ID", "NAME", "PROOF", "KEPT IN", "REDIRECT URIS"],
            rows: rows.map { client, source in
                [client.id, client.name, client.proof, source.rawValue, client.redirectURIs.joined(separator: " ")]
            }
        ).text
    }
}

extension Client {
    /// A client of the configuration, for a list: that it has a secret, not which.
    fileprivate init(listing client: Configuration.StaticClient) {
        self.init(
            id: client.id, secret: client.secret.map { _ in .sha256([]) }, name: client.name, redirectURIs: client.redirectURIs,
            postLogoutRedirectURIs: client.postLogoutRedirectURIs, trustedPeers: client.trustedPeers, isPublic: client.isPublic,
            logoURL: client.logoURL ?? "",
            allowedConnectors: client.allowedConnectors,
            authenticationMethod: client.tokenEndpointAuthMethod.flatMap {
                OpenIDConnect.ClientAuthenticationMethod(rawValue: $0.rawValue)
            },
            keys: client.jwks, isUserInfoSigned: client.userinfoSignedResponseAlg != nil)
    }
}
