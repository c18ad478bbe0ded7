import ArgumentParser
import Bytes
import DexConfiguration
import JOSE
import OpenIDConnect

extension OpenIDConnect.ClientAuthenticationMethod: ExpressibleByArgument {}

/// What is said about a new client.
struct ClientDraft: ParsableArguments {
    @Argument(help: "The client ID; the same as --id. (default: a random one)")
    var clientID: String?

    @Option(help: "The client ID.")
    var id: String?

    @Option(help: "The name that people see. (default: the ID)")
    var name: String?

    @Option(name: .customLong("redirect-uri"), help: "Where answers may be sent, compared as it is; may be repeated.")
    var redirectURIs: [String] = []

    @Option(
        name: .customLong("post-logout-redirect-uri"),
        help: "Where people may be sent after a logout, compared as it is; may be repeated.")
    var postLogoutRedirectURIs: [String] = []

    @Flag(name: .customLong("public"), help: "For applications that cannot keep a secret: no secret, and PKCE is required.")
    var isPublic = false

    @Option(name: .customLong("trusted-peer"), help: "The ID of a client that may ask for tokens for this one; may be repeated.")
    var trustedPeers: [String] = []

    @Option(
        name: .customLong("allowed-connector"),
        help: "The ID of a connector that its users may come through; may be repeated. (default: all)")
    var allowedConnectors: [String] = []

    @Option(
        name: .customLong("auth-method"), help: "The one way in which it must prove who it is. (default: secret by Basic or form)"
    )
    var authenticationMethod: OpenIDConnect.ClientAuthenticationMethod?

    @Option(help: "A file with its public keys, a JWK set, for private_key_jwt.", completion: .file())
    var jwks: String?

    @Option(name: .customLong("logo-url"), help: "The logo that people see.")
    var logoURL: String?

    func validate() throws {
        if let id, let clientID, !id.hasSameBytes(as: clientID) {
            throw ValidationError("The client ID is given twice: \(clientID) and --id \(id).")
        }
        if (id ?? clientID) == "" { throw ValidationError("The client ID is empty; leave it out for a random one.") }
        try check("--redirect-uri", redirectURIs, Configuration.StaticClient.check(redirectURI:))
        try check("--post-logout-redirect-uri", postLogoutRedirectURIs, Configuration.StaticClient.check(postLogoutRedirectURI:))
        try checkAuthentication()
    }

    private func check(_ option: String, _ uris: [String], _ rule: (String) throws(InvalidRedirectURI) -> Void) throws {
        for uri in uris {
            do { try rule(uri) } catch { throw ValidationError("\(option): \(error)") }
        }
    }

    /// The proof that is asked for must be one that the client can give.
    private func checkAuthentication() throws {
        if isPublic, let method = authenticationMethod, method != .none {
            throw ValidationError(
                "A public client has nothing to prove itself with: leave out --public or --auth-method \(method.rawValue).")
        }
        switch authenticationMethod {
        case .none?:
            if !isPublic { throw ValidationError("A client that proves nothing must be public: write --public.") }
        case .privateKeyJWT:
            if jwks == nil { throw ValidationError("private_key_jwt needs the client's public keys: write --jwks keys.json.") }
        case .secretJWT:
            throw ValidationError(
                "client_secret_jwt needs a secret that the server can read, and this one is stored as a hash: write the client into staticClients."
            )
        case .basic, .post, nil: break
        }
    }

    /// Whether the client proves itself with a secret.
    var needsSecret: Bool { !isPublic && authenticationMethod != .privateKeyJWT }

    /// - Parameter keys: the text of the key set, checked.
    func client(secret: GeneratedSecret?, keys: String?, makeID: () -> String) -> Client {
        let id = clientID ?? id ?? makeID()
        return Client(
            id: id, secret: secret?.stored, name: name ?? id, redirectURIs: redirectURIs,
            postLogoutRedirectURIs: postLogoutRedirectURIs, trustedPeers: trustedPeers, isPublic: isPublic,
            logoURL: logoURL ?? "", allowedConnectors: allowedConnectors, authenticationMethod: authenticationMethod, keys: keys)
    }

    /// What is allowed and might surprise.
    func remarks(for client: Client) -> [String] {
        var remarks: [String] = []
        if client.redirectURIs.isEmpty {
            remarks.append(
                client.isPublic
                    ? "no --redirect-uri: any loopback address is taken (http://127.0.0.1, http://[::1], http://localhost)"
                    : "no --redirect-uri: nobody can log in through it")
        }
        for uri in client.redirectURIs where uri.containsByte("*") {
            remarks.append("a redirect URI is compared as it is: * in \(uri) stands for itself only")
        }
        return remarks
    }
}
