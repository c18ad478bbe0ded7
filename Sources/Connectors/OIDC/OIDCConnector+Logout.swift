import Bytes
import JOSE
public import OpenIDConnect
import Upstream

/// Ends the session at the provider (OpenID Connect RP-Initiated Logout 1.0 §2).
extension OIDCConnector: LogoutConnector {
    public func logoutDestination(for visit: LogoutVisit) async throws(ConnectorError) -> ConnectorDestination? {
        guard settings.endsSessions, let endpoint = try await metadata().endSessionEndpoint,
            let memory = OIDCLogoutMemory(visit.memory)
        else { return nil }
        let fields = [
            memory.parameter, (name: "client_id", value: settings.clientID),
            (name: "post_logout_redirect_uri", value: visit.callbackURL), (name: "state", value: visit.state),
        ]
        let query = fields.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        return .address(endpoint + endpoint.querySeparator + query.joined(separator: "&"))
    }
}

/// What tells the provider whose session it is.
struct OIDCLogoutMemory: Sendable {
    private let hint: Hint

    private enum Hint: Sendable {
        /// `id_token_hint`
        case token(String)
        /// `logout_hint`
        case name(String)
    }

    /// There is room for no more in a browser.
    private static let longest = 2000

    /// - Parameter claims: of the ID token.
    init?(idToken: String, claims: JSONObject) {
        if idToken.utf8.count <= Self.longest {
            hint = .token(idToken)
        } else if let name = claims["sid"]?.string ?? claims["sub"]?.string, name.utf8.count <= Self.longest {
            hint = .name(name)
        } else {
            return nil
        }
    }

    init?(_ text: String) {
        if let token = text.afterBytes(of: "t") {
            hint = .token(String(token))
        } else if let name = text.afterBytes(of: "n") {
            hint = .name(String(name))
        } else {
            return nil
        }
    }

    var text: String {
        switch hint {
        case .token(let token): "t" + token
        case .name(let name): "n" + name
        }
    }

    var parameter: (name: String, value: String) {
        switch hint {
        case .token(let token): ("id_token_hint", token)
        case .name(let name): ("logout_hint", name)
        }
    }
}
