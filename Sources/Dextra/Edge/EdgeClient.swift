import Bytes
import DexConfiguration
import Edge
import JOSE
import OpenIDConnect

/// Who the edge is at Dextra itself: a client of `staticClients`, or one that nobody has to register.
struct EdgeClient: Sendable {
    let client: Client
    let secret: String?
    /// Whether it is in no file, and has to be made known.
    let isAutomatic: Bool
    /// Where it returns to behind a logout; that these are its own nobody has to write down.
    let signedOutURIs: [String]

    static let automaticID = "dextra-edge"

    /// - Returns: nil when the edge has no login, or people log in elsewhere.
    /// - Throws: ``StartError`` when `edge.login.clientID` is nobody, or cannot do what the edge does.
    init?(_ configuration: Configuration, random: any RandomSource) throws(StartError) {
        guard let edge = configuration.edge, let login = edge.login, login.issuer == nil else { return nil }
        let id = login.clientID ?? Self.automaticID
        signedOutURIs = EdgeLogin.addresses(of: LoginSettings.signedOutPage, configuration, edge, login)
        if let written = configuration.staticClients.first(where: { $0.id.hasSameBytes(as: id) }) {
            client = Client(written)
            guard client.authenticationMethod != .privateKeyJWT, client.authenticationMethod != .secretJWT else {
                throw StartError(
                    "edge.login.clientID: \(id) proves itself by a key, which the edge does not have; use another client")
            }
            secret = client.authenticationMethod == ClientAuthenticationMethod.none ? nil : written.secret?.text
            isAutomatic = false
            return
        }
        guard login.clientID == nil else {
            throw StartError("edge.login.clientID: there is no client \(id) in staticClients; add it, or remove clientID")
        }
        // Each process has a secret of its own: what one has begun another can end, as both ask only themselves.
        let made = Base64URL.encode(random.bytes(32))
        secret = made
        client = Client(
            id: id, secret: .plain(made), name: configuration.frontend.issuer,
            redirectURIs: EdgeLogin.addresses(of: LoginSettings.callbackPage, configuration, edge, login),
            postLogoutRedirectURIs: signedOutURIs)
        isAutomatic = true
    }
}
