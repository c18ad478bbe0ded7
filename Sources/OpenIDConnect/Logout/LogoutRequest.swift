import Bytes
import JOSE

/// What a client asks of the logout endpoint (OpenID Connect RP-Initiated Logout 1.0 §2), checked.
struct LogoutRequest: Sendable {
    /// Whom a valid `id_token_hint` is about.
    struct Person: Sendable, Hashable {
        @Exact private(set) var userID: String
        @Exact private(set) var connectorID: String
        /// What was issued together with the token.
        @Exact private(set) var grantID: String?

        init(userID: String, connectorID: String, grantID: String?) {
            self.userID = userID
            self.connectorID = connectorID
            self.grantID = grantID
        }
    }

    /// Where the browser goes in the end.
    enum Target: Sendable {
        /// To a page of ours.
        case page
        /// To an address that the client has registered.
        case address(String)
        /// Nowhere: the address is not one of the client's.
        case refused
    }

    /// Nil without a valid `id_token_hint`.
    var person: Person?
    /// By the hint, or else by `client_id`; it exists.
    var clientID: String?
    var clientName: String?
    var target = Target.page
    var state: String?
    var uiLocales: [String] = []

    var isRefused: Bool {
        if case .refused = target { true } else { false }
    }
}

extension LogoutRequest {
    /// With the address of the client it must fit into a cookie.
    static let longestState = 1024

    /// The address to go to in the end.
    func location(_ address: String) -> String {
        guard let state else { return address }
        return address + (address.containsByte("?") ? "&" : "?") + "state=" + PercentEncoding.encode(state)
    }

    var json: JSON {
        var object = JSONObject()
        if let person {
            object["u"] = .string(person.userID)
            object["k"] = .string(person.connectorID)
            if let grantID = person.grantID { object["g"] = .string(grantID) }
        }
        if let clientID { object["c"] = .string(clientID) }
        if let clientName { object["n"] = .string(clientName) }
        switch target {
        case .page: break
        case .address(let address): object["r"] = .string(address)
        case .refused: object["x"] = true
        }
        if let state { object["s"] = .string(state) }
        if !uiLocales.isEmpty { object["l"] = .string(uiLocales.joined(separator: " ")) }
        return .object(object)
    }

    init(sealed object: JSONObject) {
        if let userID = object["u"]?.string, let connectorID = object["k"]?.string {
            person = Person(userID: userID, connectorID: connectorID, grantID: object["g"]?.string)
        }
        clientID = object["c"]?.string
        clientName = object["n"]?.string
        target = object["r"]?.string.map(Target.address) ?? (object["x"] == true ? .refused : .page)
        state = object["s"]?.string
        uiLocales = object["l"]?.string?.fields(at: " ").map(String.init) ?? []
    }
}
